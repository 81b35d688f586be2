"""The use cases of accounts and addresses, by subject."""
