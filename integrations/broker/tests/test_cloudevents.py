"""What arrives in RabbitMQ is CloudEvents 1.0, and says what the documents say, for every kind of event that there is."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs  # with schemathesis
import pytest
import structlog
import yaml
from kombu import Connection

from integrations.broker.rabbitmq import RabbitMQ
from integrations.broker.tests.examples import example_of
from kernel.events import relay
from kernel.events.base import Event
from kernel.events.catalogue import all_events
from kernel.events.envelope import Envelope
from kernel.events.publish import publish
from kernel.transactions import unit_of_work

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[3]
CLOUDEVENTS = json.loads((Path(__file__).parent / "cloudevents.json").read_text(encoding="utf-8"))
DATA = json.loads((ROOT / "tests/unit/docs/event_schemas.json").read_text(encoding="utf-8"))
TOLD = yaml.safe_load((ROOT / "docs/asyncapi.yaml").read_text(encoding="utf-8"))


def problems(message: Any, schema: dict[str, Any]) -> list[str]:
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in validator.iter_errors(message)]


def problems_of(body: str, event_type: str) -> list[str]:
    message = json.loads(body)
    payload = TOLD["components"]["messages"][event_type]["payload"]
    return [
        *problems(message, CLOUDEVENTS),
        *problems(message["data"], DATA[event_type]),
        *problems(message, payload),
    ]


def arrived_after_telling(events: list[Event], broker: Connection, prefix: str) -> dict[str, Any]:
    """Send events through the outbox, and return the raw messages of a queue that has everything, by type."""
    channel = broker.channel()
    channel.queue_bind(f"{prefix}.default", f"{prefix}.events", "#")
    for event in events:
        unit_of_work(publish)(event)
    relay.relay_once("default", RabbitMQ())
    messages = [channel.basic_get(f"{prefix}.default", no_ack=True) for _ in events]
    return {message.properties["type"]: message for message in messages}


@pytest.mark.parametrize("is_full", [True, False], ids=["with everything", "with the least"])
def test_every_message_is_a_cloudevent_and_what_the_documents_say(
    broker: Connection, settings, *, is_full: bool
) -> None:
    events = {kind.type: example_of(kind, is_full=is_full) for kind in all_events()}
    about = {"request_id": "a-request"} if is_full else {}
    structlog.contextvars.clear_contextvars()  # a test before may have spoken of a request, as the server's threads do

    with structlog.contextvars.bound_contextvars(**about):
        arrived = arrived_after_telling(list(events.values()), broker, settings.BROKER_PREFIX)

    assert {kind: problems_of(message.body, kind) for kind, message in arrived.items()} == {kind: [] for kind in events}
    assert {message.properties["content_type"] for message in arrived.values()} == {"application/cloudevents+json"}
    assert {kind: Envelope.from_text(message.body).event() for kind, message in arrived.items()} == events
    assert {json.loads(message.body)["requestid"] for message in arrived.values()} == {about.get("request_id", "")}


@pytest.mark.parametrize(
    "wrong",
    [
        {"specversion": "0.3"},
        {"id": ""},
        {"source": "/a b\\"},
        {"type": None},
        {"subject": ""},
        {"time": "2026-11-27 10:00"},
        {"datacontenttype": "json"},
        {"data_base64": "AA=="},
        {"request_id": "a"},
        {"requestid": {"a": 1}},
        {"requestid": "a\nb"},
        {"hops": 2**31},
    ],
    ids=str,
)
@pytest.mark.once
def test_the_rules_refuse_what_cloudevents_refuses(wrong: dict[str, Any]) -> None:
    right = {"specversion": "1.0", "id": "1", "source": "/orders", "type": "orders.order_paid.v1", "data": {}}

    assert problems(right, CLOUDEVENTS) == []
    assert len(problems(right | wrong, CLOUDEVENTS)) >= 1
