"""How much waits, and for how long: what an operator looks at first."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from kernel.models import InboxRow, OutboxRow
from kernel.topology import local_databases

Status = InboxRow.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFigures:
    """Of every database of this process together."""

    waiting: int
    leased: int
    """Of those that wait: how many a relay has in its hands."""
    oldest_at: datetime | None
    retry: int
    dead: int


def event_figures(*, now: datetime) -> EventFigures:
    """Count what is not done; what is done is not looked at."""
    waiting = leased = retry = dead = 0
    oldest: list[datetime] = []
    for alias in local_databases():
        out = OutboxRow.objects.using(alias).aggregate(
            waiting=Count("id"), leased=Count("id", filter=Q(leased_until__gte=now)), oldest_at=Min("created_at")
        )
        failed = _failed(alias)
        waiting, leased = waiting + out["waiting"], leased + out["leased"]
        retry, dead = retry + failed.get(Status.RETRY, 0), dead + failed.get(Status.DEAD, 0)
        oldest += [out["oldest_at"]] if out["oldest_at"] else []
    return EventFigures(waiting=waiting, leased=leased, oldest_at=min(oldest, default=None), retry=retry, dead=dead)


def _failed(alias: str) -> dict[str, int]:
    rows = InboxRow.objects.using(alias).filter(status__in=(Status.RETRY, Status.DEAD))
    return dict(rows.values_list("status").annotate(count=Count("id")).order_by())


def dead_letter_count() -> int:
    """Return how many events handlers gave up."""
    return sum(InboxRow.objects.using(alias).filter(status=Status.DEAD).count() for alias in local_databases())
