"""The worker: threads that deliver events, try failures again and do periodic jobs.

They run inside the server when one process does everything, or alone as ``manage.py worker``.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from kernel import leases
from kernel.events import inbox, receiving, relay, wakeup
from kernel.events.envelope import Envelope
from kernel.events.handling import types_by_service
from kernel.events.transport import BrokerAwayError, NotNowError, new_transport
from kernel.periodic import Job, all_jobs
from kernel.topology import local_databases, local_services

POLL = 0.1
RETRY_POLL = 1.0
TROUBLE_PAUSE = 2.0
SAY_AGAIN = 60.0
"""After how many seconds a loop that still waits for the same says so again: each of them would fill a log otherwise."""
JOB_THREADS = 2

log = structlog.get_logger(__name__)


class Worker:
    """The loops of one process; ``stop`` lets each finish what it is doing."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        loops: dict[str, Callable[[], None]] = {"relay": self._relay, "retry": self._retry, "jobs": self._jobs}
        if settings.BROKER_URL:
            loops |= {f"consume-{service}": partial(self._consume, service) for service in local_services()}
        self._threads = [
            threading.Thread(target=self._keep_going, args=(loop,), name=f"worker-{name}", daemon=True)
            for name, loop in loops.items()
        ]

    def start(self) -> None:
        """Start the loops."""
        for thread in self._threads:
            thread.start()

    def stop(self, *, timeout: float = 20) -> None:
        """Ask the loops to end, and wait for them."""
        self._stopping.set()
        wakeup.ring()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _keep_going(self, loop: Callable[[], None]) -> None:
        """Run a loop again when the database was away: nothing is lost, everything is in tables."""
        complaints = _Complaints()
        while not self._stopping.is_set():
            try:
                loop()
            except (DatabaseError, InterfaceError, BrokerAwayError) as error:
                complaints.tell(error)
            except Exception:
                log.exception("worker_failed", loop=threading.current_thread().name)
            connections.close_all()
            self._stopping.wait(TROUBLE_PAUSE)

    def _relay(self) -> None:
        transport = new_transport()
        try:
            if transport is not None:
                transport.declare(types_by_service())
            while not self._stopping.is_set():
                if not sum(relay.relay_once(alias, transport) for alias in local_databases()):
                    wakeup.wait(POLL)
                close_old_connections()
        finally:
            if transport is not None:
                transport.close()

    def _consume(self, service: str) -> None:
        """Handle what the broker holds for one service."""
        transport = new_transport()
        assert transport is not None
        try:
            transport.declare(types_by_service())
            transport.consume(service, partial(self._handle, service, _Complaints()), is_over=self._stopping.is_set)
        finally:
            transport.close()

    def _handle(self, service: str, complaints: "_Complaints", envelopes: Sequence[Envelope]) -> None:
        close_old_connections()
        try:
            receiving.deliver(envelopes, service=service)
        except (DatabaseError, InterfaceError) as error:
            complaints.tell(error)
            connections.close_all()
            self._stopping.wait(TROUBLE_PAUSE)
            raise NotNowError from error

    def _retry(self) -> None:
        while not self._stopping.is_set():
            tried = inbox.retry_due()
            close_old_connections()
            if not tried:  # many are due after a replay
                self._stopping.wait(RETRY_POLL)

    def _jobs(self) -> None:
        due = {job.name: 0.0 for job in all_jobs()}
        running: dict[str, Future[None]] = {}
        with ThreadPoolExecutor(JOB_THREADS, thread_name_prefix="worker-job") as pool:
            while not self._stopping.is_set():
                for job in all_jobs():
                    is_free = job.name not in running or running[job.name].done()
                    if is_free and time.monotonic() >= due.get(job.name, 0.0):
                        due[job.name] = time.monotonic() + job.rhythm.total_seconds()
                        running[job.name] = pool.submit(run_job, job)
                self._stopping.wait(min(1.0, RETRY_POLL))


class _Complaints:
    """Tells the log what a loop waits for, and the same again only after a while."""

    def __init__(self) -> None:
        self._said, self._again_at = "", 0.0

    def tell(self, error: Exception) -> None:
        trouble = str(error)[:200]
        if trouble != self._said or time.monotonic() >= self._again_at:
            log.warning("worker_waits", loop=threading.current_thread().name, error=trouble)
            self._said, self._again_at = trouble, time.monotonic() + SAY_AGAIN


def run_job(job: Job) -> None:
    """Do a job once, unless another process has it; a failure is logged and the next turn tries again."""
    try:
        if not job.is_alone:
            job.function()
        elif held := leases.take(job):
            with held.kept():
                job.function()
    except Exception:
        log.exception("job_failed", job=job.name)
        connections.close_all()
    finally:
        close_old_connections()
