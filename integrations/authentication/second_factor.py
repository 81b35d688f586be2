"""The second factor: secrets encrypted at rest, and who may take it away."""

from allauth.mfa.adapter import DefaultMFAAdapter


class SecondFactorAdapter(DefaultMFAAdapter):
    """Fits the second factor to our user."""
