"""The doctor looks while people order, pay and cancel: no false alarm."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient

from apps.orders.models.orders import Order
from apps.products.tests.factories import VariantFactory
from kernel.doctor import all_checks, examine
from tests.integration.orders.conftest import Guest

from .conftest import CARD

pytestmark = pytest.mark.django_db(transaction=True)
BUYERS = 8
LOOKS = 4


def buy_until(over: Event, number: int) -> int:
    """Order one after the other; every third is paid, every third cancelled."""
    count = 0
    try:
        while not over.is_set():
            guest = Guest(APIClient()).start()
            guest.put("MUG" if count % 2 else "BOWL", 1)
            answer = guest.order(key=f"{number}-{count}", payment_method="sandbox_card")
            assert answer.status_code == 201, answer.content
            order = answer.json()
            token = {"X-Order-Token": Order.objects.get(id=order["id"]).access_token}
            step: tuple[str, Any] = (("pay", CARD), ("cancel", {}), ("history", None))[count % 3]
            if step[1] is not None:
                answer = guest.client.post(f"/api/v1/orders/{order['id']}/{step[0]}/", step[1], headers=token)
                assert answer.status_code == 200, answer.content
            count += 1
    finally:
        connections.close_all()
    return count


def test_orders_that_are_placed_meanwhile_raise_no_false_alarm() -> None:
    VariantFactory(sku="MUG", on_hand=5000)
    VariantFactory(sku="BOWL", on_hand=5000)
    over = Event()
    with ThreadPoolExecutor(BUYERS) as pool:
        buyers = [pool.submit(buy_until, over, number) for number in range(BUYERS)]
        try:
            looks = [examine(all_checks(), pause=0.2) for _ in range(LOOKS)]
        finally:
            over.set()
        bought = sum(buyer.result() for buyer in buyers)

    assert [result.findings for results in looks for result in results if result.findings] == []
    assert bought >= BUYERS
    assert Order.objects.count() == bought
