"""Several relays share one outbox: what one holds is its own, what did not arrive stays, what is unknown waits."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from kernel.events import handling, inbox, receiving, relay
from kernel.events.envelope import Envelope
from kernel.models import ArchiveRow, InboxRow, OutboxRow
from kernel.retention import forget_old_rows
from tests.unit.kernel.factories import NOON, ArchiveRowFactory, InboxRowFactory, OutboxRowFactory
from tests.unit.kernel.lamps import LampLit, Radio, handler, light

__all__ = ["handler"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_a_slow_relay_holds_is_not_published_by_another(stop_clock: Callable[[datetime], None]) -> None:
    stop_clock(NOON)
    light(3)
    other = Radio()

    def be_slow(envelopes: Sequence[Envelope]) -> list[Envelope]:
        stop_clock(NOON + relay.LEASE)
        relay.relay_once("default", other)
        return list(envelopes)

    relay.relay_once("default", Radio(be_slow))

    assert other.sent == []
    assert not OutboxRow.objects.exists()


def test_a_relay_whose_lease_ran_out_frees_nothing_that_another_took(stop_clock: Callable[[datetime], None]) -> None:
    stop_clock(NOON)
    light(3)
    third = Radio()

    def be_overtaken(_envelopes: Sequence[Envelope]) -> list[Envelope]:
        stop_clock(NOON + relay.LEASE + timedelta(seconds=1))
        relay._lease("default", 50)  # a second one, in the middle of its work
        return []

    relay.relay_once("default", Radio(be_overtaken))
    relay.relay_once("default", third)

    assert third.sent == []
    assert OutboxRow.objects.filter(leased_until=NOON + 2 * relay.LEASE + timedelta(seconds=1)).count() == 3


def test_only_what_the_broker_confirmed_leaves_the_outbox(stop_clock: Callable[[datetime], None]) -> None:
    stop_clock(NOON)
    light(3)
    refused = OutboxRow.objects.order_by("id")[1].event_id

    sent = relay.relay_once("default", Radio(lambda them: [one for one in them if one.id != refused]))

    left = OutboxRow.objects.get()
    assert sent == 2
    assert (left.event_id, left.leased_until) == (refused, None)
    assert ArchiveRow.objects.count() == 2


def test_a_broker_that_takes_nothing_for_now_holds_no_row() -> None:
    light()

    sent = relay.relay_once("default", Radio(is_open=False))

    assert sent == 0
    assert OutboxRow.objects.get().leased_until is None


def test_trouble_of_the_database_frees_the_batch_at_once(handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernel.transactions.time.sleep", lambda _seconds: None)

    @handler
    def wait(event: LampLit) -> None:
        raise OperationalError(1205, "Lock wait timeout exceeded")

    monkeypatch.setattr(connection, "is_usable", lambda: False)

    light()
    with pytest.raises(DatabaseError):
        relay.relay_once("default")

    assert OutboxRow.objects.get().leased_until is None


def test_an_event_of_newer_code_waits_for_it_and_holds_up_nothing() -> None:
    OutboxRowFactory(type="default.lamp_stolen.v9")
    light()
    radio = Radio()

    relay.relay_once("default", radio)
    relay.relay_once("default")

    assert [envelope.type for envelope in radio.sent] == [LampLit.type]
    assert OutboxRow.objects.get().type == "default.lamp_stolen.v9"


def test_what_a_service_was_sent_and_cannot_handle_yet_is_handled_by_newer_code(handler: Any) -> None:
    light()
    envelope = Envelope.of(OutboxRow.objects.get())
    seen: list[int] = []

    receiving.deliver([envelope], service="default")
    receiving.deliver([envelope], service="default")
    kept = InboxRow.objects.get()

    @handler
    def marvel(event: LampLit) -> None:
        seen.append(event.brightness)

    inbox.retry_due(now=kept.not_before)
    inbox.receive(handling.consumers_of(LampLit.type)[0], envelope)

    assert (kept.consumer, kept.status) == ("default.anybody", "retry")
    assert kept.error == "LookupError: No handler here takes default.lamp_lit.v1."
    assert seen == [0]
    assert set(InboxRow.objects.values_list("consumer", "status")) == {
        ("default.anybody", "done"),
        ("default.marvel", "done"),
    }


def test_a_slow_handler_that_fails_does_not_undo_its_twin(handler: Any) -> None:
    @handler
    def be_overtaken(event: LampLit) -> None:
        raise ValueError("too late")

    light()
    row = InboxRowFactory(
        consumer="default.be_overtaken",
        status="retry",
        attempts=6,
        not_before=NOON,
        envelope=Envelope.of(OutboxRow.objects.get()).as_text(),
    )
    stale = InboxRow.objects.get(id=row.id)
    InboxRow.objects.filter(id=row.id).update(attempts=7)

    inbox._retry(stale, "default", NOON)

    assert InboxRow.objects.get().attempts == 7


def test_a_handler_that_wants_to_leave_fails_like_any_other(handler: Any) -> None:
    heard: list[int] = []

    @handler
    def leave(event: LampLit) -> None:
        heard.append(event.brightness)
        if event.brightness == 0:
            raise SystemExit(3)

    light(2)
    relay.relay_once("default")

    assert heard[-1] == 1
    assert not OutboxRow.objects.exists()
    assert set(InboxRow.objects.values_list("status", "error")) == {
        ("retry", "RuntimeError: The handler wanted to end the process: 3"),
        ("done", ""),
    }


@pytest.mark.parametrize("problem", [MemoryError, RecursionError])
def test_a_handler_without_memory_or_end_fails_like_any_other(handler: Any, problem: type[Exception]) -> None:
    @handler
    def break_down(event: LampLit) -> None:
        if event.brightness == 0:
            _recur() if problem is RecursionError else bytearray(2**62)

    light(2)
    relay.relay_once("default")

    assert not OutboxRow.objects.exists()
    told = dict(InboxRow.objects.values_list("status", "error"))
    assert (told["done"], told["retry"].partition(":")[0]) == ("", problem.__name__)


def _recur() -> None:
    _recur()


def test_the_database_itself_keeps_a_handler_from_an_event_twice() -> None:
    row = InboxRowFactory()

    with pytest.raises(IntegrityError):
        InboxRowFactory(consumer=row.consumer, event_id=row.event_id)


def test_two_consumers_with_the_same_event_at_once_have_its_effect_once(handler: Any) -> None:
    inside, go_on = threading.Event(), threading.Event()

    @handler
    def announce(event: LampLit) -> None:
        OutboxRowFactory(type="default.effect.v1")
        inside.set()
        go_on.wait(10)

    light()
    envelope = Envelope.of(OutboxRow.objects.get())
    consumer = handling.consumers_of(LampLit.type)[0]

    def receive() -> None:
        inbox.receive(consumer, envelope)
        connection.close()

    first = threading.Thread(target=receive)
    second = threading.Thread(target=receive)
    first.start()
    inside.wait(10)
    second.start()
    second.join(0.3)  # by now it waits for the first one, or will find its mark
    go_on.set()
    for thread in (first, second):
        thread.join()

    assert OutboxRow.objects.filter(type="default.effect.v1").count() == 1
    assert InboxRow.objects.get().status == "done"


def test_copies_stay_as_many_days_as_the_operator_says(settings, stop_clock: Callable[[datetime], None]) -> None:
    settings.EVENT_ARCHIVE_DAYS = 3
    stop_clock(NOON)
    light()
    relay.relay_once("default")

    stop_clock(NOON + timedelta(days=3))
    kept = forget_old_rows(), ArchiveRow.objects.count()
    stop_clock(NOON + timedelta(days=3, seconds=1))
    forget_old_rows()

    assert kept == (0, 1)
    assert not ArchiveRow.objects.exists()


def test_a_copy_is_the_whole_event_and_is_made_inside_the_database() -> None:
    light()
    fields = ("event_id", "type", "subject", "version", "body", "request_id", "created_at")
    [event] = OutboxRow.objects.values(*fields)

    with CaptureQueriesContext(connection) as queries:
        relay.relay_once("default", Radio())

    assert list(ArchiveRow.objects.values(*fields)) == [event]
    assert [query["sql"] for query in queries if event["subject"] in query["sql"]] == []


def test_an_event_that_was_copied_before_is_no_fault() -> None:
    light(2)
    known, _ = OutboxRow.objects.order_by("id")
    ArchiveRowFactory(event_id=known.event_id)

    sent = relay.relay_once("default", Radio())

    assert sent == 2
    assert ArchiveRow.objects.count() == 2
    assert not OutboxRow.objects.exists()


def test_no_copy_is_made_when_nobody_wants_any(settings) -> None:
    settings.EVENT_ARCHIVE_DAYS = 0
    light()

    relay.relay_once("default")

    assert not ArchiveRow.objects.exists()
    assert not OutboxRow.objects.exists()


def test_an_event_that_is_kept_for_brokers_leaves_no_copy_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LampLit, "is_for_brokers", True)
    light()
    relay.relay_once("default")
    without = ArchiveRow.objects.count()

    light()
    relay.relay_once("default", Radio())

    assert (without, ArchiveRow.objects.count()) == (0, 1)
    assert not OutboxRow.objects.exists()


def test_a_lease_is_given_to_one_of_two_that_ask_at_once() -> None:
    light(10)
    taken: list[Any] = []
    start = threading.Barrier(2)

    def take() -> None:
        start.wait()
        if lease := relay._lease("default", 10):
            taken.extend(row.event_id for row in lease.rows)
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == len(set(taken)) == 10


def test_a_lease_by_a_clock_that_was_wrong_binds_nobody(handler: Any, stop_clock: Callable[[datetime], None]) -> None:
    handled: list[int] = []

    @handler
    def hear(event: LampLit) -> None:
        handled.append(event.brightness)

    stop_clock(NOON + timedelta(days=365))
    light(2)
    assert relay._lease("default", 1) is not None  # and its process dies
    stop_clock(NOON)

    relay.relay_once("default")

    assert handled == [0, 1]


def test_a_retry_by_a_clock_that_was_wrong_is_made(handler: Any, stop_clock: Callable[[datetime], None]) -> None:
    handled: list[int] = []

    @handler
    def hear(event: LampLit) -> None:
        handled.append(event.brightness)
        if len(handled) == 1:
            raise ZeroDivisionError

    stop_clock(NOON + timedelta(days=365))
    light()
    relay.relay_once("default")
    stop_clock(NOON)

    inbox.retry_due()

    assert handled == [0, 0]
    assert InboxRow.objects.get().status == InboxRow.Status.DONE
