"""Mechanism that knows no business: what every service stands on."""
