"""The API of the catalogue; each module is one subject."""
