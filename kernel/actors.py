"""Who acts: what every service is told about the person or machine behind a call."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What kind of account acts; rights are checked against it."""

    ANONYMOUS = "anonymous"
    REGULAR = "regular"
    ADMIN = "admin"
    SUPER_USER = "super_user"
    MACHINE = "machine"
    SYSTEM = "system"


MASTERS = frozenset({Role.ADMIN, Role.SUPER_USER, Role.MACHINE, Role.SYSTEM})
"""Roles that hold every right of the shop; a machine does what its scopes say, and without any, nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The principal of a request, a command or a worker's step."""

    id: UUID | None = None
    role: Role = Role.ANONYMOUS
    email: str = ""
    name: str = ""
    rights: frozenset[str] = frozenset()
    """What permission groups give a person who is no admin."""
    scopes: frozenset[str] | None = None
    """What the token in use allows, such as ``orders:read``; None: everything that the role does."""
    client: str = ""
    """The name of the program that acts, when it is not the person himself."""
    client_id: str = ""
    """The id of that program, when it is one that an admin connected; names may be alike."""

    def may(self, right: str) -> bool:
        """Tell whether the actor works with this part of the back office, and the token in use reaches there."""
        if self.role not in MASTERS and right not in self.rights:
            return False
        if self.scopes is None:
            return self.role is not Role.MACHINE
        return not self.scopes.isdisjoint({f"{right}:read", f"{right}:write"})

    def may_write(self, right: str) -> bool:
        """Tell whether the actor may also change things there: a token may be for reading only."""
        return self.may(right) and (self.scopes is None or f"{right}:write" in self.scopes)

    @property
    def is_signed_in(self) -> bool:
        """True for a person with an account."""
        return self.id is not None

    @property
    def is_staff(self) -> bool:
        """True for those who may enter the back office; what they may do there, :meth:`may` tells."""
        return self.role in MASTERS or bool(self.rights)

    @property
    def is_super_user(self) -> bool:
        """True for the one role that may change other staff; in person, for a token says what it is for."""
        return self.role in {Role.SUPER_USER, Role.SYSTEM} and self.scopes is None

    @property
    def label(self) -> str:
        """How the actor is named in histories."""
        return self.email or self.client or self.role.value

    @property
    def mark(self) -> str:
        """Ties a cookie to a person without saying who; nothing for a stranger."""
        return self.id.hex[-12:] if self.id else ""


ANONYMOUS = Actor()
SYSTEM = Actor(role=Role.SYSTEM)
