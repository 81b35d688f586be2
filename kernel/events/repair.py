"""What an operator does about events: have them handled again, and fill a broker that lost what it held."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet

from kernel import audit
from kernel.actors import Actor
from kernel.errors import DomainError
from kernel.events import wakeup
from kernel.events.actions import ActionRecorded
from kernel.events.choosing import Choice, Status
from kernel.events.envelope import Envelope, event_class
from kernel.models import ArchiveRow, InboxRow, OutboxRow
from kernel.topology import database_of, local_databases, local_services
from kernel.transactions import in_transaction

BATCH = 500


class NothingToReplayError(DomainError):
    """No event is as asked for: nothing failed, nothing has a copy any more, or all of them wait to go out already."""

    code = "nothing_to_replay"
    status = 409

    def __init__(self, message: str = "There is no such event to handle again.") -> None:
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How many handlers get their event again, and for how many there is no copy of it any more."""

    given_back: int
    without_copy: int


def dead_letters() -> list[InboxRow]:
    """Return what handlers gave up, oldest first."""
    found = [row for alias in local_databases() for row in Choice().handled(alias)]
    return sorted(found, key=lambda row: (row.handled_at, row.id))


def replay(choice: Choice, *, actor: Actor, now: datetime) -> Replayed:
    """Let handlers have their events again, at the next turn of the worker; failures begin to count anew.

    :raises NothingToReplayError: none is as asked for, or none has a copy.
    """
    given = asked = 0
    for alias in choice.databases:
        rows = choice.handled(alias)
        asked += rows.count()
        given += _in_batches(
            rows,
            alias,
            partial(_give_back, alias=alias, now=now),
            partial(_record, alias, "events_replayed", choice, actor=actor, now=now),
        )
    if not given:
        raise NothingToReplayError
    wakeup.ring()
    return Replayed(given_back=given, without_copy=max(0, asked - given))


def refill(choice: Choice, *, actor: Actor, now: datetime) -> int:
    """Send again what was passed on before, from its copies; who did it already does not do it twice.

    Return how many events go out again.

    :raises NothingToReplayError: there is no such copy, or all of them wait to go out.
    """
    sent = 0
    waits = False
    for alias in choice.databases:
        waits = waits or choice.kept(alias).exists()
        sent += _in_batches(
            choice.kept(alias),
            alias,
            partial(_send_again, alias=alias),
            partial(_record, alias, "events_sent_again", choice, actor=actor, now=now),
        )
    if not sent and waits:
        raise NothingToReplayError("All of these events wait to go out already.")
    if not sent:
        raise NothingToReplayError
    wakeup.ring()
    return sent


def _in_batches(rows: QuerySet[Any], alias: str, work: Callable[[list[Any]], int], tell: Callable[[], None]) -> int:
    """Work through rows by their ids, a transaction a batch; the first that did something tells the audit log."""
    last, count = 0, 0
    while batch := list(rows.filter(id__gt=last).order_by("id")[:BATCH]):
        count += in_transaction(alias, partial(_work_and_tell, batch, work, None if count else tell))
        last = batch[-1].id
    return count


def _work_and_tell(batch: list[Any], work: Callable[[list[Any]], int], tell: Callable[[], None] | None) -> int:
    count = work(batch)
    if count and tell is not None:
        tell()
    return count


def _record(alias: str, action: str, choice: Choice, *, actor: Actor, now: datetime) -> None:
    """Tell the audit log, by a service that keeps its events in the same database."""
    service = next(one for one in local_services() if database_of(one) == alias)
    kind = cast("type[ActionRecorded]", event_class(f"{service}.action_recorded.v1"))
    audit.record(kind, action, about=("event", choice.subject), actor=actor, now=now, after=choice.in_words())


def _give_back(rows: list[InboxRow], *, alias: str, now: datetime) -> int:
    """Have failures tried at once, and what was done again, too, if there is a copy of the event."""
    table = InboxRow.objects.using(alias)
    fresh = {"status": Status.RETRY, "attempts": 1, "not_before": now}
    failed = table.filter(id__in=[row.id for row in rows if row.status != Status.DONE]).exclude(status=Status.DONE)
    count = failed.update(**fresh)
    copies = _copies([row.event_id for row in rows if row.status == Status.DONE])
    for row in rows:
        if row.status == Status.DONE and row.event_id in copies:
            again = table.filter(id=row.id, status=Status.DONE)
            count += again.update(envelope=copies[row.event_id].as_text(), **fresh)
    return count


def _copies(event_ids: list[UUID]) -> dict[UUID, Envelope]:
    if not event_ids:
        return {}
    kept = (
        row for alias in local_databases() for row in ArchiveRow.objects.using(alias).filter(event_id__in=event_ids)
    )
    return {row.event_id: Envelope.of(row) for row in kept}


def _send_again(rows: list[ArchiveRow], *, alias: str) -> int:
    """Write them into the outbox, but for those that wait there."""
    waiting = set(
        OutboxRow.objects.using(alias)
        .filter(event_id__in=[row.event_id for row in rows])
        .values_list("event_id", flat=True)
    )
    again = [
        OutboxRow(
            event_id=row.event_id,
            type=row.type,
            subject=row.subject,
            version=row.version,
            body=row.body,
            request_id=row.request_id,
            created_at=row.created_at,
        )
        for row in rows
        if row.event_id not in waiting
    ]
    OutboxRow.objects.using(alias).bulk_create(again, ignore_conflicts=True)  # a twin of this call was faster
    return len(again)
