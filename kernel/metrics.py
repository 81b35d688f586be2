"""Numbers for those who watch: what this process did, and what stands in the tables, in Prometheus' words.

What stands in tables is read when somebody asks, so every process says the same; what a process counts is added up over
the processes of one server by prometheus-client's files (PROMETHEUS_MULTIPROC_DIR, which the server sets by itself).
"""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import structlog
from django.db import DatabaseError
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from kernel import clock

log = structlog.get_logger(__name__)
CAP = 100_000
"""Where counting ends: whoever has more has seen enough, and a scrape reads no table as a whole."""

_own = CollectorRegistry()
REQUESTS = Histogram(
    "saluhall_request_seconds",
    "Time from a thread's taking a request to its answer.",
    ("area", "method", "status"),
    registry=_own,
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)
IN_FLIGHT = Gauge(
    "saluhall_requests_in_flight", "Requests being worked on.", registry=_own, multiprocess_mode="livesum"
)
REFUSED = Counter("saluhall_requests_refused", "Requests told to come back for want of room.", registry=_own)
CONFLICTS_MET = Counter("saluhall_conflicts", "Transactions that met a conflict.", ("database",), registry=_own)


class Reading(NamedTuple):
    """One number that stands in the tables now."""

    name: str
    meaning: str
    value: float
    labels: dict[str, str]


Reader = Callable[[datetime], Iterable[Reading]]
_readers: list[Reader] = []


def watched(reader: Reader) -> Reader:
    """Register what a service shows of its tables; few statements, each over an index or ended by ``CAP``."""
    _readers.append(reader)
    return reader


def age(moment: datetime | None, now: datetime) -> float:
    """Return seconds since a moment; 0 for what is not there or lies ahead."""
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0


class _Tables(Collector):
    """Asks the readers; what the database does not tell is left out, and that something is missing is said."""

    def collect(self) -> Iterator[Metric]:
        now, missing = clock.now(), 0
        families: dict[str, GaugeMetricFamily] = {}
        for reader in _readers:
            try:
                for reading in list(reader(now)):
                    family = families.setdefault(
                        reading.name,
                        GaugeMetricFamily(f"saluhall_{reading.name}", reading.meaning, labels=list(reading.labels)),
                    )
                    family.add_metric(list(reading.labels.values()), reading.value)
            except DatabaseError as error:
                missing += 1
                log.warning("metrics_unread", reader=reader.__module__, error=str(error)[:200])
        yield from families.values()
        yield GaugeMetricFamily("saluhall_readings_missing", "Readers that the database did not answer.", missing)


def exposition() -> bytes:
    """Return everything in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Tables())
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)
        return generate_latest(registry)
    return generate_latest(registry) + generate_latest(_own)
