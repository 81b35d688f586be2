"""The documents about events: a page for people and an AsyncAPI 3 file for programs, both made from the contracts."""

from typing import Any

import yaml

from kernel.events.base import Event
from kernel.events.catalogue import all_events, meaning_of, schema_of
from kernel.events.envelope import service_of
from kernel.events.handling import consumers_of

INTRO = """\
# Events

What happens in one service is told to the others by events. An event is written into a table in the transaction of the
change it tells of, so it exists exactly when the change does. A relay hands it on: to the handlers in the same process,
or to RabbitMQ when `BROKER_URL` is set. Each handler does each event once; one that fails is tried again after 1 s, 5 s,
20 s, 1 min, 5 min, 15 min, 1 h, 3 h and 12 h, and is a dead letter then, until somebody gives it back.

Events may arrive twice and in another order than they happened: `version` counts the changes of one thing, and who keeps
a copy ignores what is older than it has. Types are permanent; a new member may appear, none disappears or changes its
meaning. On the wire an event is a [CloudEvents 1.0](https://cloudevents.io) envelope in JSON, its members stand in `data`.

In RabbitMQ events go to the topic exchange `saluhall.events` under their type. Each service reads a quorum queue of its
own, such as `saluhall.orders`. What no queue wants waits in `saluhall.unroutable`, what cannot be read in
`saluhall.dead`; the names begin with `BROKER_PREFIX`.

This page is generated: `python manage.py events page > docs/events.md`. Programs read [asyncapi.yaml](asyncapi.yaml).
"""

BROKER = {
    "host": "{host}:5672",
    "protocol": "amqp",
    "protocolVersion": "0.9.1",
    "description": "RabbitMQ, as `BROKER_URL` says; names begin with `BROKER_PREFIX`, which is `saluhall` here.",
    "variables": {"host": {"default": "localhost", "description": "Where RabbitMQ runs."}},
}


def as_markdown() -> str:
    """Return docs/events.md."""
    parts = [INTRO]
    for kind in all_events():
        parts.append(f"\n## `{kind.type}`\n\n{meaning_of(kind)}\n\n{_handlers(kind)}\n\n| member | type |\n|---|---|\n")
        parts += [f"| `{name}` | {_words(schema)} |\n" for name, schema in schema_of(kind)["properties"].items()]
    return "".join(parts)


def as_asyncapi() -> str:
    """Return docs/asyncapi.yaml."""
    events = all_events()
    services = sorted({service_of(kind.type) for kind in events})
    document: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Saluhall",
            "version": "1.0.0",
            "description": "What happens in the shop, as events.",
            "license": {"name": "MIT", "url": "https://opensource.org/license/mit"},
            "tags": [{"name": name, "description": f"What the {name} service tells."} for name in services],
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": {"broker": BROKER},
        "channels": {kind.type: _channel(kind) for kind in events},
        "operations": {_operation(kind): _send(kind) for kind in events},
        "components": {"messages": {kind.type: _message(kind) for kind in events}},
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _channel(kind: type[Event]) -> dict[str, Any]:
    exchange = {"name": "saluhall.events", "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": kind.type,
        "messages": {"event": {"$ref": f"#/components/messages/{kind.type}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange}},
    }


def _operation(kind: type[Event]) -> str:
    return "publish_" + kind.type.replace(".", "_")


def _send(kind: type[Event]) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{kind.type}"},
        "summary": meaning_of(kind),
        "description": _handlers(kind),
        "tags": [{"name": service_of(kind.type)}],
        "bindings": {"amqp": {"deliveryMode": 2}},
    }


def _message(kind: type[Event]) -> dict[str, Any]:
    text = {"type": "string"}
    envelope = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid"},
        "source": {"const": f"/{service_of(kind.type)}"},
        "type": {"const": kind.type},
        "subject": text,
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "requestid": text,
        "data": schema_of(kind),
    }
    return {
        "name": kind.type,
        "summary": meaning_of(kind),
        "payload": {"type": "object", "properties": envelope, "required": list(envelope)},
    }


def _handlers(kind: type[Event]) -> str:
    names = sorted(f"`{consumer.name}`" for consumer in consumers_of(kind.type))
    return f"Handled by {', '.join(names)}." if names else "Nothing here acts on it; it is for others."


def _words(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_words(choice) for choice in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_words(schema['items'])}"
    if {"amount", "currency"} == set(schema.get("properties", {})):
        return "money"
    if schema.get("type") == "object" and "properties" in schema:
        return "{" + ", ".join(schema["properties"]) + "}"
    return str(schema.get("format") or schema.get("type") or "anything")
