"""Messages and events for tests."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import factory

from apps.notifications.models import Message
from contracts.orders import OrderedLine, OrderPlaced
from kernel.addresses import Address
from kernel.ids import uuid7
from kernel.money import Money

ORDER_ID = UUID("01900000-0000-7000-8000-000000000001")
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ORDER: dict[str, Any] = {
    "version": 1,
    "order_id": ORDER_ID,
    "number": "AB12CD",
    "email": "ann@example.com",
    "customer_id": None,
    "access_token": "secret/token+1",
}
LINE = OrderedLine(
    sku="HAT-M",
    product_name="Hat <b>",
    variant_name="M / Blue",
    quantity=2,
    unit_price=Money(1000, "EUR"),
    total=Money(2000, "EUR"),
)


def order_placed(**changes: Any) -> OrderPlaced:
    """Return the event of an order of two hats for 25 euros."""
    values: dict[str, Any] = {
        "placed_at": NOON,
        "payment_method": "bank_transfer",
        "payment_due_at": NOON,
        "payment_reference": "RF18AB12CD",
        "shipping_method": "Parcel",
        "shipping_address": Address(name="Ann", line1="Lane 1", postcode="1", city="Lund", country="SE"),
        "lines": [LINE],
        "subtotal": Money(2000, "EUR"),
        "shipping": Money(500, "EUR"),
        "tax": Money(500, "EUR"),
        "total": Money(2500, "EUR"),
        "prices_include_tax": True,
    }
    return OrderPlaced(**ORDER | values | changes)


class MessageFactory(factory.django.DjangoModelFactory[Message]):
    class Meta:
        model = Message

    id = factory.LazyFunction(uuid7)
    kind = "order_placed"
    cause = factory.Sequence(lambda number: f"cause-{number}")
    to = "ann@example.com"
    subject = "Thank you for your order"
    text = "Thank you!\n"
    html = "<p>Thank you!</p>"
    message_id = factory.LazyAttribute(lambda message: f"<{message.id}@testserver>")
    next_attempt_at = NOON
    created_at = NOON
