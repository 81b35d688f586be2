"""For a service without the table of users: whoever calls is whom the signed token names."""

from functools import cache
from json import JSONDecodeError
from typing import Any, ClassVar
from uuid import UUID

from jwt import PyJWKClient, PyJWKClientConnectionError, PyJWKClientError, PyJWKSetError
from rest_framework import authentication
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.request import Request

from integrations.authentication.credentials import challenge, credential
from integrations.authentication.verification import (
    EXCHANGE,
    FIRST_PARTY,
    OAUTH,
    BadTokenError,
    Claims,
    OldTokenError,
    grant_of,
    verified,
)
from kernel.actors import Role
from kernel.http.principals import Grant, Principal

KEYS_SECONDS = 600
"""How long a key that was withdrawn may still be believed, and how long the keeper of the keys may be away."""
FETCH_SECONDS = 3
KINDS = {FIRST_PARTY: "jwt", EXCHANGE: "exchange", OAUTH: "oauth"}


class KeysUnavailable(APIException):
    """The service that keeps the keys of tokens does not answer."""

    status_code = 503
    default_code = "keys_unavailable"
    default_detail = "The keys of tokens cannot be fetched; try again."


class StatelessAuthentication(authentication.BaseAuthentication):
    """A token stays good until it runs out: five minutes for our own, fifteen for those of connected programs."""

    keys: ClassVar[PyJWKClient]

    def authenticate(self, request: Request) -> tuple[Principal, Grant] | None:
        raw = credential(request, "bearer")
        if raw is None:
            return None
        try:
            claims = verified(raw, find_key=self.find_key)
            return _principal(claims), grant_of(claims, kind=KINDS[claims["gty"]])
        except OldTokenError:
            raise AuthenticationFailed("The token has run out.", "token_expired") from None
        except (BadTokenError, KeyError, ValueError):
            raise AuthenticationFailed("The token is not ours.", "invalid_token") from None

    def authenticate_header(self, request: Request) -> str:
        return challenge(request)

    def find_key(self, kid: str) -> Any | None:
        """Return the public key of this id; an unknown one makes us look again, twice a minute at most."""
        try:
            return self.keys.get_signing_key(kid).key
        except (PyJWKClientConnectionError, OSError, JSONDecodeError) as error:  # it lets a broken answer pass through
            raise KeysUnavailable from error
        except (PyJWKClientError, PyJWKSetError):
            return None


@cache
def stateless(jwks_url: str) -> type[StatelessAuthentication]:
    """Return the authentication class that believes the keys at an address such as ``.../.well-known/jwks.json``."""

    class Here(StatelessAuthentication):
        keys = PyJWKClient(jwks_url, lifespan=KEYS_SECONDS, timeout=FETCH_SECONDS)

    return Here


def _principal(claims: Claims) -> Principal:
    role = Role(claims["role"])
    return Principal(
        role=role,
        id=None if role is Role.MACHINE else UUID(claims["sub"]),
        email=str(claims.get("email", "")),
        name=str(claims.get("name", "")),
        rights=frozenset(claims["rights"]),
    )
