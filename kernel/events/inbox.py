"""The inbox: each handler does each event once; failures are tried again with growing pauses, then given up."""

import random
import re
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial, reduce
from operator import or_
from typing import Any, TypeVar

import structlog
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connections
from django.db.models import Model, Q, QuerySet

from kernel import clock
from kernel.database_errors import without_values
from kernel.events.envelope import Envelope
from kernel.events.handling import Consumer, consumer_named, consumers_of
from kernel.models import ArchiveRow, InboxRow
from kernel.topology import database_of, local_databases
from kernel.transactions import TRIES, in_transaction, is_conflict

R = TypeVar("R", bound=Model)

PAUSES = (1, 5, 20, 60, 300, 900, 3600, 3 * 3600, 12 * 3600)
"""Seconds before each further attempt; after the last one the event is dead until somebody replays it."""
LEASE = timedelta(minutes=2)
ALONE_TRIES = 2
"""Of one event that meets a conflict; it is tried again from its row, and the others behind it do not wait for a lock."""
BATCH = 500
ANYBODY = "anybody"
"""In the place of a handler's name: whoever of the service takes the event."""
BEFORE = r"(?:(?<![\w.%+-])|(?<=\\[nrt]))"
AFTER = r"(?![\w-]|\.\w)"
"""Where an e-mail address or an id begins and ends in JSON, in which a line break is a letter."""

log = structlog.get_logger(__name__)


def receive(consumer: Consumer, envelope: Envelope, *, is_strict: bool = False) -> None:
    """Handle an event once. A failure of the handler is written down for later; trouble of the database is raised."""
    try:
        in_transaction(
            consumer.alias, lambda: handle_once(consumer, envelope), tries=TRIES if is_strict else ALONE_TRIES
        )
    except Exception as error:
        if is_strict or is_trouble(error, consumer.alias):
            raise
        _remember_failure(consumer, envelope, error)


def handle_once(consumer: Consumer, envelope: Envelope) -> None:
    """Do the work and write it down, inside the transaction that the caller opened."""
    rows = InboxRow.objects.using(consumer.alias)
    if rows.filter(consumer=consumer.name, event_id=envelope.id).exists():
        return
    rows.create(
        consumer=consumer.name,
        event_id=envelope.id,
        type=envelope.type,
        status=InboxRow.Status.DONE,
        handled_at=clock.now(),
    )
    _give(consumer, envelope)


def _give(consumer: Consumer, envelope: Envelope) -> None:
    """Call the handler. One that wants to leave would end the loop that called it, while the process lives on."""
    with structlog.contextvars.bound_contextvars(request_id=envelope.request_id, consumer=consumer.name):
        try:
            consumer.function(envelope.event())
        except SystemExit as error:
            msg = f"The handler wanted to end the process: {error}"
            raise RuntimeError(msg) from error


def keep_for_later(service: str, envelope: Envelope) -> None:
    """Keep what nobody here handles: a process with newer code does, or an operator sees it among the dead letters."""
    log.warning("handler_unknown", service=service, event_type=envelope.type)
    _keep(f"{service}.{ANYBODY}", database_of(service), envelope, _nobody(envelope.type))


def _remember_failure(consumer: Consumer, envelope: Envelope, error: Exception) -> None:
    log.warning("handler_failed", consumer=consumer.name, event_type=envelope.type, exc_info=error)
    _keep(consumer.name, consumer.alias, envelope, error)


def _keep(name: str, alias: str, envelope: Envelope, error: Exception) -> None:
    now = clock.now()
    row = InboxRow(
        consumer=name,
        event_id=envelope.id,
        type=envelope.type,
        status=InboxRow.Status.RETRY,
        envelope=envelope.as_text(),
        not_before=now + _pause(1),
        error=words_of(error),
        handled_at=now,
    )
    try:
        in_transaction(alias, lambda: row.save(using=alias, force_insert=True))
    except IntegrityError:
        log.info("handled_elsewhere", consumer=name, event_id=str(envelope.id))


def _nobody(event_type: str) -> LookupError:
    return LookupError(f"No handler here takes {event_type}.")


def retry_due(*, now: datetime | None = None, limit: int = 20) -> int:
    """Try again what is due, in every database of this process; return how many were tried."""
    return sum(_retry_in(alias, now or clock.now(), limit) for alias in local_databases())


def forget_mentions(*, service: str, words: Collection[str]) -> None:
    """Take whom one of these words names out of what a service still wants to do, gave up or keeps a copy of."""
    forget_waiting(service=service, words=words)
    forget_copies(service=service, words=words)


def forget_waiting(*, service: str, words: Collection[str], kind: str = "") -> None:
    """Take whom one of these words names out of events that a service still wants to handle, or gave up.

    What is about nothing but the person is dropped; what else hangs on the event is still done.

    :param kind: of events, such as ``users.account_mail_requested.v1``; else all of them.
    """
    waiting = InboxRow.objects.using(database_of(service)).exclude(status=InboxRow.Status.DONE)
    mine = waiting.filter(consumer__startswith=f"{service}.", **{"type": kind} if kind else {})
    for row in _mentioning(mine, "envelope", words):
        _replace(mine.filter(id=row.id), "envelope", _impersonal(row.envelope))


def forget_copies(*, service: str, words: Collection[str]) -> None:
    """Take whom one of these words names out of the copies of events that a service told."""
    copies = ArchiveRow.objects.using(database_of(service)).filter(type__startswith=f"{service}.")
    for row in _mentioning(copies, "body", words):
        kept = Envelope.of(row).impersonal()
        _replace(copies.filter(id=row.id), "body", kept.body if kept else None)


def _impersonal(text: str) -> str | None:
    try:
        kept = Envelope.from_text(text).impersonal()
    except (KeyError, TypeError, ValueError):
        return None
    return kept.as_text() if kept else None


def _mentioning(rows: QuerySet[R], column: str, words: Collection[str]) -> list[R]:
    """Return the rows that hold a word as a whole: ``ann@example.com`` is not in ``joann@example.com``."""
    whole = re.compile(f"{BEFORE}(?:{'|'.join(map(re.escape, words))}){AFTER}", re.IGNORECASE)
    likely = rows.filter(reduce(or_, (Q((f"{column}__icontains", word)) for word in words), Q(pk__in=())))
    return [row for row in likely.iterator(BATCH) if whole.search(getattr(row, column))]


def _replace(row: QuerySet[Any], column: str, text: str | None) -> None:
    if text is None:
        row.delete()
    else:
        row.update(**{column: text})


def is_trouble(error: Exception, alias: str) -> bool:
    """True when the database is away or busy as a whole, which is no fault of the event.

    Some databases call a value that they cannot take an operational error, too: that is a failure like any other. So is
    a lock that somebody holds for long: of all events, only those that need the row wait for it. SQLite's one lock is
    everybody's.
    """
    if not isinstance(error, (OperationalError, InterfaceError)):
        return False
    connection = connections[alias]
    if is_conflict(error) and connection.vendor == "sqlite":
        return True
    return connection.connection is None or not connection.is_usable()


def _retry_in(alias: str, now: datetime, limit: int) -> int:
    is_due = Q(not_before__lte=now) | Q(not_before__gt=now + 2 * timedelta(seconds=PAUSES[-1]))  # by a wrong clock
    due = InboxRow.objects.using(alias).filter(is_due, status=InboxRow.Status.RETRY)
    tried = 0
    for row in due.order_by("not_before", "id")[:limit]:
        mine = InboxRow.objects.using(alias).filter(
            id=row.id, status=InboxRow.Status.RETRY, not_before=row.not_before, attempts=row.attempts
        )
        if in_transaction(alias, partial(mine.update, not_before=now + LEASE)):
            _retry(row, alias, now)
            tried += 1
    return tried


def _retry(row: InboxRow, alias: str, now: datetime) -> None:
    try:
        in_transaction(alias, lambda: _again(row, alias))
    except Exception as error:
        if is_trouble(error, alias):
            raise
        attempts = row.attempts + 1
        is_dead = attempts > len(PAUSES)
        log.warning("handler_failed", consumer=row.consumer, attempts=attempts, is_dead=is_dead, exc_info=error)
        fresh = InboxRow.objects.using(alias).filter(
            id=row.id, status=InboxRow.Status.RETRY, attempts=row.attempts
        )  # a slower twin that succeeded, or an operator, was here meanwhile
        fresh.update(
            status=InboxRow.Status.DEAD if is_dead else InboxRow.Status.RETRY,
            attempts=attempts,
            not_before=None if is_dead else now + _pause(attempts),
            error=words_of(error),
        )


def _again(row: InboxRow, alias: str) -> None:
    fresh = InboxRow.objects.using(alias).filter(id=row.id, status=InboxRow.Status.RETRY)
    text = fresh.select_for_update().values_list("envelope", flat=True).first()  # somebody may be forgotten meanwhile
    if text is None or not fresh.update(
        status=InboxRow.Status.DONE, envelope="", error="", not_before=None, handled_at=clock.now()
    ):
        return
    envelope = Envelope.from_text(text)
    service, _, name = row.consumer.partition(".")
    if name == ANYBODY:
        _by_anybody(service, envelope)
        return
    consumer = consumer_named(row.consumer)
    if consumer is None:
        msg = f"There is no handler {row.consumer} any more."
        raise LookupError(msg)
    _give(consumer, envelope)


def _by_anybody(service: str, envelope: Envelope) -> None:
    """Give the event to the handlers that this process has by now."""
    found = [consumer for consumer in consumers_of(envelope.type) if consumer.service == service]
    if not found:
        raise _nobody(envelope.type)
    for consumer in found:
        handle_once(consumer, envelope)


def _pause(attempts: int) -> timedelta:
    seconds = PAUSES[min(attempts, len(PAUSES)) - 1]
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret


def words_of(error: Exception) -> str:
    """Return what the operator is shown, in letters that every database takes; the log has all of it."""
    try:
        told = f"DatabaseError: {without_values(error)}" if isinstance(error, DatabaseError) else _named(error)
    except Exception:  # noqa: BLE001 - whose words fail, too, must not stop the events behind it
        told = type(error).__name__
    return told.replace("\x00", "").encode(errors="replace").decode()[:1000]


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
