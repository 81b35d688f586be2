"""What other services ask the notifications service."""

from typing import Any
from uuid import UUID

from apps.notifications import selectors
from apps.notifications.models import Message
from apps.notifications.services import writing
from contracts.notifications import Notifications, SentMessage
from kernel import clock
from kernel.actors import Actor

MOST_MESSAGES = 100


class Facade(Notifications):
    """Answers ``contracts.notifications`` from this service's tables."""

    def messages(self, *, about: UUID) -> list[SentMessage]:
        newest = Message.objects.filter(about=about).defer("text", "html").order_by("-id")[:MOST_MESSAGES]
        return [
            SentMessage(
                id=message.id,
                kind=message.kind,
                to=message.to,
                subject=message.subject,
                status=message.status,
                created_at=message.created_at,
                sent_at=message.sent_at,
            )
            for message in newest
        ]

    def send_again(self, *, message_id: UUID, actor: Actor) -> None:
        writing.send_again(message_id=message_id, actor=actor, now=clock.now())

    def personal_data(self, *, emails: list[str]) -> dict[str, Any]:
        return selectors.personal_data(emails)

    def failed_count(self) -> int:
        return Message.objects.filter(status=Message.Status.FAILED).count()
