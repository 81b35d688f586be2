"""Jobs that the worker does every so often."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import structlog
from django.db import DataError, IntegrityError, OperationalError

from kernel.errors import DomainError
from kernel.topology import database_of, service_of
from kernel.transactions import is_conflict

K = TypeVar("K")

TOO_MANY = 1000
"""After so many that cannot be done, a run ends: what is wrong there is no matter of one of them."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A function with its rhythm; ``is_alone`` keeps other processes from doing it at the same time."""

    name: str
    function: Callable[[], object]
    rhythm: timedelta
    is_alone: bool

    @property
    def alias(self) -> str:
        """The database that keeps the job's lease."""
        return database_of(self.name.split(".", maxsplit=1)[0])


_jobs: dict[str, Job] = {}


def every(
    *, hours: float = 0, minutes: float = 0, seconds: float = 0, is_alone: bool = True
) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Register a job. One that runs every few seconds should lock its own rows and say ``is_alone=False``."""
    rhythm = timedelta(hours=hours, minutes=minutes, seconds=seconds)

    def register(function: Callable[[], object]) -> Callable[[], object]:
        name = f"{service_of(function.__module__)}.{function.__name__}"
        _jobs[name] = Job(name, function, rhythm, is_alone)
        return function

    return register


def all_jobs() -> tuple[Job, ...]:
    """Return every job of this process."""
    return tuple(_jobs.values())


def work_off(
    due: Callable[[Collection[K]], Sequence[K]], work: Callable[[K], bool], *, job: str, seconds: float
) -> list[K]:
    """Do one after the other until nothing is due; after so many seconds, others may have the thread. Return what was done.

    One that cannot be done is passed over until the next run, so that it keeps no other waiting.

    :param due: returns the next few but for those that were passed over.
    :param work: does one in a transaction of its own, and tells whether there was something to do.
    """
    end = time.monotonic() + seconds
    done: list[K] = []
    passed: set[K] = set()
    while len(passed) < TOO_MANY and (batch := due(passed)):
        for key in batch:
            if time.monotonic() >= end:
                return done
            if _is_done(key, work, job=job):
                done.append(key)
            else:
                passed.add(key)
    return done


def _is_done(key: K, work: Callable[[K], bool], *, job: str) -> bool:
    try:
        return work(key)
    except (DomainError, IntegrityError, DataError, OperationalError) as error:
        if isinstance(error, OperationalError) and not is_conflict(error):
            raise
        log.warning("job_passes_over", job=job, key=str(key), error=str(error)[:200])
        return False
