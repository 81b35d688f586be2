"""What waits: events on their way out, and events that a handler has to try again or gave up."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Min

from kernel.metrics import CAP, Reading, age, watched
from kernel.models import InboxRow, OutboxRow
from kernel.topology import local_databases


@watched
def events_waiting(now: datetime) -> Iterator[Reading]:
    """Three statements a database."""
    for alias in local_databases():
        label = {"database": alias}
        outbox = OutboxRow.objects.using(alias).order_by("id")
        oldest = outbox.values_list("created_at", flat=True).first()
        depth = outbox.values("id")[:CAP].count() if oldest else 0
        yield Reading("outbox_events", "Events that wait to be delivered.", depth, label)
        yield Reading("outbox_oldest_seconds", "How long the first of them waits.", age(oldest, now), label)
        tried = (
            InboxRow.objects.using(alias)
            .filter(status__in=(InboxRow.Status.RETRY, InboxRow.Status.DEAD))
            .values_list("status")
            .annotate(Count("id"), Min("not_before"), Min("handled_at"))
        )
        found = {status: (number, due, handled) for status, number, due, handled in tried}
        retry, dead = (found.get(status, (0, None, None)) for status in (InboxRow.Status.RETRY, InboxRow.Status.DEAD))
        yield Reading("inbox_retries", "Events that a handler will try again.", retry[0], label)
        yield Reading("inbox_lag_seconds", "How long the first of them is overdue.", age(retry[1], now), label)
        yield Reading("inbox_dead", "Events that a handler gave up.", dead[0], label)
        yield Reading("inbox_dead_oldest_seconds", "How long ago the first was given up.", age(dead[2], now), label)
