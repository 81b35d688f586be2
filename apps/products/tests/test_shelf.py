"""What the shop shows after orders, and who is told that little is left."""

from typing import Any
from uuid import UUID

import pytest

from apps.products.handlers import show_after_cancellation, show_after_order
from apps.products.models.stock import Stock
from apps.products.services.reservations import cancel, reserve
from apps.products.services.stock import set_stock
from apps.products.tests.factories import VariantFactory
from contracts.orders import OrderCancelled, OrderedLine, OrderPlaced
from contracts.products import ItemWanted, StockLow
from kernel.actors import SYSTEM
from kernel.addresses import Address
from kernel.ids import uuid7
from kernel.money import Money
from kernel.transactions import unit_of_work
from tests.fixtures import NOON

NOTHING = Money.zero("EUR")
FACT = {"number": "A1", "email": "a@example.com", "customer_id": None, "access_token": "", "version": 1}


def order(sku: str, quantity: int) -> UUID:
    """Take stock and let the event of the order arrive."""
    order_id = uuid7()
    reserve(order_id=order_id, lines=[ItemWanted(sku=sku, quantity=quantity)], expires_at=None, now=NOON)
    line = OrderedLine(sku=sku, product_name="", variant_name="", quantity=quantity, unit_price=NOTHING, total=NOTHING)
    event = OrderPlaced(
        **FACT,
        order_id=order_id,
        placed_at=NOON,
        payment_method="invoice",
        payment_due_at=None,
        payment_reference="",
        shipping_method="",
        shipping_address=Address(name="A", line1="B", postcode="1", city="C", country="SE"),
        lines=[line],
        subtotal=NOTHING,
        shipping=NOTHING,
        tax=NOTHING,
        total=NOTHING,
        prices_include_tax=True,
    )
    unit_of_work(show_after_order)(event)
    unit_of_work(show_after_order)(event)
    return order_id


def told(events: list[Any]) -> list[int]:
    return [event.available for event in events if isinstance(event, StockLow)]


@pytest.mark.django_db
def test_the_shop_shows_what_is_left_after_orders_and_cancellations() -> None:
    product = VariantFactory(sku="MUG", on_hand=3, low_stock_mark=0).product

    order_id = order("MUG", 3)
    product.refresh_from_db()
    after_order = product.available, product.in_stock
    cancel(order_id=order_id, now=NOON)
    event = OrderCancelled(**FACT, order_id=order_id, reason="staff", total=NOTHING, skus=["MUG"])
    unit_of_work(show_after_cancellation)(event)
    product.refresh_from_db()

    assert after_order == (0, False)
    assert (product.available, product.in_stock) == (3, True)


@pytest.mark.django_db
def test_low_stock_is_told_once_until_it_is_filled_up(published: Any) -> None:
    VariantFactory(sku="MUG", on_hand=10, low_stock_mark=4)

    order("MUG", 5)
    before = told(published())
    order("MUG", 1)
    order("MUG", 1)
    once = told(published())
    set_stock(sku="MUG", on_hand=9, actor=SYSTEM, now=NOON)
    order("MUG", 5)

    assert (before, once, told(published())) == ([], [4], [4, 4])
    assert Stock.objects.get().is_low is True


@pytest.mark.django_db
def test_the_shops_mark_counts_where_a_sku_has_none(published: Any) -> None:
    from contracts.orders import Orders
    from kernel.rpc import client

    mark = client(Orders).shop().low_stock_mark
    VariantFactory(sku="MUG", on_hand=mark + 1)

    order("MUG", 1)

    assert told(published()) == [mark]


@pytest.mark.django_db
def test_an_order_of_something_deleted_is_no_error() -> None:
    variant = VariantFactory(sku="MUG", on_hand=3)
    order_id = uuid7()
    reserve(order_id=order_id, lines=[ItemWanted(sku="MUG", quantity=1)], expires_at=None, now=NOON)
    variant.product.delete()

    cancel(order_id=order_id, now=NOON)
    event = OrderCancelled(**FACT, order_id=order_id, reason="staff", total=NOTHING, skus=["MUG"])
    unit_of_work(show_after_cancellation)(event)

    assert not Stock.objects.exists()
