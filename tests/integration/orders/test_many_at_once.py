"""Many buyers at the same moment, through the API: nothing is sold twice, nothing is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from apps.orders.models.orders import Order, OrderChange
from apps.orders.models.payments import Payment
from apps.products.models.stock import Stock
from apps.products.tests.factories import VariantFactory

from .conftest import Guest

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Run everything at the same moment, each in a thread with connections of its own."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def buyer(sku: str, quantity: int = 1) -> Guest:
    """Return a guest whose cart is full."""
    guest = Guest().start()
    guest.put(sku, quantity)
    return guest


def test_sixteen_buyers_and_a_stock_of_ten_make_ten_orders() -> None:
    VariantFactory(sku="LAST", on_hand=10)
    buyers = [buyer("LAST") for _ in range(16)]

    answers = at_once([lambda one=one, key=f"k{key}": one.order(key=key) for key, one in enumerate(buyers)])

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] * 10 + [409] * 6, [answer.content for answer in answers]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"out_of_stock"}
    assert Order.objects.count() == 10
    assert Stock.objects.get(sku="LAST").on_hand == 0


def test_one_key_sent_ten_times_at_once_makes_one_order() -> None:
    VariantFactory(sku="MUG", on_hand=50)
    guest = buyer("MUG")
    twins = [_twin(guest) for _ in range(10)]

    answers = at_once([twin.order for twin in twins])

    assert {answer.status_code for answer in answers} == {201}, [answer.content for answer in answers]
    assert len({answer.content for answer in answers}) == 1
    assert Order.objects.count() == 1
    assert Stock.objects.get(sku="MUG").on_hand == 49


def test_one_cart_ordered_under_two_keys_at_once_makes_one_order() -> None:
    VariantFactory(sku="MUG", on_hand=50)
    guest = buyer("MUG")
    twins = [_twin(guest) for _ in range(6)]

    answers = at_once([lambda twin=twin, key=f"k{key}": twin.order(key=key) for key, twin in enumerate(twins)])

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert Order.objects.count() == 1
    assert Stock.objects.get(sku="MUG").on_hand == 49


def test_paying_and_cancelling_at_once_leaves_no_money_behind() -> None:
    VariantFactory(sku="MUG", on_hand=50)
    guest = buyer("MUG")
    placed = guest.order(payment_method="sandbox_card").json()
    address, headers = f"/api/v1/orders/{placed['id']}/", {"X-Order-Token": placed["access_token"]}
    card = {"method": "sandbox_card", "card_number": "4242424242424242"}

    at_once(
        [
            *[lambda: Guest().client.post(f"{address}pay/", card, headers=headers)] * 4,
            *[lambda: Guest().client.post(f"{address}cancel/", {}, headers=headers)] * 2,
        ],
    )

    order = Order.objects.get()
    captured = Payment.objects.filter(state__in=("captured", "refund_due"))
    assert order.status == "cancelled"
    assert order.payment_status == ("refund_due" if order.paid_minor else "unpaid")
    assert order.paid_minor == sum(payment.amount_minor for payment in captured) <= order.total_minor
    versions = OrderChange.objects.order_by("version").values_list("version", flat=True)
    assert list(versions) == list(range(1, order.version + 1))
    assert Stock.objects.get(sku="MUG").on_hand == 50


def test_two_refunds_at_once_never_exceed_what_was_paid(make_user: Any) -> None:
    VariantFactory(sku="MUG", price_minor=1000, on_hand=50)
    guest = buyer("MUG")
    placed = guest.order().json()
    clients = []
    staff = make_user("admin@example.com", is_staff=True)
    for _ in range(4):
        client = Guest().client
        client.force_authenticate(staff)
        clients.append(client)
    clients[0].post(f"/api/v1/orders/{placed['id']}/pay/", {})
    body = {"amount": {"amount": "10.00", "currency": "EUR"}}

    answers = at_once(
        [lambda one=one: one.post(f"/api/v1/orders/{placed['id']}/refunds/", body) for one in clients],
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert Order.objects.get().refunded_minor == 1000


def _twin(guest: Guest) -> Guest:
    """Return the same guest on another device."""
    twin = Guest()
    twin.cart = guest.cart
    return twin
