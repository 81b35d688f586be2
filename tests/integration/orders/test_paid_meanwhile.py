"""Money for an order whose stock is gone: what others did between the look at the stock and the order counts."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from apps.orders.models.orders import Order
from apps.orders.models.payments import Payment
from apps.orders.services import outcomes
from apps.orders.services.fulfilments import Parcel, fulfil_order
from apps.orders.services.outcomes import record_outcome
from apps.orders.tests.factories import OrderFactory, PaymentFactory
from apps.products.models.stock import Stock
from apps.products.services.reservations import cancel, expire_hold, reserve
from apps.products.tests.factories import VariantFactory
from contracts.products import ItemWanted
from integrations.payments.port import Outcome, OutcomeState
from kernel.actors import SYSTEM
from tests.fixtures import NOON

from .test_many_at_once import at_once

ITEMS = [ItemWanted(sku="MUG", quantity=2), ItemWanted(sku="BOWL", quantity=1)]
LATE = NOON + timedelta(days=8)
Between = Callable[[Callable[[], None]], None]


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Between:
    """Return a function that lets something happen after the stock was looked for and before the order is."""

    def arrange(act: Callable[[], None]) -> None:
        original = outcomes._capture_without_stock

        def interrupted(**arguments: object) -> object:
            monkeypatch.setattr(outcomes, "_capture_without_stock", original)
            act()
            return original(**arguments)

        monkeypatch.setattr(outcomes, "_capture_without_stock", interrupted)

    return arrange


def reserved(order: Order, *, expires_at: datetime | None = None) -> Order:
    VariantFactory(sku="MUG", price_minor=1000, on_hand=2)
    VariantFactory(sku="BOWL", price_minor=1500, on_hand=1)
    reserve(order_id=order.id, lines=ITEMS, expires_at=expires_at, now=NOON)
    return order


def on_its_way() -> Order:
    """Return a bill of which a part has left, and whose claim on stock is gone."""
    order = reserved(OrderFactory())
    fulfil_order(order_id=order.id, parcel=Parcel(quantities={"MUG": 1}), actor=SYSTEM, now=NOON)
    cancel(order_id=order.id, now=NOON)
    return Order.objects.get(id=order.id)


def two_attempts(order: Order) -> list[Payment]:
    names = [f"{order.number}-{number}" for number in range(2)]
    return [PaymentFactory(order=order, method="sandbox_card", reference=name, state="pending") for name in names]


def pay(payment: Payment) -> None:
    record_outcome(payment_id=payment.id, outcome=Outcome(state=OutcomeState.CAPTURED), actor=SYSTEM, now=LATE)


@pytest.mark.django_db
def test_the_second_payment_of_goods_that_have_left_goes_back(between: Between) -> None:
    order = on_its_way()
    first, second = two_attempts(order)
    between(lambda: pay(first))

    pay(second)

    order.refresh_from_db()
    assert (order.payment_status, order.paid_minor, order.returning_minor) == ("paid", 7980, 3990)
    assert [Payment.objects.get(id=one.id).state for one in (first, second)] == ["captured", "refund_due"]


@pytest.mark.django_db
def test_an_order_that_was_paid_meanwhile_is_not_called_off(between: Between) -> None:
    order = reserved(OrderFactory(by_bank=True), expires_at=NOON + timedelta(days=7))
    expire_hold(order_id=order.id, now=LATE)
    Stock.objects.filter(sku="BOWL").update(on_hand=0)
    first, second = two_attempts(order)

    def goods_arrive_and_the_first_pays() -> None:
        Stock.objects.filter(sku="BOWL").update(on_hand=1)
        pay(first)

    between(goods_arrive_and_the_first_pays)

    pay(second)

    order.refresh_from_db()
    assert (order.status, order.payment_status, order.returning_minor) == ("open", "paid", 3990)


@pytest.mark.django_db(transaction=True)
def test_two_payments_at_once_of_goods_that_have_left_are_taken_once() -> None:
    order = on_its_way()

    at_once([lambda payment=payment: pay(payment) for payment in two_attempts(order)])

    order.refresh_from_db()
    assert (order.payment_status, order.paid_minor, order.returning_minor) == ("paid", 7980, 3990)
    assert sorted(order.payments.values_list("state", flat=True)) == ["captured", "refund_due"]
