"""One thing that everybody wants: exactly as many are sold as there are, and everybody else hears why."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from apps.orders.models.orders import Order, OrderLine
from apps.orders.tests.factories import CartFactory
from apps.products.models.stock import Stock
from apps.products.tests.factories import VariantFactory
from tests.integration.orders.conftest import Guest

BUYERS, ATTEMPTS, STOCK = 32, 500, 100


@pytest.mark.django_db(transaction=True)
def test_five_hundred_attempts_at_a_hundred_pieces_sell_exactly_a_hundred() -> None:
    VariantFactory(sku="LAMP", price_minor=1000, on_hand=STOCK)
    carts = [CartFactory(with_lines={"LAMP": 1}) for _ in range(ATTEMPTS)]

    with ThreadPoolExecutor(BUYERS) as pool:
        answers = Counter(pool.map(_buy, carts))

    assert answers == {(201, ""): STOCK, (409, "out_of_stock"): ATTEMPTS - STOCK}
    assert Order.objects.count() == OrderLine.objects.count() == STOCK
    lamp = Stock.objects.get(sku="LAMP")
    assert (lamp.on_hand, lamp.reserved) == (0, 0)


def _buy(cart: Any) -> tuple[int, str]:
    guest = Guest()
    guest.cart = {"id": str(cart.id), "token": cart.token}
    try:
        answer = guest.order(key=f"cart-{cart.id}")
        return answer.status_code, answer.json().get("code", "")
    finally:
        connections.close_all()
