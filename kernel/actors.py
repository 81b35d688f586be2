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
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The principal of a request, a command or a worker's step."""

    id: UUID | None = None
    role: Role = Role.ANONYMOUS
    email: str = ""
    name: str = ""

    @property
    def is_signed_in(self) -> bool:
        """True for a person with an account."""
        return self.id is not None

    @property
    def is_staff(self) -> bool:
        """True for those who may work in the back office."""
        return self.role in {Role.ADMIN, Role.SUPER_USER, Role.SYSTEM}

    @property
    def is_super_user(self) -> bool:
        """True for the one role that may change other staff."""
        return self.role in {Role.SUPER_USER, Role.SYSTEM}

    @property
    def label(self) -> str:
        """How the actor is named in histories."""
        return self.email or self.role.value

    @property
    def mark(self) -> str:
        """Ties a cookie to a person without saying who; nothing for a stranger."""
        return self.id.hex[-12:] if self.id else ""


ANONYMOUS = Actor()
SYSTEM = Actor(role=Role.SYSTEM)
