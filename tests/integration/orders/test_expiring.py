"""Many orders whose time is over, as after an outage: all are called off, and none keeps another waiting."""

from datetime import timedelta
from typing import Any

import pytest

from apps.orders.models.orders import Order
from apps.orders.services import cancelling
from apps.orders.services.cancelling import expire_orders
from apps.products.models.stock import Reservation, Stock
from apps.products.services import expiry
from apps.products.services.expiry import expire_holds
from apps.products.tests.factories import VariantFactory
from kernel import clock

from .test_many_at_once import buyer

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = timedelta(hours=2)


@pytest.fixture
def late(db: None) -> list[Order]:
    """Return five orders of a MUG that were to be paid an hour ago and later, the earliest first."""
    VariantFactory(sku="MUG", on_hand=10)
    orders = []
    for age in range(5, 0, -1):
        order = Order.objects.get(id=buyer("MUG").order(payment_method="sandbox_card").json()["id"])
        Order.objects.filter(id=order.id).update(expires_at=clock.now() - LONG_AGO - timedelta(minutes=age))
        Reservation.objects.filter(order_id=order.id).update(expires_at=clock.now() - LONG_AGO - timedelta(minutes=age))
        orders.append(order)
    return orders


def statuses() -> list[str]:
    """Return where the orders stand, the earliest first."""
    return list(Order.objects.order_by("placed_at", "id").values_list("status", flat=True))


def test_one_run_goes_on_until_no_order_is_due(late: list[Order], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancelling, "EXPIRY_BATCH", 2)

    expire_orders()

    assert statuses() == ["cancelled"] * 5
    assert Stock.objects.get().reserved == 0


def test_one_run_goes_on_until_no_hold_is_due(late: list[Order], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "BATCH", 2)

    expire_holds()

    assert Stock.objects.get().reserved == 0


def test_an_order_that_cannot_be_called_off_keeps_no_other_waiting(late: list[Order]) -> None:
    Order.objects.filter(id=late[0].id).update(fulfilment_status="partially_fulfilled")

    expire_orders()

    assert statuses() == ["open", *["cancelled"] * 4]


@pytest.mark.parametrize("job", [expire_orders, expire_holds])
def test_a_count_that_is_wrong_keeps_no_other_waiting(late: list[Order], job: Any) -> None:
    VariantFactory(sku="BOWL", on_hand=10)
    good = Order.objects.get(id=buyer("BOWL").order(payment_method="sandbox_card").json()["id"])
    Order.objects.filter(id=good.id).update(expires_at=clock.now() - timedelta(hours=1))
    Reservation.objects.filter(order_id=good.id).update(expires_at=clock.now() - timedelta(hours=1))
    Stock.objects.filter(sku="MUG").update(reserved=0)

    job()

    assert Stock.objects.get(sku="BOWL").reserved == 0
    assert Reservation.objects.filter(state="held").count() == 5
