"""Orders together with the catalogue."""
