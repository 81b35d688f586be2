"""The timeline of an order for the back office: changes, notes and mails in one row of moments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.orders.models.orders import Order
from apps.orders.selectors.orders import history_of, notes_of
from contracts.notifications import Notifications
from kernel.rpc import client


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """Something that happened, was noted or was told about an order."""

    kind: str
    """``change``, ``note`` or ``message``."""
    at: datetime
    title: str
    """The kind of change, the text of the note, or the subject of the message."""
    actor: str
    about: Mapping[str, Any]
    message_id: UUID | None = None


def timeline_of(order: Order) -> list[TimelineEntry]:
    """Return what happened to an order, newest first."""
    entries = [*_changes(order), *_notes(order), *_messages(order)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _changes(order: Order) -> list[TimelineEntry]:
    return [
        TimelineEntry(kind="change", at=row.at, title=row.kind, actor=row.actor_label, about=row.data)
        for row in history_of(order).reverse()
    ]


def _notes(order: Order) -> list[TimelineEntry]:
    return [
        TimelineEntry(kind="note", at=row.created_at, title=row.text, actor=row.actor_label, about={})
        for row in notes_of(order)
    ]


def _messages(order: Order) -> list[TimelineEntry]:
    return [
        TimelineEntry(
            kind="message",
            at=row.created_at,
            title=row.subject,
            actor=row.to,
            about={"kind": row.kind, "status": row.status},
            message_id=row.id,
        )
        for row in client(Notifications).messages(about=order.id)
    ]
