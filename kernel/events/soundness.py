"""What has to hold for events: they leave, they are handled, and nothing was given up unseen."""

from collections.abc import Iterator
from datetime import timedelta

from kernel import clock
from kernel.doctor import Finding, check
from kernel.models import InboxRow, OutboxRow
from kernel.topology import local_databases

LATE = timedelta(minutes=5)
"""An event leaves within a second, and a retry begins within seconds of its time."""


@check(is_about_time=True)
def events_are_delivered() -> Iterator[Finding]:
    """Every event leaves the outbox within five minutes."""
    for alias in local_databases():
        old = OutboxRow.objects.using(alias).filter(created_at__lt=clock.now() - LATE)
        oldest = old.order_by("created_at").values_list("created_at", flat=True).first()
        if oldest is not None:
            yield Finding(
                about=f"outbox of the database {alias}",
                problem=f"{old.count()} events wait for more than 5 minutes, the oldest since {oldest:%Y-%m-%d %H:%M}.",
                mend="Start the worker (manage.py worker); with BROKER_URL, see that the broker answers. Nothing is lost.",
            )


@check(is_about_time=True)
def retries_are_made() -> Iterator[Finding]:
    """Every handler that failed tries again when its pause is over."""
    for alias in local_databases():
        due = InboxRow.objects.using(alias).filter(status=InboxRow.Status.RETRY, not_before__lt=clock.now() - LATE)
        if count := due.count():
            yield Finding(
                about=f"inbox of the database {alias}",
                problem=f"{count} events should have been tried again more than 5 minutes ago.",
                mend="Start the worker: manage.py worker",
            )


@check()
def nothing_was_given_up() -> Iterator[Finding]:
    """No event is a dead letter."""
    for alias in local_databases():
        dead = InboxRow.objects.using(alias).filter(status=InboxRow.Status.DEAD)
        for row in dead.order_by("id").defer("envelope").iterator():
            yield Finding(
                about=f"{row.consumer} {row.event_id}",
                problem=f"The handler gave up {row.type} after {row.attempts} attempts: {row.error[:200]}",
                mend=f"Mend the cause, then: manage.py events replay --event {row.event_id}",
            )
