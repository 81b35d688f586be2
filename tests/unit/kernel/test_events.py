"""Events commit with the change, reach each handler once, and survive handlers that fail."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from django.db import DatabaseError, OperationalError, connection

from kernel import transactions
from kernel.actors import SYSTEM
from kernel.database_errors import without_values
from kernel.events import handling, inbox, relay
from kernel.events.choosing import Choice
from kernel.events.envelope import Envelope
from kernel.events.publish import publish
from kernel.events.repair import replay
from kernel.ids import uuid7
from kernel.models import InboxRow, OutboxRow
from kernel.transactions import unit_of_work
from tests.unit.kernel.lamps import LampLit, handler, light

__all__ = ["handler"]

NOON = datetime.fromisoformat("2026-06-01T12:00:00+00:00")


@pytest.mark.django_db
def test_an_event_cannot_be_published_outside_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="inside a transaction"):
        publish(LampLit(lamp_id=uuid7(), brightness=1, version=1))


@pytest.mark.django_db(transaction=True)
def test_an_event_of_a_change_that_failed_never_was() -> None:
    @unit_of_work
    def fail() -> None:
        light()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert not OutboxRow.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_each_handler_gets_each_event_once_and_the_outbox_is_empty_then(handler: Any) -> None:
    first: list[int] = []
    second: list[int] = []
    handler(_named("one", lambda event: first.append(event.brightness)))
    handler(second_handler := _named("other", lambda event: second.append(event.brightness)))
    light(3)

    sent = relay.relay_once("default")

    assert (sent, first, second) == (3, [0, 1, 2], [0, 1, 2])
    assert not OutboxRow.objects.exists()
    assert InboxRow.objects.filter(status="done", consumer=f"default.{second_handler.__name__}").count() == 3


@pytest.mark.django_db(transaction=True)
def test_an_event_that_arrives_again_is_not_handled_again(handler: Any) -> None:
    seen: list[int] = []
    handler(lambda event: seen.append(event.brightness))
    light()
    row = OutboxRow.objects.get()

    for _ in range(2):
        inbox.receive(handling.consumers_of(LampLit.type)[0], Envelope.of(row))

    assert seen == [0]


@pytest.mark.django_db(transaction=True)
def test_a_handler_that_fails_is_tried_again_and_the_others_are_not_disturbed(handler: Any, stop_clock: Any) -> None:
    stop_clock(NOON)
    calls: list[int] = []

    def flaky(event: LampLit) -> None:
        calls.append(event.brightness)
        if len(calls) < 3:
            raise ValueError("not yet")

    good: list[int] = []
    handler(flaky)
    handler(_named("good", lambda event: good.append(event.brightness)))
    light()

    relay.relay_once("default")
    early = inbox.retry_due()
    stop_clock(NOON + timedelta(seconds=5))
    second = inbox.retry_due()
    stop_clock(NOON + timedelta(seconds=30))
    third = inbox.retry_due()

    assert (early, second, third) == (0, 1, 1)
    assert (calls, good) == ([0, 0, 0], [0])
    assert not InboxRow.objects.exclude(status="done").exists()


@pytest.mark.django_db(transaction=True)
def test_a_handler_that_always_fails_is_given_up_and_can_be_replayed(handler: Any, stop_clock: Any) -> None:
    broken = [True]

    def always(event: LampLit) -> None:
        if broken[0]:
            raise ValueError("never")

    handler(always)
    light()
    moment = NOON
    stop_clock(moment)
    relay.relay_once("default")
    for _ in inbox.PAUSES:
        moment += timedelta(days=1)
        stop_clock(moment)
        inbox.retry_due()
    dead = InboxRow.objects.get()
    broken[0] = False
    replay(Choice(), actor=SYSTEM, now=moment)
    inbox.retry_due()

    assert (dead.status, dead.attempts, dead.error) == ("dead", 10, "ValueError: never")
    assert InboxRow.objects.get().status == "done"


@pytest.mark.django_db(transaction=True)
def test_what_a_handler_could_not_write_is_not_shown_with_its_failure(handler: Any) -> None:
    def writes_twice(event: LampLit) -> None:
        rows = [InboxRow(consumer="ann@example.com", event_id=event.lamp_id, handled_at=NOON) for _ in range(2)]
        InboxRow.objects.bulk_create(rows)

    handler(writes_twice)
    light()

    relay.relay_once("default")

    shown = InboxRow.objects.get().error
    assert shown.startswith("DatabaseError: ")
    assert len(shown) > len("DatabaseError: …")
    assert "ann" not in shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            'duplicate key violates "key"\nDETAIL:  Key (email)=(ann@example.com) exists.',
            'duplicate key violates "key"',
        ),
        ('invalid input syntax for type uuid: "ann@example.com"', "invalid input syntax for type uuid: …"),
        ("(1062, \"Duplicate entry 'ann's' for key 'email'\")", "(1062, \"Duplicate entry … for key 'email'\")"),
        ("UNIQUE constraint failed: users.email", "UNIQUE constraint failed: users.email"),
    ],
)
def test_databases_quote_values_that_nobody_is_shown(said: str, shown: str) -> None:
    assert without_values(DatabaseError(said)) == shown


@pytest.mark.django_db(transaction=True)
def test_one_bad_event_does_not_hold_up_its_batch(handler: Any) -> None:
    seen: list[int] = []

    def picky(event: LampLit) -> None:
        if event.brightness == 1:
            raise ValueError("too dim")
        seen.append(event.brightness)

    handler(picky)
    light(3)

    relay.relay_once("default")

    assert seen[-2:] == [0, 2]
    assert sorted(InboxRow.objects.values_list("status", flat=True)) == ["done", "done", "retry"]


@pytest.mark.django_db(transaction=True)
def test_a_value_that_the_database_refuses_does_not_hold_up_its_batch(handler: Any) -> None:
    seen: list[int] = []

    @handler
    def record(event: LampLit) -> None:
        if event.brightness == 1:
            raise OperationalError(1366, "Incorrect string value")  # so MariaDB says, although it is well
        seen.append(event.brightness)

    light(count=3)
    relay.relay_once("default")

    assert sorted(seen)[-2:] == [0, 2]
    assert not OutboxRow.objects.exists()
    assert list(InboxRow.objects.order_by("id").values_list("status", flat=True)) == ["done", "retry", "done"]


@pytest.mark.django_db(transaction=True)
def test_a_busy_database_costs_an_event_none_of_its_attempts(handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions.time, "sleep", lambda _seconds: None)

    @handler
    def wait(event: LampLit) -> None:
        raise OperationalError(1205, "Lock wait timeout exceeded")

    monkeypatch.setattr(connection, "is_usable", lambda: False)

    light()
    with pytest.raises(OperationalError):
        relay.relay_once("default")

    assert OutboxRow.objects.count() == 1
    assert not InboxRow.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_somebody_holds_for_long_keeps_only_its_own_event(
    handler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions.time, "sleep", lambda _seconds: None)
    handled: list[int] = []

    @handler
    def wait(event: LampLit) -> None:
        if event.brightness == 1:
            raise OperationalError(1205, "Lock wait timeout exceeded")
        handled.append(event.brightness)

    light(3)
    if connection.vendor == "sqlite":  # whose one lock everything waits for
        with pytest.raises(OperationalError):
            relay.relay_once("default")
        assert OutboxRow.objects.count() == 3
        return
    relay.relay_once("default")

    assert handled[-2:] == [0, 2]
    assert list(InboxRow.objects.order_by("id").values_list("status", flat=True)) == ["done", "retry", "done"]
    assert not OutboxRow.objects.exists()


class _SilentError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (ValueError("no such file: \udcff"), "ValueError: no such file: ?"),
        (ValueError("\x00\U0001f388"), "ValueError: \U0001f388"),
        (_SilentError(), "_SilentError"),
    ],
)
def test_a_failure_that_no_database_can_spell_holds_up_nothing(handler: Any, failure: Exception, words: str) -> None:
    @handler
    def fail(event: LampLit) -> None:
        if event.brightness == 0:
            raise failure

    light(2)
    relay.relay_once("default")

    assert list(InboxRow.objects.order_by("id").values_list("status", "error")) == [("retry", words), ("done", "")]
    assert not OutboxRow.objects.exists()


@pytest.mark.parametrize("kind", ["", "users." + "x" * 95, "users.\x00", None, 7, ["users.user_erased.v1"]])
def test_what_no_table_could_keep_is_no_event(kind: Any) -> None:
    sound = Envelope(id=uuid7(), type="users.user_erased.v1", subject="1", time=NOON, body="{}").as_text()
    parts = orjson.loads(sound) | {"type": kind}

    with pytest.raises(ValueError, match="No type of an event"):
        Envelope.from_text(orjson.dumps(parts).decode())


@pytest.mark.django_db(transaction=True)
def test_two_relays_at_once_deliver_each_event_once(handler: Any) -> None:
    handler(_named("counter", lambda _event: None))
    for _ in range(6):
        light(20)
    sent: list[int] = []
    errors: list[BaseException] = []
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        try:
            while OutboxRow.objects.exists():
                sent.append(relay.relay_once("default"))
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert sum(sent) == 120
    assert InboxRow.objects.filter(status="done").count() == 120


def _named(name: str, function: Callable[[LampLit], Any]) -> Callable[[LampLit], Any]:
    function.__name__ = name
    return function
