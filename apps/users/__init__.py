"""Accounts, roles and addresses: the users service."""
