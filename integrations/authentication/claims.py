"""What our tokens say about a person: every token's claims come from here."""

from typing import Any

from django.conf import settings

from apps.users.models import User
from kernel.actors import Role

MACHINE_CLAIMS: dict[str, Any] = {"role": Role.MACHINE.value, "rights": []}
"""Of a program that acts for itself; its scopes are all it may do."""


def role_claims(user: User) -> dict[str, Any]:
    """Return what the account may do now; nothing of it waits for a second factor that is not there."""
    return {"role": user.role.value, "rights": sorted(user.rights)}


def own_claims(user: User, *, kind: str, scope: str) -> dict[str, Any]:
    """Return the claims of a token for our own services, as opposed to one for a program of somebody else."""
    return {
        "iss": settings.PUBLIC_URL,
        "aud": settings.JWT_AUDIENCE,
        "gty": kind,
        "scope": scope,
        "email": user.email,
        "name": user.name,
        **role_claims(user),
    }
