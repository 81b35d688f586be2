"""The relay: leases committed events, passes them on outside any transaction, deletes what has arrived."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connections
from django.db.models import Q
from django.db.models.constants import OnConflict

from kernel import clock
from kernel.events import inbox, receiving
from kernel.events.base import Event
from kernel.events.envelope import Envelope, event_class, known_types
from kernel.events.handling import consumers_of
from kernel.events.transport import Transport
from kernel.models import OutboxRow
from kernel.topology import local_databases
from kernel.transactions import in_transaction

BATCH = 50
BROKER_BATCH = 500
"""More at once for a broker, whose confirms come together."""
LEASE = timedelta(seconds=30)
"""How long a batch is one relay's own, and the wait after a kill; a slower one repeats, which the inbox bears."""

COPIED = (
    "kernel_archive (event_id, type, subject, version, body, request_id, created_at) "
    "SELECT event_id, type, subject, version, body, request_id, created_at FROM kernel_outbox"
)


class _Leased(NamedTuple):
    """Rows that are one relay's own until then; the moment is also the mark by which it knows them."""

    rows: list[OutboxRow]
    until: datetime


def relay_once(alias: str, transport: Transport | None = None) -> int:
    """Pass on one batch of one database, to the broker or to the handlers that are here; return how many went out."""
    if transport is not None and not transport.is_ready():  # such a broker must not hold rows
        return 0
    lease = _lease(alias, BATCH if transport is None else BROKER_BATCH)
    if lease is None:
        return 0
    gone: list[OutboxRow] = []
    try:
        gone = _pass_on(lease.rows, transport)
    finally:
        if len(gone) < len(lease.rows):
            _release(lease, gone, alias)
    in_transaction(alias, lambda: _forget(gone, alias, is_lossy=transport is not None))
    return len(gone)


def _pass_on(rows: list[OutboxRow], transport: Transport | None) -> list[OutboxRow]:
    """Return the rows that have arrived: with handlers all or none, with a broker those that it confirmed."""
    envelopes = [Envelope.of(row) for row in rows]
    if transport is None:
        receiving.deliver(envelopes)
        return rows
    taken = {envelope.id for envelope in transport.publish(envelopes)}
    return [row for row in rows if row.event_id in taken]


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
                    inbox.receive(consumer, Envelope.of(row), is_strict=is_strict)
            row.delete()
            count += 1


def _lease(alias: str, size: int) -> _Leased | None:
    """Take the oldest free rows for a while; another relay skips them.

    What this code does not know waits for the process that does: during a deploy both run.
    """
    now = clock.now()
    is_free = Q(leased_until=None) | Q(leased_until__lt=now) | Q(leased_until__gt=now + 2 * LEASE)  # by a wrong clock
    free = OutboxRow.objects.using(alias).filter(is_free, type__in=sorted(known_types()))
    if not free.exists():
        return None

    def take() -> _Leased | None:
        ordered = free.order_by("id")
        if connections[alias].features.has_select_for_update_skip_locked:
            ordered = ordered.select_for_update(skip_locked=True)
        rows = list(ordered[:size])
        OutboxRow.objects.using(alias).filter(id__in=[row.id for row in rows]).update(leased_until=now + LEASE)
        return _Leased(rows, now + LEASE) if rows else None

    return in_transaction(alias, take)


def _release(lease: _Leased, gone: list[OutboxRow], alias: str) -> None:
    """Free at once what did not arrive, but not what another relay took when this one was too slow."""
    left = {row.id for row in lease.rows} - {row.id for row in gone}
    mine = OutboxRow.objects.using(alias).filter(id__in=left, leased_until=lease.until)
    in_transaction(alias, lambda: mine.update(leased_until=None))


def _forget(rows: list[OutboxRow], alias: str, *, is_lossy: bool) -> None:
    """Delete what has arrived; a copy stays for some days: a broker may lose it, and a handler may want it again."""
    kept = [
        row.id for row in rows if settings.EVENT_ARCHIVE_DAYS and _is_kept(event_class(row.type), is_lossy=is_lossy)
    ]
    if kept:
        _copy(kept, alias)
    OutboxRow.objects.using(alias).filter(id__in=[row.id for row in rows]).delete()


def _is_kept(kind: type[Event], *, is_lossy: bool) -> bool:
    return kind.is_archived and (is_lossy or not kind.is_for_brokers)


def _copy(ids: list[int], alias: str) -> None:
    """Fill the archive inside the database: to send it the bodies again took as long as to publish them."""
    operations = connections[alias].ops
    insert = operations.insert_statement(on_conflict=OnConflict.IGNORE)
    suffix = operations.on_conflict_suffix_sql((), OnConflict.IGNORE, (), ())
    places = ", ".join(["%s"] * len(ids))
    with connections[alias].cursor() as cursor:
        cursor.execute(f"{insert} {COPIED} WHERE id IN ({places}) {suffix}", ids)
