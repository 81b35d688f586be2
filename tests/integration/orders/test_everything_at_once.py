"""Paying, shipping, refunding, cancelling and expiring at the same moment: money, stock and ledger still agree."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum
from rest_framework.test import APIClient

from apps.orders.models.orders import Order, OrderChange
from apps.orders.models.payments import Payment, PaymentState
from apps.orders.models.refunds import RefundLine
from apps.orders.services import cancelling
from apps.orders.services.cancelling import expire_order, expire_orders
from apps.orders.services.returning import return_due
from apps.products.models.stock import Reservation, Stock, StockMovement
from apps.products.services.expiry import expire_holds
from apps.products.services.reservations import expire_hold
from apps.products.tests.factories import VariantFactory
from kernel import clock
from kernel.actors import SYSTEM
from kernel.events.relay import deliver_all

from .test_many_at_once import at_once, buyer

pytestmark = pytest.mark.django_db(transaction=True)
CARD = {"method": "sandbox_card", "card_number": "4242424242424242"}
ARRIVED = (PaymentState.CAPTURED, PaymentState.REFUND_DUE, PaymentState.REFUNDED)
ENEMIES: dict[str, Callable[[Order], object]] = {
    "customer": lambda order: APIClient().post(
        f"/api/v1/orders/{order.id}/cancel/", {}, headers={"X-Order-Token": order.access_token}
    ),
    "expiry of the order": lambda order: expire_order(order_id=order.id, actor=SYSTEM, now=clock.now() + timedelta(1)),
    "expiry of the hold": lambda order: expire_hold(order_id=order.id, now=clock.now() + timedelta(1)),
}


def signed_in(person: Any) -> APIClient:
    """Return a new client of a person."""
    client = APIClient()
    client.force_authenticate(person)
    return client


def check_ledger(sku: str, *, on_hand: int, reserved: int) -> None:
    """The shelf holds so much, and the movements add up to it."""
    stock = Stock.objects.get(sku=sku)
    moved = StockMovement.objects.filter(sku=sku).aggregate(shelf=Sum("quantity"), held=Sum("reserved_quantity"))
    assert (stock.on_hand, stock.reserved) == (on_hand, reserved) == (moved["shelf"], moved["held"])


@pytest.mark.parametrize("enemy", ENEMIES)
def test_an_order_that_everybody_wants_to_change_stays_whole(staff: Any, enemy: str) -> None:
    for number in range(4):
        sku = f"SKU-{number}"
        VariantFactory(sku=sku, on_hand=10)
        order = Order.objects.get(id=buyer(sku, 3).order(payment_method="sandbox_card").json()["id"])
        path, token = f"/api/v1/orders/{order.id}/", {"X-Order-Token": order.access_token}
        refund = {"lines": [{"sku": sku, "quantity": 2}], "restock": True}

        answers = at_once(
            [
                lambda path=path, token=token: APIClient().post(f"{path}pay/", CARD, headers=token),
                lambda path=path, token=token: APIClient().post(f"{path}pay/", CARD, headers=token),
                lambda path=path: signed_in(staff).post(f"{path}fulfilments/", {}),
                lambda path=path, refund=refund: signed_in(staff).post(f"{path}refunds/", refund),
                lambda order=order: ENEMIES[enemy](order),
            ]
        )

        assert all(answer.status_code < 500 for answer in answers[:4])
        check_whole(order.id, sku=sku)


def check_whole(order_id: Any, *, sku: str) -> None:
    """Every sum of the order is that of its parts."""
    order = Order.objects.get(id=order_id)
    returned = RefundLine.objects.filter(refund__order=order).aggregate(all=Sum("quantity"))["all"] or 0
    on_hand, reserved = {"confirmed": (7 + returned, 0), "held": (10, 3)}.get(
        Reservation.objects.get(order_id=order_id).state, (10, 0)
    )
    check_ledger(sku, on_hand=on_hand, reserved=reserved)
    paid = Payment.objects.filter(order=order, state__in=ARRIVED).aggregate(all=Sum("amount_minor"))["all"] or 0
    asked = order.refunds.aggregate(all=Sum("amount_minor"))["all"] or 0
    assert (order.paid_minor, order.refunded_minor, order.returning_minor) == (paid, 0, asked)
    assert asked <= paid
    return_due(now=clock.now())
    order.refresh_from_db()
    assert (order.refunded_minor, order.returning_minor) == (asked, 0)
    versions = OrderChange.objects.filter(order=order).order_by("version").values_list("version", flat=True)
    assert list(versions) == list(range(1, order.version + 1))


def test_stock_that_is_counted_while_it_is_sold_adds_up(staff: Any) -> None:
    VariantFactory(sku="MUG", on_hand=30)
    guests = [buyer("MUG") for _ in range(8)]

    answers = at_once(
        [
            *[lambda one=one: one.order(payment_method="bank_transfer") for one in guests],
            *[lambda n=n: signed_in(staff).patch("/api/v1/stock/MUG/", {"on_hand": n}) for n in (3, 4, 20)],
        ]
    )

    placed = sum(answer.status_code == 201 for answer in answers)
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    check_ledger("MUG", on_hand=Stock.objects.get(sku="MUG").on_hand, reserved=placed)


def test_two_workers_that_expire_the_same_orders_give_the_stock_back_once() -> None:
    VariantFactory(sku="MUG", on_hand=30)
    for _ in range(8):
        buyer("MUG", 2).order(payment_method="sandbox_card")
    past = clock.now() - timedelta(minutes=1)
    Order.objects.update(expires_at=past)
    Reservation.objects.update(expires_at=past)

    at_once([expire_orders, expire_orders, expire_holds, expire_holds])

    assert set(Order.objects.values_list("status", flat=True)) == {"cancelled"}
    check_ledger("MUG", on_hand=30, reserved=0)


def test_carts_that_are_claimed_at_once_lose_nothing(shopper: Any) -> None:
    for sku in ("MUG", "BOWL"):
        VariantFactory(sku=sku, on_hand=100)
    guests = [buyer("MUG", 2) for _ in range(4)]
    mine = f"/api/v1/carts/{signed_in(shopper).post('/api/v1/carts/', {}).json()['id']}/"

    answers = at_once(
        [
            *[
                lambda one=one: signed_in(shopper).post(
                    f"/api/v1/carts/{one.cart['id']}/claim/", {}, headers=one.headers
                )
                for one in guests
            ],
            lambda: signed_in(shopper).post(f"{mine}lines/", {"sku": "BOWL", "quantity": 1}),
        ]
    )

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    lines = signed_in(shopper).get(mine).json()["lines"]
    assert {line["sku"]: line["quantity"] for line in lines} == {"MUG": 8, "BOWL": 1}


@pytest.mark.parametrize("step", ["cancelled", "expired"])
def test_where_stock_has_a_database_of_its_own_it_is_given_back_after_the_order_is_called_off(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    VariantFactory(sku="MUG", on_hand=30)
    order = Order.objects.get(id=buyer("MUG", 2).order(payment_method="sandbox_card").json()["id"])
    monkeypatch.setattr(cancelling, "share_database", lambda *_services: False)

    if step == "expired":
        expire_order(order_id=order.id, actor=SYSTEM, now=clock.now() + timedelta(1))
    else:
        ENEMIES["customer"](order)

    order.refresh_from_db()
    assert order.status == "cancelled"
    check_ledger("MUG", on_hand=30, reserved=2)
    deliver_all()
    deliver_all()
    check_ledger("MUG", on_hand=30, reserved=0)
