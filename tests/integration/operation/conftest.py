"""A small shop with an order in each situation, and what the doctor says about it."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.orders.models.orders import Order
from apps.products.tests.factories import VariantFactory
from kernel.doctor import all_checks, examine
from kernel.events.relay import deliver_all
from tests.integration.orders.conftest import Guest

CARD = {"method": "sandbox_card", "card_number": "4242424242424242"}
Shop = dict[str, Order]


def of(order: Order) -> str:
    """Return what the doctor calls an order."""
    return f"order {order.number}"


@pytest.fixture
def shop(staff: Any) -> Shop:
    """Return orders by their story: sold on invoice, held, paid, refunded in part, called off, ended by a refund."""
    VariantFactory(sku="MUG", on_hand=50, product__slug="mug")
    VariantFactory(sku="BOWL", on_hand=50, product__slug="bowl")
    methods = {"invoice": "invoice", "held": "bank_transfer", "called_off": "bank_transfer"}
    methods |= dict.fromkeys(("paid", "refunded", "ended"), "sandbox_card")
    placed = {story: _placed(method) for story, method in methods.items()}
    office = APIClient()
    office.force_authenticate(staff)
    for story in ("paid", "refunded", "ended"):
        _done(office.post(f"/api/v1/orders/{placed[story]}/pay/", CARD))
    _done(office.post(f"/api/v1/orders/{placed['called_off']}/cancel/", {}))
    returned = {"lines": [{"sku": "MUG", "quantity": 1}], "restock": True}
    _done(office.post(f"/api/v1/orders/{placed['refunded']}/refunds/", returned))
    total = Order.objects.get(id=placed["ended"]).total
    everything = {"amount": {"amount": total.as_text(), "currency": total.currency}}
    _done(office.post(f"/api/v1/orders/{placed['ended']}/refunds/", everything))
    deliver_all()
    return {story: Order.objects.get(id=order_id) for story, order_id in placed.items()}


@pytest.fixture
def told() -> Callable[[], set[tuple[str, str]]]:
    """Return a function that lets the doctor look twice, at once: which checks fail, and about what."""

    def look() -> set[tuple[str, str]]:
        results = examine(all_checks(), pause=0)
        return {(result.check.name, finding.about) for result in results for finding in result.findings}

    return look


def _placed(method: str) -> str:
    guest = Guest().start()
    guest.put("MUG", 2)
    guest.put("BOWL", 1)
    answer = guest.order(key=method + guest.cart["id"], payment_method=method)
    _done(answer)
    return str(answer.json()["id"])


def _done(answer: Any) -> None:
    assert answer.status_code in {200, 201}, answer.content
