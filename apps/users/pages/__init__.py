"""Pages of the users service, cut by subject."""
