"""Who holds which role, and who may change whom. Pure decisions."""

from kernel.actors import Role

STAFF_ROLES = frozenset({Role.ADMIN, Role.SUPER_USER})
GIVEN_ROLES = (Role.REGULAR, Role.ADMIN, Role.SUPER_USER)
MASTERS = frozenset({Role.SUPER_USER, Role.SYSTEM})


def role_of(*, privileged: bool, is_superuser: bool) -> Role:
    """Return the role of an account; super user rights without privilege are worth nothing."""
    if not privileged:
        return Role.REGULAR
    return Role.SUPER_USER if is_superuser else Role.ADMIN


def is_reading(permission: str) -> bool:
    """Tell whether a Django permission such as ``users.view_user`` only looks."""
    return permission.rpartition(".")[2].startswith("view_")


def may_change_account(*, actor: Role, target: Role) -> bool:
    """An admin looks after customers; staff accounts are a super user's business."""
    return actor in MASTERS or (actor is Role.ADMIN and target is Role.REGULAR)


def may_give_role(*, actor: Role, role: Role) -> bool:
    """Only a super user makes staff, so that nobody widens what he has himself."""
    return role in GIVEN_ROLES and (actor in MASTERS or (actor is Role.ADMIN and role is Role.REGULAR))
