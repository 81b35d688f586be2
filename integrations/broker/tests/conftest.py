"""A RabbitMQ that really runs, with names of each test's own."""

import os
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

import pytest
from kombu import Connection
from kombu.exceptions import OperationalError

from integrations.broker.rabbitmq import RabbitMQ
from kernel.events import handling, receiving
from kernel.events.base import Event
from kernel.events.handling import handles, types_by_service
from kernel.events.publish import publish
from kernel.ids import uuid7
from kernel.transactions import unit_of_work

URL = os.environ.get("TEST_BROKER_URL") or "amqp://guest:guest@127.0.0.1:5672/"


@dataclass(frozen=True, slots=True, kw_only=True)
class BellRung(Event):
    """Somebody rang a bell."""

    type: ClassVar[str] = "default.bell_rung.v1"
    subject: ClassVar[str] = "bell_id"

    bell_id: UUID
    number: int


@unit_of_work
def ring(count: int = 1, *, first: int = 0) -> None:
    for number in range(first, first + count):
        publish(BellRung(bell_id=uuid7(), number=number, version=1))


@dataclass
class Ears:
    """Handles bells; remembers which it heard."""

    heard: list[int] = field(default_factory=list)

    def hear(self, event: BellRung) -> None:
        self.heard.append(event.number)


@pytest.fixture
def ears() -> Iterator[Ears]:
    """Register a handler for bells."""
    listener = Ears()

    def hear_bell(event: BellRung) -> None:
        listener.hear(event)

    handles(BellRung)(hear_bell)
    yield listener
    handling._by_type.pop(BellRung.type, None)


@pytest.fixture
def broker(settings, ears: Ears) -> Iterator[Connection]:
    """Give a connection to the broker; exchanges and queues begin with a name of this test's own, and go with it."""
    connection = Connection(URL, connect_timeout=3)
    try:
        connection.connect()
    except (OSError, OperationalError) as error:
        pytest.skip(f"RabbitMQ does not answer: {error}")
    settings.BROKER_URL = URL
    settings.BROKER_PREFIX = prefix = f"test-{secrets.token_hex(4)}"
    transport = RabbitMQ()
    transport.declare(types_by_service())
    transport.close()
    yield connection
    forget_topology(connection, prefix)
    connection.release()


def forget_topology(connection: Connection, prefix: str) -> None:
    """Delete the queues and exchanges of a test."""
    channel = connection.channel()
    for queue in ("users", "products", "orders", "notifications", "default", "unroutable", "dead"):
        channel.queue_delete(f"{prefix}.{queue}")
    for exchange in ("events", "unroutable", "dead"):
        channel.exchange_delete(f"{prefix}.{exchange}")


@pytest.fixture
def waiting(broker: Connection, settings) -> Callable[[str], int]:
    """Return a function that tells how many messages a queue holds, ready to be taken."""

    def count(queue: str) -> int:
        found: int = broker.channel().queue_declare(f"{settings.BROKER_PREFIX}.{queue}", passive=True).message_count
        return found

    return count


def consume_until(is_enough: Callable[[], bool], *, seconds: float = 20) -> None:
    """Read the queue of the tests in this thread until enough has come."""
    over = threading.Event()
    timer = threading.Timer(seconds, over.set)
    timer.start()
    transport = RabbitMQ()
    try:
        transport.consume(
            "default",
            lambda envelopes: receiving.deliver(envelopes, service="default"),
            is_over=lambda: over.is_set() or is_enough(),
        )
    finally:
        timer.cancel()
        transport.close()
