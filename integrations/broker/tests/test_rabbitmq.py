"""Events go through RabbitMQ: each effect once, whatever dies on the way."""

import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database
from kombu import Connection

from integrations.broker import rabbitmq
from integrations.broker.rabbitmq import RabbitMQ
from integrations.broker.tests.conftest import BellRung, Ears, consume_until, ring
from kernel import clock
from kernel.actors import SYSTEM
from kernel.events import handling, queues, receiving, relay
from kernel.events.choosing import Choice
from kernel.events.envelope import Envelope
from kernel.events.handling import types_by_service
from kernel.events.repair import refill
from kernel.events.transport import BrokerAwayError, NotNowError
from kernel.ids import uuid7
from kernel.models import ArchiveRow, InboxRow, OutboxRow
from tests.unit.kernel.factories import InboxRowFactory

pytestmark = pytest.mark.django_db(transaction=True)
Waiting = Callable[[str], int]
OF_MANY_TYPES = orjson.dumps(
    {"id": str(uuid7()), "type": ["a", "b"], "subject": "", "time": "2026-06-01T12:00:00Z", "data": {}}
)


def relay_all(transport: RabbitMQ) -> None:
    while relay.relay_once("default", transport):
        pass


def test_an_event_goes_by_the_broker_and_is_handled_once(broker: Connection, ears: Ears, waiting: Waiting) -> None:
    ring(3)

    relay_all(RabbitMQ())
    consume_until(lambda: len(ears.heard) >= 3)

    assert sorted(ears.heard) == [0, 1, 2]
    assert not OutboxRow.objects.exists()
    assert waiting("default") == 0
    assert ArchiveRow.objects.filter(type=BellRung.type).count() == 3


def test_a_broker_that_is_away_keeps_nothing_from_anybody(settings, ears: Ears) -> None:
    settings.BROKER_URL = "amqp://guest:guest@127.0.0.1:1/"
    ring()

    with pytest.raises(BrokerAwayError):
        relay.relay_once("default", RabbitMQ())

    assert OutboxRow.objects.get().leased_until is None
    assert ears.heard == []


def test_what_a_dead_consumer_held_comes_again_and_is_known(broker: Connection, ears: Ears, waiting: Waiting) -> None:
    ring(5)
    relay_all(RabbitMQ())

    def handle_and_die(envelopes: list[Envelope]) -> None:
        receiving.deliver(envelopes, service="default")
        raise SystemExit

    dying = RabbitMQ()
    with pytest.raises(SystemExit):
        dying.consume("default", handle_and_die, is_over=lambda: False)
    dying.close()
    handled = len(ears.heard)
    consume_until(lambda: waiting("default") == 0 and InboxRow.objects.count() == 5)

    assert handled > 0
    assert sorted(ears.heard) == [0, 1, 2, 3, 4]


def test_what_cannot_be_handled_now_is_kept_and_not_delivered_over_and_over(
    broker: Connection, settings, ears: Ears
) -> None:
    """The broker counts deliveries, and puts aside what had too many."""
    ring(3)
    relay_all(RabbitMQ())
    tries: list[int] = []

    def be_away(envelopes: list[Envelope]) -> None:
        tries.append(len(envelopes))
        if len(tries) < 4:
            raise NotNowError
        raise SystemExit

    reader = RabbitMQ()
    with pytest.raises(SystemExit):
        reader.consume("default", be_away, is_over=lambda: False)
    reader.close()

    with broker.channel() as channel:
        deliveries = channel.basic_get(f"{settings.BROKER_PREFIX}.default").headers["x-delivery-count"]
    consume_until(lambda: len(ears.heard) == 3)
    assert (tries[-1], deliveries) == (3, 1)
    assert sorted(ears.heard) == [0, 1, 2]


def test_what_cannot_be_read_is_put_aside_and_the_rest_goes_on(
    broker: Connection, settings, ears: Ears, waiting: Waiting
) -> None:
    name = f"{settings.BROKER_PREFIX}.default"
    for body in (b"\xff\x00 no json", b"[]", b'{"id": 1}', b"9" * 5000, OF_MANY_TYPES):
        broker.Producer().publish(body, routing_key=name, content_type="x/y", content_encoding="binary")
    ring()
    relay_all(RabbitMQ())

    consume_until(lambda: ears.heard == [0] and waiting("dead") == 5)

    assert ears.heard == [0]
    assert waiting("dead") == 5


def test_what_cannot_be_unpacked_is_put_aside_too(broker: Connection, settings, ears: Ears, waiting: Waiting) -> None:
    name = f"{settings.BROKER_PREFIX}.default"
    for compression in ("application/x-gzip", "nothing known"):
        broker.Producer().publish(b"{}", routing_key=name, headers={"compression": compression})
    ring()
    relay_all(RabbitMQ())

    consume_until(lambda: ears.heard == [0] and waiting("dead") == 2)

    assert ears.heard == [0]
    assert waiting("dead") == 2


def test_an_event_that_the_broker_refuses_holds_up_none_behind_it(
    broker: Connection, settings, ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does with what is larger than it allows: it closes the channel with the same code."""
    send = rabbitmq._Confirms.send

    def be_refused(confirms: Any, envelope: Envelope) -> None:
        if b'"number":1' in envelope.body.encode():
            confirms._channel.queue_declare(f"{settings.BROKER_PREFIX}.default", durable=True, auto_delete=False)
        send(confirms, envelope)

    monkeypatch.setattr(rabbitmq._Confirms, "send", be_refused)
    ring(4)
    transport = RabbitMQ()

    with pytest.raises(BrokerAwayError, match="PRECONDITION_FAILED"):
        relay_all(transport)
    transport.close()
    consume_until(lambda: len(ears.heard) >= 3)

    left = OutboxRow.objects.get()
    assert sorted(ears.heard) == [0, 2, 3]
    assert ('"number":1' in left.body, left.leased_until) == (True, None)


def test_what_nobody_wants_is_not_lost(broker: Connection, settings, waiting: Waiting) -> None:
    broker.channel().queue_unbind(
        f"{settings.BROKER_PREFIX}.default", f"{settings.BROKER_PREFIX}.events", routing_key=BellRung.type
    )
    ring()

    relay_all(RabbitMQ())

    assert waiting("unroutable") == 1
    assert waiting("default") == 0


def test_a_handler_that_fails_is_tried_again_from_the_table(broker: Connection, ears: Ears, waiting: Waiting) -> None:
    def fail(_event: BellRung) -> None:
        raise ZeroDivisionError

    ears.hear = fail
    ring()
    relay_all(RabbitMQ())

    consume_until(lambda: waiting("default") == 0 and InboxRow.objects.exists())

    assert InboxRow.objects.get().status == InboxRow.Status.RETRY


def test_two_relays_and_three_consumers_do_each_thing_once(broker: Connection, ears: Ears, waiting: Waiting) -> None:
    count = 300
    ring(count)
    failures: list[BaseException] = []

    def in_thread(work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - the test says which
                failures.append(error)
            finally:
                database.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    threads = [in_thread(lambda: relay_all(RabbitMQ())) for _ in range(2)]
    threads += [in_thread(lambda: consume_until(lambda: len(ears.heard) >= count, seconds=60)) for _ in range(3)]
    for thread in threads:
        thread.join()

    assert failures == []
    assert sorted(ears.heard) == list(range(count))
    assert InboxRow.objects.count() == count
    assert not OutboxRow.objects.exists()


def test_a_broker_that_lost_its_disk_is_filled_again_and_nothing_is_done_twice(
    broker: Connection, settings, ears: Ears, waiting: Waiting
) -> None:
    ring(20)
    relay_all(RabbitMQ())
    consume_until(lambda: len(ears.heard) >= 5)
    handled = len(ears.heard)
    ring(10, first=20)
    relay_all(RabbitMQ())
    broker.channel().queue_delete(f"{settings.BROKER_PREFIX}.default")
    RabbitMQ().declare(types_by_service())

    count = refill(Choice(since=clock.now() - timedelta(hours=1)), actor=SYSTEM, now=clock.now())
    relay_all(RabbitMQ())
    consume_until(lambda: InboxRow.objects.count() == 30 and waiting("default") == 0)

    assert handled < 30
    assert count == 30
    assert sorted(ears.heard) == list(range(30))


def test_who_reads_a_queue_that_is_deleted_does_not_wait_there_for_ever(
    broker: Connection, settings, ears: Ears
) -> None:
    name = f"{settings.BROKER_PREFIX}.default"
    reader = RabbitMQ()

    with pytest.raises(BrokerAwayError):
        reader.consume("default", receiving.deliver, is_over=lambda: broker.channel().queue_delete(name) is None)
    reader.declare(types_by_service())
    ring()
    relay_all(RabbitMQ())
    consume_until(lambda: ears.heard == [0])

    assert ears.heard == [0]


def test_what_lies_in_the_queues_is_a_number(
    broker: Connection, settings, ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "_looks", {})
    broker.Producer().publish(b"{}", routing_key=f"{settings.BROKER_PREFIX}.dead")
    ring(2)
    relay_all(RabbitMQ())

    queues.look_at_queues()

    found = {reading.labels["queue"]: reading.value for reading in queues.messages_in_queues(clock.now())}
    assert {name: found[name] for name in ("dead", "unroutable", "orders")} == {"dead": 1, "unroutable": 0, "orders": 0}


def test_a_broker_that_says_nothing_is_not_waited_for(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "_looks", {})
    monkeypatch.setattr(rabbitmq, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings.BROKER_URL = f"amqp://guest:guest@127.0.0.1:{mute.getsockname()[1]}/"
        queues.look_at_queues()

    assert list(queues.messages_in_queues(clock.now())) == []


def test_the_operator_declares_lists_and_replays(broker: Connection, ears: Ears) -> None:
    row = InboxRowFactory(status=InboxRow.Status.DEAD, consumer="default.hear_bell", error="ZeroDivisionError")

    said = [told("declare"), told("dead"), told("replay", "--event", str(row.event_id)), told("dead")]

    assert said[0].startswith("Queues stand for users, products, orders, notifications")
    assert f"{row.event_id}  default.hear_bell" in said[1]
    assert said[2:] == ["1 given back.\n", "No dead letters.\n"]


def test_a_replay_of_what_is_not_dead_is_refused() -> None:
    with pytest.raises(CommandError, match="no such event"):
        told("replay", "--event", str(uuid7()))


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("events", *arguments, stdout=out)
    return out.getvalue()


def test_a_deploy_takes_off_the_queue_what_nobody_handles_any_more(
    broker: Connection, ears: Ears, waiting: Waiting
) -> None:
    handling._by_type["default.other.v1"] = handling._by_type.pop(BellRung.type)
    told("declare")
    del handling._by_type["default.other.v1"]
    ring()

    relay_all(RabbitMQ())

    assert waiting("default") == 0
    assert waiting("unroutable") == 1
