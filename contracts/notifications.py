"""What the notifications service promises: which messages went out about something."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol
from uuid import UUID

from kernel.actors import Actor
from kernel.events.actions import ActionRecorded


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A mail about something, as other services may show it."""

    id: UUID
    kind: str
    to: str
    subject: str
    status: str
    """``queued``, ``sent`` or ``failed``."""
    created_at: datetime
    sent_at: datetime | None


class Notifications(Protocol):
    """Everything that is told to people."""

    service: ClassVar[str] = "notifications"

    def messages(self, *, about: UUID) -> list[SentMessage]:
        """Return the messages about an order or a person, newest first."""
        ...

    def send_again(self, *, message_id: UUID, actor: Actor) -> None:
        """Queue a message once more, as a copy with an id of its own."""
        ...

    def personal_data(self, *, emails: list[str]) -> dict[str, Any]:
        """Return every message to these addresses, as JSON: ``messages``; the body of a secret one is not kept."""
        ...

    def failed_count(self) -> int:
        """Return how many messages could not be sent; one statement."""
        ...


class NotificationsAction(ActionRecorded):
    """Staff changed something of this service."""

    type: ClassVar[str] = "notifications.action_recorded.v1"
