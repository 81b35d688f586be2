"""Who does a periodic job now: a row that its process renews while it works, and that runs out soon after a kill."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, InterfaceError, connections
from django.db.models import Q

from kernel import clock
from kernel.models import Lease
from kernel.periodic import Job
from kernel.transactions import in_transaction

HOLD = timedelta(minutes=1)
"""How long a job stays with a process that gives no sign of life: the wait after a kill."""
RENEWALS = 4
"""How often a lease is renewed before it would run out."""

log = structlog.get_logger(__name__)


class Held:
    """A job that is this process's own; the moment until then is the mark by which it knows its lease."""

    def __init__(self, job: Job, until: datetime) -> None:
        self._job, self._until = job, until
        self._is_over = threading.Event()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew the lease while the job is done, then give it back."""
        thread = threading.Thread(target=self._renew, name=f"lease-{self._job.name}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            thread.join()
            self._move(clock.now())

    def _renew(self) -> None:
        """Go on until the job is done, or somebody else has it: this process slept for too long."""
        try:
            while not self._is_over.wait(HOLD.total_seconds() / RENEWALS):
                try:
                    if not self._move(clock.now() + HOLD):
                        log.warning("lease_lost", job=self._job.name)
                        return
                except (DatabaseError, InterfaceError) as error:
                    log.warning("lease_not_renewed", job=self._job.name, error=str(error)[:200])
                    connections[self._job.alias].close()
        finally:
            connections[self._job.alias].close()

    def _move(self, until: datetime) -> bool:
        mine = Lease.objects.using(self._job.alias).filter(name=self._job.name, held_until=self._until)
        is_mine = bool(in_transaction(self._job.alias, lambda: mine.update(held_until=until)))
        self._until = until
        return is_mine


def take(job: Job) -> Held | None:
    """Get hold of a job whose turn it is; nothing when another process has it, or had it a moment ago.

    What a clock wrote that was ahead, and is right by now, binds nobody.
    """
    now = clock.now()
    ahead = now + 2 * HOLD
    leases = Lease.objects.using(job.alias)
    is_free = Q(held_until__lt=now) | Q(held_until__gt=ahead)
    has_turn = Q(ran_at__lte=now - job.rhythm * 0.9) | Q(ran_at__gt=ahead)
    fresh = {"held_until": now + HOLD, "ran_at": now}

    def write() -> bool:
        if leases.filter(is_free, has_turn, name=job.name).update(**fresh):
            return True
        if leases.filter(name=job.name).exists():
            return False
        return bool(leases.get_or_create(name=job.name, defaults=fresh)[1])

    return Held(job, now + HOLD) if in_transaction(job.alias, write) else None
