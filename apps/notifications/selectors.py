"""Reads of messages for staff."""

from uuid import UUID

from django.db.models import QuerySet

from apps.notifications.models import Message


def messages(*, search: str = "", status: str = "", kind: str = "", about: UUID | None = None) -> QuerySet[Message]:
    """Return messages without their bodies, narrowed down by what is given."""
    found = Message.objects.defer("text", "html")
    if status:
        found = found.filter(status=status)
    if kind:
        found = found.filter(kind=kind)
    if about:
        found = found.filter(about=about)
    return found.matching(search) if search else found


def body_of(message: Message) -> tuple[str, str]:
    """Return text and HTML as people may read them: nothing of a secret one, even while it waits."""
    return ("", "") if message.is_secret else (message.text, message.html)
