"""Commands of the products service."""
