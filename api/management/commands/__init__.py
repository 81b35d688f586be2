"""Commands of the API layer."""
