"""Tests of the API layer."""
