"""The relay: leases committed events, passes them on outside any transaction, deletes what has arrived."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import connections
from django.db.models import Q

from kernel import clock
from kernel.events import inbox, receiving
from kernel.events.envelope import Envelope, event_class
from kernel.events.handling import consumers_of
from kernel.events.transport import Transport
from kernel.models import ArchiveRow, OutboxRow
from kernel.topology import local_databases
from kernel.transactions import in_transaction

BATCH = 50
LEASE = timedelta(seconds=30)
"""How long a batch is one relay's own, and the wait after a kill; a slower one repeats, which the inbox bears."""


def relay_once(alias: str, transport: Transport | None = None) -> int:
    """Pass on one batch of one database, to the broker or to the handlers that are here; return how many went out."""
    if transport is not None:
        transport.connect()  # a broker that is away must not hold rows
    rows = _lease(alias)
    if not rows:
        return 0
    if transport is None:
        receiving.deliver([_envelope(row) for row in rows])
        gone = rows
    else:
        gone = _publish(rows, alias, transport)
    in_transaction(alias, lambda: _forget(gone, alias, is_archived=transport is not None))
    return len(gone)


def deliver_all(*, is_strict: bool = True, prefix: str = "", untold: Collection[str] = ()) -> int:
    """Deliver every event now, those that handlers publish too; return how many.

    A failing handler raises here; with ``is_strict=False`` it is written down for a retry, as the worker does.
    ``prefix`` takes only types that begin so, ``untold`` names services that never hear of them.
    """
    count = 0
    while True:
        waiting = [OutboxRow.objects.using(alias).filter(type__startswith=prefix) for alias in local_databases()]
        rows = [row for of_one in waiting for row in of_one.order_by("id")]
        if not rows:
            return count
        for row in rows:
            for consumer in consumers_of(row.type):
                if consumer.name.partition(".")[0] not in untold:
                    inbox.receive(consumer, _envelope(row), is_strict=is_strict)
            row.delete()
            count += 1


def _lease(alias: str) -> list[OutboxRow]:
    """Take the oldest free rows for a while; another relay skips them."""
    now = clock.now()
    free = OutboxRow.objects.using(alias).filter(Q(leased_until=None) | Q(leased_until__lt=now))
    if not free.exists():
        return []

    def take() -> list[OutboxRow]:
        ordered = free.order_by("id")
        if connections[alias].features.has_select_for_update_skip_locked:
            ordered = ordered.select_for_update(skip_locked=True)
        rows = list(ordered[:BATCH])
        OutboxRow.objects.using(alias).filter(id__in=[row.id for row in rows]).update(leased_until=now + LEASE)
        return rows

    return in_transaction(alias, take)


def _publish(rows: list[OutboxRow], alias: str, transport: Transport) -> list[OutboxRow]:
    """Return the rows that the broker confirmed; the others are free again at once."""
    taken: set[UUID] = set()
    try:
        taken = {envelope.id for envelope in transport.publish([_envelope(row) for row in rows])}
    finally:
        left = [row.id for row in rows if row.event_id not in taken]
        if left:
            OutboxRow.objects.using(alias).filter(id__in=left).update(leased_until=None)
    return [row for row in rows if row.event_id in taken]


def _forget(rows: list[OutboxRow], alias: str, *, is_archived: bool) -> None:
    """Delete what has arrived; a copy stays for a while where a broker could lose it."""
    if is_archived:
        kept = [row for row in rows if event_class(row.type).is_archived]
        ArchiveRow.objects.using(alias).bulk_create([_copy(row) for row in kept], ignore_conflicts=True)
    OutboxRow.objects.using(alias).filter(id__in=[row.id for row in rows]).delete()


def _copy(row: OutboxRow) -> ArchiveRow:
    return ArchiveRow(
        event_id=row.event_id,
        type=row.type,
        subject=row.subject,
        version=row.version,
        body=row.body,
        request_id=row.request_id,
        created_at=row.created_at,
    )


def _envelope(row: OutboxRow) -> Envelope:
    return Envelope(
        id=row.event_id,
        type=row.type,
        subject=row.subject,
        time=row.created_at,
        body=row.body,
        request_id=row.request_id,
    )
