"""The API of the users service, cut by subject."""
