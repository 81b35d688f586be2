"""What can be done with the catalogue at the keyboard."""
