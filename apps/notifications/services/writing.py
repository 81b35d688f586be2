"""Writing messages: one for each cause, rendered at once, sent later."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string

from apps.notifications.models import Message
from contracts.notifications import NotificationsAction
from contracts.orders import Orders
from contracts.rights import Right
from kernel import audit
from kernel.actors import Actor
from kernel.errors import DomainError, ForbiddenError, NotFoundError
from kernel.events import wakeup
from kernel.ids import uuid7
from kernel.rpc import client
from kernel.transactions import on_commit, unit_of_work

TEMPLATES = "notifications/mail"
BLANK_LINES = re.compile(r"\n{3,}")


class SecretMessageError(DomainError):
    """Its body opened an account and is gone; the person asks for a new one."""

    code = "secret_message"
    status = 409


class MessageErasedError(DomainError):
    """Whom it went to is forgotten, and what it said."""

    code = "message_erased"
    status = 409


@unit_of_work
def write_message(
    *,
    kind: str,
    cause: str | None,
    to: str,
    about: UUID | None,
    context: dict[str, Any],
    is_secret: bool = False,
    now: datetime,
) -> Message:
    """Render a mail and queue it; the same cause gives the same message, and no cause always a new one."""
    known = Message.objects.filter(cause=cause).first() if cause else None
    if known is not None:
        return known
    fields = _rendered(kind, context)
    return _queued(
        kind=kind,
        cause=cause,
        to=to.lower(),
        about=about,
        is_secret=is_secret,
        created_at=now,
        next_attempt_at=now,
        **fields,
    )


@unit_of_work
def send_again(*, message_id: UUID, actor: Actor, now: datetime) -> Message:
    """Queue a message once more, as a copy with an id and a Message-ID of its own.

    :raises SecretMessageError: its body is not kept.
    :raises MessageErasedError: nor is its recipient.
    """
    if not actor.may(Right.ORDERS):
        raise ForbiddenError("Only staff may send a message again.")
    message = Message.objects.filter(id=message_id).first()
    if message is None:
        raise NotFoundError("There is no such message.")
    if not message.to:
        raise MessageErasedError("This message is erased.")
    if message.is_secret:
        raise SecretMessageError("This message held a secret, which is not kept.")
    copy = _queued(
        kind=message.kind,
        to=message.to,
        about=message.about,
        subject=message.subject,
        text=message.text,
        html=message.html,
        created_at=now,
        next_attempt_at=now,
    )
    audit.record(
        NotificationsAction,
        "message_sent_again",
        about=("message", message_id),
        actor=actor,
        now=now,
        after={"copy": copy.id, "kind": copy.kind},
    )
    return copy


def _rendered(kind: str, context: dict[str, Any]) -> dict[str, str]:
    given = {"shop": client(Orders).shop(), "public_url": settings.PUBLIC_URL, **context}
    subject = " ".join(render_to_string(f"{TEMPLATES}/{kind}.subject", given).split())[:200]
    text = BLANK_LINES.sub("\n\n", render_to_string(f"{TEMPLATES}/{kind}.text", given)).strip() + "\n"
    return {
        "subject": subject,
        "text": text,
        "html": render_to_string(f"{TEMPLATES}/{kind}.html", given | {"subject": subject}).strip(),
    }


def _queued(**fields: Any) -> Message:
    message_id = uuid7()
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    message = Message.objects.create(id=message_id, message_id=f"<{message_id}@{host}>", **fields)
    on_commit(wakeup.ring, service="notifications")
    return message
