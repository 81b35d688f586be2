"""Tests of the ways to pay."""
