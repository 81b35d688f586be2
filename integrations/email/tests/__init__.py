"""Tests of the mail address."""
