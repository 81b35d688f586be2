"""Commands of the users service."""
