"""Reads of the catalogue and of what the back office works with; each module is one subject."""
