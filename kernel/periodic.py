"""Jobs that the worker does every so often."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from kernel.topology import database_of, service_of


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
