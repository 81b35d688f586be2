"""Publishing: the event commits with the change that it tells of, or not at all."""

import orjson
import structlog
from django.db import transaction

from kernel import clock
from kernel.codec import encode
from kernel.events import wakeup
from kernel.events.base import Event
from kernel.events.envelope import service_of
from kernel.ids import uuid7
from kernel.models import OutboxRow
from kernel.topology import database_of
from kernel.transactions import is_outside


def publish(event: Event) -> None:
    """Write the event into the outbox of its service, inside the transaction of the change.

    :raises RuntimeError: there is no transaction.
    """
    alias = database_of(service_of(event.type))
    if is_outside(alias):
        msg = f"{event.type} must be published inside a transaction (unit_of_work)."
        raise RuntimeError(msg)
    OutboxRow.objects.using(alias).create(
        event_id=uuid7(),
        type=event.type,
        subject=str(getattr(event, event.subject)),
        version=event.version,
        body=orjson.dumps(encode(event)).decode(),
        request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
        created_at=clock.now(),
    )
    transaction.on_commit(wakeup.ring, using=alias)
