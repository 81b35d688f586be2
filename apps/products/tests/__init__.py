"""Tests of the catalogue and of stock."""
