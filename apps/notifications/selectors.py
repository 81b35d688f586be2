"""Reads of messages for staff, and what has to hold for them."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, QuerySet

from apps.notifications.models import Message
from kernel import clock
from kernel.codec import encode
from kernel.doctor import Finding, check
from kernel.metrics import Reading, age, watched
from kernel.spelling import Spelled

KEY_OF_GUEST = re.compile(r"(\?token=)[\w-]+")
"""Opens an order to whoever has the mail: a colleague who only reads would cancel as nobody in particular."""

LATE = timedelta(minutes=10)
"""A mail leaves within seconds, and a retry within seconds of its time."""
RECENT = timedelta(days=1)


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
    """Return text and HTML for who may not act by them: nothing of a secret one, even while it waits, and no order's key."""
    if message.is_secret:
        return "", ""
    return KEY_OF_GUEST.sub(r"\1...", message.text), KEY_OF_GUEST.sub(r"\1...", message.html)


def personal_data(emails: list[str]) -> dict[str, Any]:
    """Return what was written to these addresses, newest first, as JSON; one statement."""
    found = Message.objects.filter(Spelled("to", emails)).defer("html").order_by("-created_at", "-id")
    return {"messages": [_personal(message) for message in found]}


def _personal(message: Message) -> dict[str, Any]:
    names = ("id", "kind", "to", "subject", "status", "created_at", "sent_at")
    told: dict[str, Any] = encode({name: getattr(message, name) for name in names})
    return {**told, "text": body_of(message)[0]}


@check(is_about_time=True)
def mails_go_out() -> Iterator[Finding]:
    """Every mail is handed to the mail server within an hour, and tried again when its pause is over."""
    now = clock.now()
    queued = Message.objects.filter(status=Message.Status.QUEUED)
    if count := queued.filter(next_attempt_at__lt=now - LATE).count():
        yield Finding(
            about="mails that nobody sends",
            problem=f"{count} should have been tried more than 10 minutes ago.",
            mend="Start the worker: manage.py worker",
        )
    refused = queued.filter(created_at__lt=now - timedelta(hours=1)).exclude(error="").order_by("created_at")
    if oldest := refused.first():
        yield Finding(
            about="mails that the mail server does not take",
            problem=f"{refused.count()} wait for more than an hour: {oldest.error[:200]}",
            mend="See that the mail server of EMAIL_URL answers; they go out by themselves then.",
        )


@check(is_about_time=True)
def mails_are_not_given_up() -> Iterator[Finding]:
    """No mail failed for good within the last day."""
    failed = Message.objects.filter(status=Message.Status.FAILED, created_at__gte=clock.now() - RECENT)
    for message in failed.order_by("id").iterator():
        yield Finding(
            about=f"message {message.id}",
            problem=f"The mail {message.kind} was given up after {message.attempts} attempts: {message.error[:200]}",
            mend="Mend the address or the mail server, and send it again in /office/messages/.",
        )


@watched
def mails_by_state(now: datetime) -> Iterator[Reading]:
    """One statement over the index of what is not sent."""
    states = (Message.Status.QUEUED, Message.Status.FAILED)
    rows = Message.objects.filter(status__in=states).values_list("status").annotate(Count("id"), Min("created_at"))
    found = {status: (number, oldest) for status, number, oldest in rows}
    for status in states:
        number, oldest = found.get(status, (0, None))
        yield Reading("mails", "Mails that are not sent.", number, {"status": status})
        yield Reading("mails_oldest_seconds", "How old the first of them is.", age(oldest, now), {"status": status})
