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
from uuid import UUID

import structlog
from django.conf import settings
from kombu.connection import Connection
from kombu.exceptions import KombuError
from kombu.message import Message
from kombu.messaging import Consumer
from kombu.transport import pyamqp

from integrations.broker import topology
from kernel.events.envelope import Envelope
from kernel.events.transport import BrokerAwayError, Handle, NotNowError
from kernel.topology import local_services

CONNECT_SECONDS = 5
CONFIRM_SECONDS = 10
HEARTBEAT_SECONDS = 60
PREFETCH = 100
BATCH = 50
FIRST_SECONDS = 0.5
"""How long to wait for the first message of a batch."""
MORE_SECONDS = 0.01
"""And for each further one: a batch is what is there."""

BASIC_PUBLISH = (60, 40)
"""How AMQP numbers the method that publishes."""
PRECONDITION_FAILED = 406
"""What the broker says of a message that it does not take; the channel is closed then."""

TROUBLE = (*pyamqp.Transport.connection_errors, *pyamqp.Transport.channel_errors, KombuError, OSError)

log = structlog.get_logger(__name__)


class RabbitMQ:
    """One connection, of one thread."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._confirms: _Confirms | None = None
        self._is_blocked = False

    def is_ready(self) -> bool:
        """Open the connection, or keep it alive; False while the broker is short of memory or disk."""
        with self._trouble():
            connection = self._opened()
            if self._confirms is None:
                self._confirms = _Confirms(connection.channel())
            _listen(connection)
        return not self._is_blocked

    def close(self) -> None:
        """Let go; a connection that is broken already is only forgotten."""
        connection, self._connection, self._confirms, self._is_blocked = self._connection, None, None, False
        if connection is not None:
            connection.release()

    def declare(self, queues: Mapping[str, Collection[str]], *, obsolete: Collection[str] = ()) -> None:
        """Make what events need in the broker."""
        with self._trouble():
            topology.declare(self._opened(), queues, obsolete)

    def publish(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        """Send all, then wait for what the broker says of each; it confirms what is on the disks of its quorum.

        What a broker without memory has not confirmed in time stays on its way: it is not sent a second time.
        """
        try:
            return self._published(envelopes)
        except BrokerAwayError as error:
            if len(envelopes) == 1 or not _is_refusal(error):
                raise
        return self._one_by_one(envelopes)

    def _one_by_one(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        """Pass over what the broker refuses, such as what is larger than it allows: the events behind it do not wait."""
        taken: list[Envelope] = []
        trouble: BrokerAwayError | None = None
        for envelope in envelopes:
            try:
                taken += self._published([envelope])
            except BrokerAwayError as error:
                trouble = error
                if not _is_refusal(error):
                    break
                log.warning("event_refused", event_id=str(envelope.id), event_type=envelope.type, error=str(error))
            if self._is_blocked:
                break
        if trouble and not taken:
            raise trouble
        return taken

    def _published(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        self.is_ready()
        confirms = self._confirms
        assert confirms is not None
        try:
            with self._trouble():
                self._send(envelopes, confirms)
        except BrokerAwayError:
            if not (confirmed := confirms.taken()):
                raise
            return confirmed
        return confirms.taken()

    def _send(self, envelopes: Sequence[Envelope], confirms: "_Confirms") -> None:
        for envelope in confirms.unsent(envelopes):
            confirms.send(envelope)
        end = time.monotonic() + CONFIRM_SECONDS
        try:
            while confirms.waiting:
                self._opened().drain_events(timeout=max(0.001, end - time.monotonic()))
        except TimeoutError:
            if not self._is_blocked:
                raise

    def _block(self, reason: str) -> None:
        log.warning("broker_blocks", reason=reason)
        self._is_blocked = True

    def _unblock(self) -> None:
        log.info("broker_takes_again")
        self._is_blocked = False

    def consume(self, service: str, handle: Handle, *, is_over: Callable[[], bool]) -> None:
        """Read the service's queue until told to stop.

        What cannot be handled now stays here: given back, it would come again at once, and be put aside by the broker
        after so many deliveries.
        """
        with self._trouble():
            connection = self._opened()
            channel = connection.channel()
            channel.basic_qos(0, PREFETCH, False)  # noqa: FBT003 - AMQP's signature
            arrived: list[Message] = []
            held: list[tuple[Envelope, Message]] = []
            queue = topology.queue_of(service)
            with Consumer(channel, [queue], on_message=arrived.append, on_decode_error=_put_aside, no_ack=False):
                while not is_over():
                    _gather(connection, arrived)
                    connection.heartbeat_check()
                    held += _readable(arrived)
                    arrived.clear()
                    if held and _is_handled(held, handle):
                        channel.basic_ack(held[-1][1].delivery_tag, multiple=True)
                        held.clear()

    def depths(self) -> Mapping[str, int]:
        """Ask the broker, and wait for no answer longer than for a connection."""
        with self._trouble():
            channel = self._opened(read_timeout=CONNECT_SECONDS, write_timeout=CONNECT_SECONDS).channel()
            return {name: topology.depth_of(channel, name) for name in (*local_services(), *topology.ASIDE)}

    def _opened(self, **options: Any) -> Connection:
        if self._connection is None:
            self._connection = Connection(
                settings.BROKER_URL,
                ssl=_tls(settings.BROKER_URL),
                connect_timeout=CONNECT_SECONDS,
                heartbeat=HEARTBEAT_SECONDS,
                transport_options={"on_blocked": self._block, "on_unblocked": self._unblock, **options},
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
        self._exchange = topology.events().name
        self._sent = 0
        self._confirmed: dict[UUID, Envelope] = {}
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
        # basic_publish asks the socket for news before each message, which costs a fifth; is_ready asks before a batch
        where = (0, self._exchange, envelope.type, False, False)
        self._channel.send_method(BASIC_PUBLISH, "Bssbb", where, message)

    def unsent(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        """Return those that are not on their way already."""
        known = {envelope.id for envelope in self.waiting.values()} | self._confirmed.keys()
        return [envelope for envelope in envelopes if envelope.id not in known]

    def taken(self) -> list[Envelope]:
        """Return what was confirmed since the last call."""
        confirmed, self._confirmed = self._confirmed, {}
        return list(confirmed.values())

    def _confirm(self, tag: int, is_multiple: bool) -> None:  # noqa: FBT001 - py-amqp's signature
        self._confirmed |= {envelope.id: envelope for envelope in self._settle(tag, is_multiple)}

    def _settle(self, tag: int, is_multiple: bool) -> list[Envelope]:  # noqa: FBT001 - as above
        tags = [sent for sent in self.waiting if sent <= tag] if is_multiple else [tag]
        return [self.waiting.pop(sent) for sent in tags]


def _is_refusal(error: BrokerAwayError) -> bool:
    """True when the broker is there, but does not take a message."""
    return getattr(error.__cause__, "code", None) == PRECONDITION_FAILED


def _listen(connection: Connection) -> None:
    """Take in what the broker said meanwhile, and show it that we live: a quiet connection is cut."""
    connection.heartbeat_check()
    try:
        while True:
            connection.drain_events(timeout=0)
    except TimeoutError:
        return


def _gather(connection: Connection, arrived: list[Message]) -> None:
    """Wait for a message, and take along those that are there with it."""
    try:
        connection.drain_events(timeout=FIRST_SECONDS)
        while len(arrived) < BATCH:
            connection.drain_events(timeout=MORE_SECONDS)
    except TimeoutError:
        return


def _is_handled(held: Sequence[tuple[Envelope, Message]], handle: Handle) -> bool:
    try:
        handle([envelope for envelope, _ in held])
    except NotNowError:
        return False
    return True


def _readable(arrived: Sequence[Message]) -> list[tuple[Envelope, Message]]:
    """Return the events; what is none goes to the dead letters of the broker, for there is no row to write it in."""
    readable = []
    for message in arrived:
        try:
            readable.append((Envelope.from_text(message.body), message))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            _put_aside(message, error)
    return readable


def _put_aside(message: Message, error: Exception) -> None:
    log.warning("message_unreadable", error=str(error)[:200], size=len(message.body or ""))
    message.reject()


def _tls(address: str) -> dict[str, Any] | bool:
    """Verify the broker's certificate and name, by the system's authorities or those of ``AMQP_CA_FILE``."""
    if not address.startswith("amqps:"):
        return False
    authorities = {"ca_certs": settings.AMQP_CA_FILE} if settings.AMQP_CA_FILE else {}
    return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": urlsplit(address).hostname, **authorities}
