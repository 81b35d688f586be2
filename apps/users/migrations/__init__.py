"""The tables of users, step by step."""
