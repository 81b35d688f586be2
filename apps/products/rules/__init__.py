"""Pure decisions of the catalogue; each module is one subject."""
