"""Whether a signed token is one of ours, for this use, and still good; knows no table and no user."""

from collections.abc import Callable
from typing import Any

import jwt
from django.conf import settings

from kernel.http.principals import Grant

LONGEST = 8190
"""In characters, as long as the server takes a line; ours stay below 2000."""
REQUIRED = ("iss", "aud", "exp", "iat", "jti", "gty", "token_use")
FIRST_PARTY, OAUTH, EXCHANGE = "first_party", "oauth", "exchange"
"""``gty``: who the token was made for: our own apps, somebody else's program, our own services."""
EVERYTHING = "*"

Key = Any
FindKey = Callable[[str], Key | None]
Claims = dict[str, Any]


class BadTokenError(Exception):
    """The token is not ours, or not for this."""


class OldTokenError(BadTokenError):
    """The token was good until lately."""


def verified(token: str, *, find_key: FindKey, use: str = "access") -> Claims:
    """Return what a token claims, once everything about it is checked but whether somebody took it back.

    :param find_key: returns the public key of a ``kid``, or None.
    :raises BadTokenError: it must not be believed.
    """
    if len(token) > LONGEST:
        raise BadTokenError
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        key = find_key(kid) if isinstance(kid, str) else None
        if key is None:
            raise BadTokenError
        claims: Claims = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=settings.PUBLIC_URL,
            audience=settings.JWT_AUDIENCE,
            options={"require": [*REQUIRED], "verify_iat": False},  # another machine's clock may be ahead
        )
    except jwt.ExpiredSignatureError as error:
        raise OldTokenError from error
    except (jwt.PyJWTError, RecursionError) as error:  # JSON may be nested deeper than the parser likes
        raise BadTokenError from error
    if claims["token_use"] != use:
        raise BadTokenError
    return claims


def grant_of(claims: Claims, *, kind: str) -> Grant:
    """Return what the token allows, by its own words."""
    scope = str(claims.get("scope", ""))
    scopes = None if scope == EVERYTHING and claims["gty"] != OAUTH else frozenset(scope.split())
    return Grant(
        kind=kind, scopes=scopes, client=str(claims.get("client", "")), client_id=str(claims.get("client_id", ""))
    )
