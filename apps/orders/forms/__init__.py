"""Forms of the orders service, by subject."""
