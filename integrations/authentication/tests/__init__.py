"""Tests of the sign-in pipeline."""
