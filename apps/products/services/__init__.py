"""What can be done to the catalogue and to stock; each module is one subject."""
