"""A hundred wishes, each sent ten times at once: a hundred orders, and ten equal answers to each."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from apps.orders.models.orders import Order
from apps.orders.tests.factories import CartFactory
from apps.products.models.stock import Stock
from apps.products.tests.factories import VariantFactory
from tests.integration.orders.conftest import Guest

KEYS, TWINS = 100, 10

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_hundred_keys_sent_ten_times_at_once_make_a_hundred_orders() -> None:
    VariantFactory(sku="MUG", price_minor=1000, on_hand=1000)
    carts = [CartFactory(with_lines={"MUG": 2}) for _ in range(KEYS)]

    with ThreadPoolExecutor(TWINS) as pool:
        answers = {cart.id: list(pool.map(_order, [cart] * TWINS)) for cart in carts}
        mismatches = list(pool.map(lambda cart: _order(cart, email="other@example.com"), carts[:TWINS]))

    assert {status for twins in answers.values() for status, _ in twins} == {201}
    assert [len(set(twins)) for twins in answers.values()] == [1] * KEYS
    assert len({body for twins in answers.values() for _, body in twins}) == KEYS == Order.objects.count()
    assert Stock.objects.get(sku="MUG").on_hand == 1000 - 2 * KEYS
    assert {status for status, _ in mismatches} == {422}


def _order(cart: Any, **values: str) -> tuple[int, bytes]:
    guest = Guest()
    guest.cart = {"id": str(cart.id), "token": cart.token}
    try:
        answer = guest.order(key=f"cart-{cart.id}", **values)
        return answer.status_code, answer.content
    finally:
        connections.close_all()
