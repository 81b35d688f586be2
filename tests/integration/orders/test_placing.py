"""Placing orders through the API."""

from typing import Any

import pytest

from apps.orders.models.orders import Order
from apps.products.models.stock import Stock
from contracts.orders import OrderPlaced

pytestmark = pytest.mark.django_db


def test_a_guest_buys_on_invoice(guest: Any, mug: Any, bowl: Any, published: Any) -> None:
    guest.put("MUG", 2)
    guest.put("BOWL", 1)

    answer = guest.order()

    assert answer.status_code == 201, answer.content
    order = answer.json()
    assert order["totals"]["total"] == {"amount": "39.90", "currency": "EUR"}
    assert order["payment_method"] == "invoice"
    assert (order["status"], order["payment_status"], order["fulfilment_status"]) == ("open", "unpaid", "unfulfilled")
    assert Stock.objects.get(sku="MUG").on_hand == 8
    [event] = [event for event in published() if isinstance(event, OrderPlaced)]
    assert str(event.order_id) == order["id"]
    assert Order.objects.get().version == event.version == 1
