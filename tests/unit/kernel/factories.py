"""Rows of the kernel's own tables."""

from datetime import UTC, datetime
from typing import Any

import factory

from kernel.ids import uuid7
from kernel.models import ArchiveRow, IdempotencyRow, InboxRow, OutboxRow

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


class OutboxRowFactory(factory.django.DjangoModelFactory[Any]):
    class Meta:
        model = OutboxRow

    event_id = factory.LazyFunction(uuid7)
    type = "orders.order_placed.v1"
    subject = "0197"
    version = 1
    body = "{}"
    created_at = NOON


class ArchiveRowFactory(OutboxRowFactory):
    class Meta:
        model = ArchiveRow


class InboxRowFactory(factory.django.DjangoModelFactory[Any]):
    class Meta:
        model = InboxRow

    consumer = factory.Sequence(lambda number: f"orders.handler_{number}")
    event_id = factory.LazyFunction(uuid7)
    type = "orders.order_placed.v1"
    status = InboxRow.Status.DONE
    handled_at = NOON


class IdempotencyRowFactory(factory.django.DjangoModelFactory[Any]):
    class Meta:
        model = IdempotencyRow

    digest = factory.Sequence(lambda number: f"{number:064x}")
    fingerprint = "0" * 64
    status = 201
    content_type = "application/json"
    body = "{}"
    created_at = NOON
