"""Who holds which role, and who may change whom. Pure decisions."""

from kernel.actors import Role

STAFF_ROLES = frozenset({Role.ADMIN, Role.SUPER_USER})
GIVEN_ROLES = (Role.REGULAR, Role.ADMIN, Role.SUPER_USER)


def role_of(*, privileged: bool, is_superuser: bool) -> Role:
    """Return the role of an account; super user rights without privilege are worth nothing."""
    if not privileged:
        return Role.REGULAR
    return Role.SUPER_USER if is_superuser else Role.ADMIN


def is_reading(permission: str) -> bool:
    """Tell whether a Django permission such as ``users.view_user`` only looks."""
    return permission.rpartition(".")[2].startswith("view_")
