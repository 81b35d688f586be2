"""Pure decisions about money and state: no database, no clock, no settings."""
