"""Reads of messages for staff."""

import re
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.notifications.models import Message
from kernel.codec import encode

KEY_OF_GUEST = re.compile(r"(\?token=)[\w-]+")
"""Opens an order to whoever has the mail: a colleague who only reads would cancel as nobody in particular."""


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
    """Return text and HTML as staff may read them: nothing of a secret one, even while it waits, and no guest's key."""
    if message.is_secret:
        return "", ""
    return KEY_OF_GUEST.sub(r"\1...", message.text), KEY_OF_GUEST.sub(r"\1...", message.html)


def personal_data(emails: list[str]) -> dict[str, Any]:
    """Return what was written to these addresses, newest first, as JSON; one statement."""
    found = Message.objects.filter(to__in=emails).defer("html").order_by("-created_at", "-id")
    return {"messages": [_personal(message) for message in found]}


def _personal(message: Message) -> dict[str, Any]:
    names = ("id", "kind", "to", "subject", "status", "created_at", "sent_at")
    told: dict[str, Any] = encode({name: getattr(message, name) for name in names})
    return {**told, "text": "" if message.is_secret else message.text}
