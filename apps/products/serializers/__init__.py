"""Shapes of the catalogue's API; each module is one subject."""
