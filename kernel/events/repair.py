"""What an operator does about events: look at dead letters, give them back, fill a broker that lost what it held."""

from datetime import datetime
from functools import partial

from kernel.events import inbox, wakeup
from kernel.models import ArchiveRow, InboxRow, OutboxRow
from kernel.topology import local_databases
from kernel.transactions import in_transaction

BATCH = 500


def dead_letters() -> list[tuple[str, InboxRow]]:
    """Return what handlers gave up, oldest first, each with its database."""
    found = [
        (alias, row)
        for alias in local_databases()
        for row in InboxRow.objects.using(alias).filter(status=InboxRow.Status.DEAD)
    ]
    return sorted(found, key=lambda pair: (pair[1].handled_at, pair[1].id))


def give_back(letters: list[tuple[str, InboxRow]]) -> int:
    """Let the handlers try again; return how many."""
    for alias, row in letters:
        inbox.replay(row_id=row.id, alias=alias)
    wakeup.ring()
    return len(letters)


def refill(*, since: datetime, until: datetime) -> int:
    """Send again what a broker had taken in a span of time; who did it already does not do it twice.

    Return how many events go out again.
    """
    count = 0
    for alias in local_databases():
        span = ArchiveRow.objects.using(alias).filter(created_at__gte=since, created_at__lt=until)
        last = 0
        while rows := list(span.filter(id__gt=last).order_by("id")[:BATCH]):
            count += in_transaction(alias, partial(_send_again, rows, alias))
            last = rows[-1].id
    wakeup.ring()
    return count


def _send_again(rows: list[ArchiveRow], alias: str) -> int:
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
    OutboxRow.objects.using(alias).bulk_create(again)
    return len(again)
