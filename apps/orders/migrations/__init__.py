"""Schema of the orders service."""
