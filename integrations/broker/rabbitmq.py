"""RabbitMQ as transport: events go in with pipelined confirms, and come out in batches that are acknowledged once done.

The broker only carries. Retries, dead letters and the memory of what was done are tables (``kernel.events.inbox``), so a
message leaves its queue as soon as the outcome of its handlers is written down, good or bad.
"""

import ssl
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from kombu.connection import Connection
from kombu.exceptions import KombuError
from kombu.message import Message
from kombu.messaging import Consumer
from kombu.transport import pyamqp

from integrations.broker import topology
from kernel.events.envelope import Envelope
from kernel.events.transport import BrokerAwayError, Handle

CONNECT_SECONDS = 5
CONFIRM_SECONDS = 10
HEARTBEAT_SECONDS = 60
PREFETCH = 100
BATCH = 50
FIRST_SECONDS = 0.5
"""How long to wait for the first message of a batch."""
MORE_SECONDS = 0.01
"""And for each further one: a batch is what is there."""

TROUBLE = (*pyamqp.Transport.connection_errors, *pyamqp.Transport.channel_errors, KombuError, OSError)

log = structlog.get_logger(__name__)


class RabbitMQ:
    """One connection, of one thread."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._confirms: _Confirms | None = None

    def connect(self) -> None:
        """Open the connection, if it is not."""
        if self._confirms is None:
            with self._trouble():
                self._confirms = _Confirms(self._opened().channel())

    def close(self) -> None:
        """Let go; a connection that is broken already is only forgotten."""
        connection, self._connection, self._confirms = self._connection, None, None
        if connection is not None:
            connection.release()

    def declare(self, queues: Mapping[str, Collection[str]]) -> None:
        """Make what events need in the broker."""
        with self._trouble():
            topology.declare(self._opened(), queues)

    def publish(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        """Send all, then wait for what the broker says of each; it confirms what is on the disks of its quorum."""
        self.connect()
        with self._trouble():
            assert self._confirms is not None
            for envelope in envelopes:
                self._confirms.send(envelope)
            end = time.monotonic() + CONFIRM_SECONDS
            while self._confirms.waiting:
                self._opened().drain_events(timeout=max(0.001, end - time.monotonic()))
            return self._confirms.taken()

    def consume(self, service: str, handle: Handle, *, is_over: Callable[[], bool]) -> None:
        """Read the service's queue until told to stop."""
        with self._trouble():
            connection = self._opened()
            channel = connection.channel()
            channel.basic_qos(0, PREFETCH, False)  # noqa: FBT003 - AMQP's signature
            arrived: list[Message] = []
            with Consumer(channel, [topology.queue_of(service)], on_message=arrived.append, no_ack=False):
                while not is_over():
                    _gather(connection, arrived)
                    connection.heartbeat_check()
                    if readable := _readable(arrived):
                        handle([envelope for envelope, _ in readable])
                        channel.basic_ack(readable[-1][1].delivery_tag, multiple=True)
                    arrived.clear()

    def _opened(self) -> Connection:
        if self._connection is None:
            self._connection = Connection(
                settings.BROKER_URL,
                ssl=_tls(settings.BROKER_URL),
                connect_timeout=CONNECT_SECONDS,
                heartbeat=HEARTBEAT_SECONDS,
            )
            self._connection.connect()
        return self._connection

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        """Say in one way that the broker is away, and forget the connection."""
        try:
            yield
        except TROUBLE as error:
            self.close()
            raise BrokerAwayError(str(error)[:200] or type(error).__name__) from error


class _Confirms:
    """A channel that remembers what it sent until the broker confirms or refuses it."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._sent = 0
        self._confirmed: list[Envelope] = []
        self.waiting: dict[int, Envelope] = {}
        channel.confirm_select()
        channel.events["basic_ack"].add(self._confirm)
        channel.events["basic_nack"].add(self._settle)

    def send(self, envelope: Envelope) -> None:
        """Send one message that survives a restart of the broker."""
        message = self._channel.prepare_message(
            envelope.as_text().encode(),
            content_type="application/cloudevents+json",
            properties={"delivery_mode": 2, "message_id": str(envelope.id), "type": envelope.type},
        )
        self._sent += 1
        self.waiting[self._sent] = envelope
        self._channel.basic_publish(message, exchange=topology.events().name, routing_key=envelope.type)

    def taken(self) -> list[Envelope]:
        """Return what was confirmed since the last call."""
        confirmed, self._confirmed = self._confirmed, []
        return confirmed

    def _confirm(self, tag: int, is_multiple: bool) -> None:  # noqa: FBT001 - py-amqp's signature
        self._confirmed += self._settle(tag, is_multiple)

    def _settle(self, tag: int, is_multiple: bool) -> list[Envelope]:  # noqa: FBT001 - as above
        tags = [sent for sent in self.waiting if sent == tag or (is_multiple and sent < tag)]
        return [self.waiting.pop(sent) for sent in tags]


def _gather(connection: Connection, arrived: list[Message]) -> None:
    """Wait for a message, and take along those that are there with it."""
    try:
        connection.drain_events(timeout=FIRST_SECONDS)
        while len(arrived) < BATCH:
            connection.drain_events(timeout=MORE_SECONDS)
    except TimeoutError:
        return


def _readable(arrived: Sequence[Message]) -> list[tuple[Envelope, Message]]:
    """Return the events; what is none goes to the dead letters of the broker, for there is no row to write it in."""
    readable = []
    for message in arrived:
        try:
            readable.append((Envelope.from_text(message.body), message))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("message_unreadable", error=str(error)[:200], size=len(message.body or ""))
            message.reject()
    return readable


def _tls(address: str) -> dict[str, Any] | bool:
    """Verify the broker's certificate and name, by the system's authorities or those of ``AMQP_CA_FILE``."""
    if not address.startswith("amqps:"):
        return False
    authorities = {"ca_certs": settings.AMQP_CA_FILE} if settings.AMQP_CA_FILE else {}
    return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": urlsplit(address).hostname, **authorities}
