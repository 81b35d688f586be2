"""The relay: leases committed events, hands them to their handlers outside any transaction, deletes what is done."""

from collections.abc import Collection
from datetime import timedelta

import structlog
from django.db import connections
from django.db.models import Q

from kernel import clock
from kernel.events import inbox
from kernel.events.envelope import Envelope
from kernel.events.handling import Consumer, consumers_of
from kernel.models import OutboxRow
from kernel.topology import local_databases
from kernel.transactions import in_transaction

BATCH = 50
LEASE = timedelta(seconds=30)
"""How long a batch is one relay's own, and the wait after a kill; a slower one repeats, which the inbox bears."""

log = structlog.get_logger(__name__)


def relay_once(alias: str) -> int:
    """Deliver one batch of one database; return how many events went out."""
    rows = _lease(alias)
    envelopes = [_envelope(row) for row in rows]
    if not envelopes:
        return 0
    for consumer in _consumers(envelopes):
        _hand_over(consumer, [envelope for envelope in envelopes if consumer in consumers_of(envelope.type)])
    done = OutboxRow.objects.using(alias).filter(id__in=[row.id for row in rows])
    in_transaction(alias, done.delete)
    return len(rows)


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


def _consumers(envelopes: list[Envelope]) -> list[Consumer]:
    return list(dict.fromkeys(consumer for envelope in envelopes for consumer in consumers_of(envelope.type)))


def _hand_over(consumer: Consumer, envelopes: list[Envelope]) -> None:
    """Handle a batch in one transaction; if one fails, each goes alone."""

    def all_together() -> None:
        for envelope in envelopes:
            inbox.handle_once(consumer, envelope)

    if len(envelopes) > 1:
        try:
            in_transaction(consumer.alias, all_together)
        except Exception as error:
            if inbox.is_trouble(error, consumer.alias):
                raise
            log.info("batch_falls_apart", consumer=consumer.name, size=len(envelopes), error=str(error)[:200])
        else:
            return
    for envelope in envelopes:
        inbox.receive(consumer, envelope)


def _envelope(row: OutboxRow) -> Envelope:
    return Envelope(
        id=row.event_id,
        type=row.type,
        subject=row.subject,
        time=row.created_at,
        body=row.body,
        request_id=row.request_id,
    )
