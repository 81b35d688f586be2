"""What the users service promises: who somebody is, and the facts of an account's life."""

from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID

from kernel.addresses import Address
from kernel.events.actions import ActionRecorded
from kernel.events.base import Event


class Users(Protocol):
    """Accounts and their addresses."""

    service: ClassVar[str] = "users"

    def addresses(self, *, user_id: UUID) -> list[Address]:
        """Return a person's saved addresses, the default one first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRegistered(Event):
    """Somebody has an account and has proven the e-mail address."""

    type: ClassVar[str] = "users.user_registered.v1"
    subject: ClassVar[str] = "user_id"

    user_id: UUID
    email: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErased(Event):
    """An account is gone; each service forgets who the person was."""

    type: ClassVar[str] = "users.user_erased.v1"
    subject: ClassVar[str] = "user_id"
    is_for_brokers: ClassVar[bool] = True

    user_id: UUID
    emails: list[str]
    """What the person had proven: what a guest did under these addresses goes, too."""
    unproven: list[str]
    """Others of the account: only what was about the account goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMailRequested(Event):
    """A mail of the sign-in pipeline (a code, a notice) has to go out; its body is secret."""

    type: ClassVar[str] = "users.account_mail_requested.v1"
    subject: ClassVar[str] = "mail_id"
    is_archived: ClassVar[bool] = False

    mail_id: UUID
    to: str
    subject_line: str
    text: str
    html: str


class UsersAction(ActionRecorded):
    """Staff changed something of this service."""

    type: ClassVar[str] = "users.action_recorded.v1"
