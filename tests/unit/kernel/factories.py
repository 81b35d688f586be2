"""Rows of the kernel's own tables."""

from datetime import UTC, datetime
from typing import Any

import factory

from kernel.ids import uuid7
from kernel.models import InboxRow

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


class InboxRowFactory(factory.django.DjangoModelFactory[Any]):
    class Meta:
        model = InboxRow

    consumer = factory.Sequence(lambda number: f"orders.handler_{number}")
    event_id = factory.LazyFunction(uuid7)
    type = "orders.order_placed.v1"
    status = InboxRow.Status.DONE
    handled_at = NOON
