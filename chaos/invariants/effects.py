"""Effects: each event is handled once by each handler, each mail is written once and sent."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Model

from apps.notifications.models import Message
from apps.orders.models.orders import OrderChange
from chaos.invariants.told import Told
from chaos.table import REACHED, Finding
from kernel.events.handling import consumers_of
from kernel.models import ArchiveRow, InboxRow, OutboxRow

MAILS = {"placed": "order_placed", "paid": "order_paid", "cancelled": "order_cancelled", "refunded": "order_refunded"}
"""Steps of an order and the mail that each has to bring, once."""
HANDLERS = {
    "placed": "notifications.confirm_order",
    "paid": "notifications.confirm_payment",
    "cancelled": "notifications.announce_cancellation",
    "refunded": "notifications.announce_refund",
}
"""Steps of an order and the handler of the event that each is told by."""
MESSAGE_ID = re.compile(r"^Message-ID: (\S+)", re.MULTILINE)


def look(told: Told) -> list[Finding]:
    """Return what is missing or there twice."""
    return [*_mails(), _notices(told), _sent(), _inbox(), _reached(), _outbox()]


def _mails() -> list[Finding]:
    findings = []
    for step, kind in MAILS.items():
        due = Counter(OrderChange.objects.filter(kind=step).values_list("order_id", flat=True))
        there = Counter(one for one in Message.objects.filter(kind=kind).values_list("about", flat=True) if one)
        wrong = [f"{key}: {due[key]} x {step}, {there[key]} mails" for key in due | there if due[key] != there[key]]
        findings.append(Finding(what=f"one mail for each order {step}", counted=due.total(), violations=wrong))
    return findings


def _notices(told: Told) -> Finding:
    there = Counter(str(one) for one in Message.objects.filter(kind="order_notice").values_list("about", flat=True))
    wrong = [f"the shop got {there[key]} notices of {key}" for key in told.acknowledged if there[key] != 1]
    return Finding(what="one notice to the shop for each order", counted=len(told.acknowledged), violations=wrong)


def _sent() -> Finding:
    """Look into the mailbox itself, not only at what the shop wrote down about it."""
    boxes = Path(str(settings.EMAIL_FILE_PATH)).glob("*")
    arrived = {
        found for box in boxes for found in MESSAGE_ID.findall(box.read_text(encoding="utf-8", errors="replace"))
    }
    messages = Message.objects.exclude(status=Message.Status.FAILED).values_list("message_id", "status")
    wrong = [f"{name} is {status} and did not arrive" for name, status in messages if name not in arrived]
    failed = Message.objects.filter(status=Message.Status.FAILED)
    wrong += [f"{message.message_id} failed: {message.error}" for message in failed]
    return Finding(what="every mail arrived", counted=len(arrived), violations=wrong)


def _inbox() -> Finding:
    rows = InboxRow.objects.values_list("consumer", "event_id")
    wrong = [f"{consumer} did {event} {times} times" for (consumer, event), times in Counter(rows).items() if times > 1]
    done = Counter(consumer for consumer, _ in rows)
    steps = Counter(OrderChange.objects.values_list("kind", flat=True))
    wrong += [
        f"{consumer} was done {done[consumer]} times for {steps[step]} x {step}"
        for step, consumer in HANDLERS.items()
        if done[consumer] != steps[step]
    ]
    bad = InboxRow.objects.exclude(status=InboxRow.Status.DONE)
    wrong += [f"{row.consumer} {row.event_id} is {row.status}: {row.error}" for row in bad]
    return Finding(what="each handler did each event once", counted=len(rows), violations=wrong)


def not_handled() -> int:
    """Return how many handlings of events that left the outbox are still to come: a broker holds them, or lost them."""
    done = {(row["consumer"], row["type"]): row["count"] for row in _counted(InboxRow, "consumer", "type")}
    return sum(
        max(0, row["count"] - done.get((consumer.name, row["type"]), 0))
        for row in _counted(ArchiveRow, "type")
        for consumer in consumers_of(row["type"])
    )


def _counted(table: type[Model], *columns: str) -> Iterable[dict[str, Any]]:
    rows: Iterable[dict[str, Any]] = table._default_manager.values(*columns).annotate(count=Count("id")).order_by()
    return rows


def _reached() -> Finding:
    """Every event that was told has a copy; each of its handlers has to know it."""
    done = set(InboxRow.objects.filter(status=InboxRow.Status.DONE).values_list("consumer", "event_id"))
    told = list(ArchiveRow.objects.values_list("type", "event_id"))
    wrong = [
        f"{consumer.name} never did {kind} {event_id}"
        for kind, event_id in told
        for consumer in consumers_of(kind)
        if (consumer.name, event_id) not in done
    ]
    return Finding(what=REACHED, counted=len(told), violations=wrong)


def _outbox() -> Finding:
    left = [f"{row.type} {row.event_id}" for row in OutboxRow.objects.all()[:10]]
    return Finding(what="the outbox is empty", counted=1, violations=left)
