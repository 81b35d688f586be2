"""Fixtures that every test of every package may ask for; they live in tests/fixtures.py."""

pytest_plugins = ("tests.fixtures",)
