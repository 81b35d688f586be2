"""Transactions: the outermost one runs again when the database reports a conflict."""

import random
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog
from django.db import DatabaseError, OperationalError, transaction

from kernel import deadline
from kernel.metrics import CONFLICTS_MET
from kernel.topology import database_of, service_of

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 6
CONFLICTS = frozenset({"40001", "40P01", "55P03", 1213, 1205, 1020})
"""PostgreSQL: serialisation, deadlock, lock not available. MySQL: deadlock, lock time-out, record changed."""

QUEUE_SECONDS = 20
"""How long a writer waits for the others of its process, as long as SQLite itself waits for another process."""

log = structlog.get_logger(__name__)
_sqlite_queue = threading.RLock()
"""SQLite has one writer, and its busy handler is unfair: writers of this process queue here."""


class TwinWasFasterError(OperationalError):
    """A twin wrote what this transaction began to write: done again from its start, it finds that.

    For where going on would ask for a row that a failed insert left shared: on MariaDB two such wait in a ring.
    """

    def __init__(self) -> None:
        super().__init__("a twin wrote the row first")


def is_conflict(error: BaseException) -> bool:
    """True when the same work may succeed if it is done again."""
    if isinstance(error, TwinWasFasterError):
        return True
    cause = error.__cause__ or error
    code = getattr(cause, "sqlstate", None) or (cause.args[0] if cause.args else None)
    if isinstance(code, str) and code.startswith(("database is locked", "database table is locked")):
        return True
    return code in CONFLICTS


def unit_of_work(function: Callable[P, R]) -> Callable[P, R]:
    """Run a service in one transaction of its database; nested ones join it.

    The outermost is run again on a conflict: keep everything inside repeatable, and call nothing outside.
    """
    service = service_of(function.__module__)

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        return in_transaction(database_of(service), lambda: function(*args, **kwargs))

    return wrapper


def in_transaction(alias: str, work: Callable[[], R], *, tries: int = TRIES) -> R:
    """Run a piece of work as ``unit_of_work`` does, on a named database."""
    if not is_outside(alias):
        return work()
    return _run(alias, work, tries)


def on_commit(callback: Callable[[], object], *, service: str = "default") -> None:
    """Call after the transaction of this service has committed; at once when there is none.

    What fails there is logged and no more: raised, it would make what is committed look undone, and do it again.
    """
    transaction.on_commit(callback, using=database_of(service), robust=True)


def is_outside(alias: str) -> bool:
    """True when no transaction is open, but for those that a test case rolls back."""
    blocks = transaction.get_connection(alias).atomic_blocks
    return all(getattr(block, "_from_testcase", False) for block in blocks)


def _run(alias: str, work: Callable[[], R], tries: int) -> R:
    is_sqlite = transaction.get_connection(alias).vendor == "sqlite"
    attempt = 0
    while True:
        attempt += 1
        try:
            return _once(alias, work, queued=is_sqlite)
        except DatabaseError as error:
            if attempt == tries or not is_conflict(error) or transaction.get_connection(alias).in_atomic_block:
                raise
            CONFLICTS_MET.labels(alias).inc()
            if deadline.is_over():
                raise
            log.info("transaction_conflict", alias=alias, attempt=attempt, error=str(error)[:200])
        time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, not a secret


def _once(alias: str, work: Callable[[], R], *, queued: bool) -> R:
    if not queued:
        with transaction.atomic(using=alias):
            return work()
    if not _sqlite_queue.acquire(timeout=QUEUE_SECONDS):
        raise OperationalError("database is locked: others of this process write")
    try:
        with transaction.atomic(using=alias):
            return work()
    finally:
        _sqlite_queue.release()
