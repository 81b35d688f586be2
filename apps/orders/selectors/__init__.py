"""What can be read, with visibility and across tables."""
