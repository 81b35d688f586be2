"""What our tokens say about a person: every token's claims come from here."""

from typing import Any

from django.conf import settings

from apps.users.models import User
from integrations.authentication.verification import EVERYTHING, OAUTH
from kernel.actors import Role
from kernel.http.principals import Principal

MACHINE_CLAIMS: dict[str, Any] = {"role": Role.MACHINE.value, "rights": []}
"""Of a program that acts for itself; its scopes are all it may do."""


def role_claims(user: User | Principal) -> dict[str, Any]:
    """Return what the account may do now; nothing of it waits for a second factor that is not there."""
    return {"role": user.role.value, "rights": sorted(user.rights)}


def program_claims(user: User | None) -> dict[str, Any]:
    """Return the claims of a token for somebody else's program, which acts for a person or for itself.

    No name and no address: those are for scopes to tell. Issuer, subject, scopes and times come from the server.
    """
    person = role_claims(user) if user is not None else MACHINE_CLAIMS
    return {"aud": settings.JWT_AUDIENCE, "gty": OAUTH, **person}


def own_claims(user: User | Principal, *, kind: str, scope: str) -> dict[str, Any]:
    """Return the claims of a token for our own apps and services; who it is says only one that may read the account."""
    may_know = not {EVERYTHING, "account:read"}.isdisjoint(scope.split())
    person = {"email": user.email, "name": user.name} if may_know else {}
    return {
        "iss": settings.PUBLIC_URL,
        "aud": settings.JWT_AUDIENCE,
        "gty": kind,
        "scope": scope,
        **person,
        **role_claims(user),
    }
