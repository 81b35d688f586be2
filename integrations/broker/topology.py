"""What stands in the broker: one exchange for events, a queue a service, and a place for what nobody wanted or could read."""

from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from kombu.connection import Connection
from kombu.entity import Exchange, Queue

ASIDE = ("unroutable", "dead")
"""What no queue wanted, and what nobody could read: nobody reads these but an operator."""
DELIVERIES = 50
"""How often a message may be delivered before the broker puts it aside. A killed consumer counts for all that it held."""


def events() -> Exchange:
    """Return the exchange that events are published to; what no queue wants goes to the unroutable ones."""
    return Exchange(_name("events"), "topic", durable=True, arguments={"alternate-exchange": _name("unroutable")})


def queue_of(service: str) -> Queue:
    """Return a service's queue, for reading."""
    return Queue(_name(service), no_declare=True)


def declare(connection: Connection, queues: Mapping[str, Collection[str]], obsolete: Collection[str] = ()) -> None:
    """Make everything; what stands already is left as it is, but for the obsolete types that a queue has no use for."""
    channel = connection.channel()
    for catch_all in ASIDE:
        exchange = Exchange(_name(catch_all), "fanout", durable=True)
        Queue(_name(catch_all), exchange, durable=True, queue_arguments={"x-queue-type": "quorum"})(channel).declare()
    exchange = events()(channel)
    exchange.declare()
    for service, types in queues.items():
        arguments = {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERIES,
            "x-dead-letter-exchange": _name("dead"),
        }
        queue = Queue(_name(service), durable=True, queue_arguments=arguments)(channel)
        queue.queue_declare()
        for event_type in sorted(types):
            queue.bind_to(exchange=exchange.name, routing_key=event_type)
        for event_type in sorted(set(obsolete) - set(types)):
            queue.unbind_from(exchange=exchange, routing_key=event_type)


def depth_of(channel: Any, part: str) -> int:
    """Return how many messages of a queue wait to be taken."""
    return int(channel.queue_declare(_name(part), passive=True).message_count)


def _name(part: str) -> str:
    return f"{settings.BROKER_PREFIX}.{part}"
