"""Tokens of our own sign-in: JWTs with our claims, bound to a session."""

from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy


class TokenStrategy(JWTTokenStrategy):
    """Access and refresh tokens of the sign-in API."""
