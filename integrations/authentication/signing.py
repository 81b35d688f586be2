"""Our own keys: the one that signs, and those whose tokens we believe."""

from functools import cache
from typing import Any

import jwt
from django.conf import settings

from integrations.authentication.allauth_internals import jwk_of


@cache
def _parsed(pem: str) -> tuple[str, Any]:
    """Return the id and the key itself; to read a key from PEM takes 45 ms."""
    jwk, private_key = jwk_of(pem)
    return jwk["kid"], private_key


def own_key(kid: str) -> Any | None:
    """Return the public key of this id: the one in use, or one that signed until lately."""
    keys = dict(_parsed(pem) for pem in (settings.JWT_PRIVATE_KEY, *settings.JWT_PREVIOUS_KEYS))
    return keys[kid].public_key() if kid in keys else None


def signed(claims: dict[str, Any]) -> str:
    """Return a token that says this."""
    kid, private_key = _parsed(settings.JWT_PRIVATE_KEY)
    return jwt.encode(claims, private_key, algorithm="RS256", headers={"kid": kid})
