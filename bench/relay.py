"""How fast the relay hands a backlog to RabbitMQ, beside a publisher that waits for the confirm of each message.

``python -m bench.relay [--database postgresql]``. Both send the events of real orders, over the same connection settings,
to the same exchange, which puts each into the quorum queues of two services. *Relay* is all that the relay does: lease
the rows, publish, keep a copy in the archive, delete; *publishing alone* is what happens between the shop and the
broker. Bar: the relay is 3 times as fast as publishing alone with a confirm each, though that has no database to work
with. The exit code is 1 when it is missed.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING, Any

from bench import backed, carts

if TYPE_CHECKING:
    from kernel.events.envelope import Envelope
    from kernel.events.transport import Transport
    from kernel.models import OutboxRow

BAR = 3.0
ARRIVAL_SECONDS = 60
RELAY, RELAY_EACH = "relay", "relay, a confirm each"
ALONE, ALONE_EACH = "publishing alone", "publishing alone, a confirm each"


class OneByOne:
    """A transport that waits for the broker's word on each message, as kombu does when it is asked for confirms."""

    def __init__(self) -> None:
        from django.conf import settings
        from kombu.connection import Connection

        from integrations.broker import rabbitmq, topology

        self._connection = Connection(
            settings.BROKER_URL,
            connect_timeout=rabbitmq.CONNECT_SECONDS,
            heartbeat=rabbitmq.HEARTBEAT_SECONDS,
            transport_options={"confirm_publish": True},
        )
        self._producer = self._connection.Producer(exchange=topology.events(), auto_declare=False)

    def is_ready(self) -> bool:
        """Connect."""
        self._connection.ensure_connection()
        return True

    def publish(self, envelopes: "Sequence[Envelope]") -> "list[Envelope]":
        """Send one after another."""
        for envelope in envelopes:
            self._producer.publish(
                envelope.as_text().encode(),
                routing_key=envelope.type,
                content_type="application/cloudevents+json",
                content_encoding="utf-8",
                delivery_mode=2,
                message_id=str(envelope.id),
                type=envelope.type,
            )
        return list(envelopes)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.release()


def main(arguments: list[str]) -> int:
    """Measure, print one table, and say by the exit code whether the bar is held."""
    parser = argparse.ArgumentParser(prog="python -m bench.relay", description=__doc__)
    parser.add_argument("--database", choices=backed.KINDS, default="postgresql")
    parser.add_argument("--events", type=int, default=3000, help="how many wait in the outbox")
    parser.add_argument("--rounds", type=int, default=3, help="how often each way is measured, in turns")
    asked = parser.parse_args(arguments)
    with backed.shop_on(asked.database, broker=True) as shop:
        backed.join(shop.environment)
        with _ways() as ways:
            sample = _sample()
            seconds: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(asked.rounds):
                for name, way in ways.items():
                    seconds[name].append(_timed(way, _backlog(sample, asked.events)))
    rates = {name: asked.events / median(took) for name, took in seconds.items()}
    print(f"\n{asked.database}, {asked.events} messages of {_size(sample)} bytes, median of {asked.rounds}")
    print(f"{'':<36}{'messages/s':>12}{'slowest':>10}{'fastest':>10}")
    for name, took in seconds.items():
        print(f"{name:<36}{rates[name]:>12.0f}{asked.events / max(took):>10.0f}{asked.events / min(took):>10.0f}")
    print(f"relay / {ALONE_EACH}: {rates[RELAY] / rates[ALONE_EACH]:.1f} (bar {BAR:g})")
    print(f"relay / {RELAY_EACH}: {rates[RELAY] / rates[RELAY_EACH]:.1f}")
    print(f"{ALONE} / {ALONE_EACH}: {rates[ALONE] / rates[ALONE_EACH]:.1f}", flush=True)
    return 0 if rates[RELAY] >= BAR * rates[ALONE_EACH] else 1


@contextmanager
def _ways() -> "Iterator[Mapping[str, Callable[[list[OutboxRow]], None]]]":
    """Give the four ways, with connections that are open and queues that are there."""
    from integrations.broker.rabbitmq import RabbitMQ
    from kernel.events.handling import types_by_service

    together, each = RabbitMQ(), OneByOne()
    together.declare(types_by_service())
    for transport in (together, each):
        transport.is_ready()
    try:
        yield {
            RELAY: lambda _rows: _relay(together),
            RELAY_EACH: lambda _rows: _relay(each),
            ALONE: lambda rows: _publish(together, rows),
            ALONE_EACH: lambda rows: _publish(each, rows),
        }
    finally:
        together.close()
        each.close()


def _relay(transport: Any) -> None:
    from kernel.events.relay import relay_once

    while relay_once("default", transport):
        pass


def _publish(transport: "Transport | OneByOne", rows: "list[OutboxRow]") -> None:
    from kernel.events.envelope import Envelope
    from kernel.events.relay import BROKER_BATCH

    for start in range(0, len(rows), BROKER_BATCH):
        transport.publish([Envelope.of(row) for row in rows[start : start + BROKER_BATCH]])


def _timed(way: "Callable[[list[OutboxRow]], None]", rows: "list[OutboxRow]") -> float:
    """Return the seconds until all is confirmed; the queues are seen to hold it and are emptied afterwards."""
    began = time.perf_counter()
    way(rows)
    took = time.perf_counter() - began
    _empty_queues(rows)
    return took


def _sample() -> "OutboxRow":
    """Return the event of an order that was placed."""
    from kernel.models import OutboxRow

    [cart_id] = carts.fill(stock=1, carts=1)
    carts.order(cart_id)
    return OutboxRow.objects.get(type="orders.order_placed.v1")


def _size(sample: "OutboxRow") -> int:
    from kernel.events.envelope import Envelope

    return len(Envelope.of(sample).as_text().encode())


def _backlog(sample: "OutboxRow", events: int) -> "list[OutboxRow]":
    """Fill the outbox, and forget what was sent before."""
    from kernel.ids import uuid7
    from kernel.models import ArchiveRow, OutboxRow

    ArchiveRow.objects.all().delete()
    OutboxRow.objects.all().delete()
    same = {name: getattr(sample, name) for name in ("type", "subject", "version", "body", "request_id", "created_at")}
    rows = [OutboxRow(event_id=uuid7(), **same) for _ in range(events)]
    return OutboxRow.objects.bulk_create(rows, batch_size=500)


def _empty_queues(rows: "list[OutboxRow]") -> None:
    """Empty the queues.

    :raises RuntimeError: one of them does not hold what was confirmed.
    """
    from django.conf import settings
    from kombu.connection import Connection

    from kernel.events.handling import consumers_of

    with Connection(settings.BROKER_URL) as connection:
        channel = connection.channel()
        for service in {consumer.service for consumer in consumers_of(rows[0].type)}:
            queue = f"{settings.BROKER_PREFIX}.{service}"
            end = time.monotonic() + ARRIVAL_SECONDS
            while (there := channel.queue_declare(queue, passive=True).message_count) != len(rows):
                if time.monotonic() > end:
                    raise RuntimeError(f"{queue} holds {there} messages of {len(rows)} that were confirmed")
                time.sleep(0.1)
            channel.queue_purge(queue)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
