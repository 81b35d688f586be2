"""Reads the ``Authorization`` header."""

from django.http import HttpRequest
from rest_framework.request import Request


def credential(request: HttpRequest | Request, scheme: str) -> str | None:
    """Return what follows the scheme, which may be empty; None where the header speaks of another one or is missing."""
    named, _, value = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    return value.strip() if named.lower() == scheme else None


def challenge(request: Request) -> str:
    """Return what a refused request should have shown; Basic is named to those only who tried it, for browsers ask."""
    if credential(request, "basic") is not None:
        return 'Basic realm="api", charset="UTF-8"'
    if credential(request, "bearer") is not None:
        return 'Bearer realm="api", error="invalid_token"'
    return 'Bearer realm="api"'
