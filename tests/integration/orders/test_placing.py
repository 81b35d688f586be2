"""Placing orders through the API: prices, delivery, stock, repetition."""

from typing import Any

import pytest

from apps.orders.models.carts import Cart
from apps.orders.models.orders import Order, OrderChange
from apps.orders.models.settings import ShippingMethod
from apps.orders.services import drafts
from apps.orders.services.settings import apply_shop_settings
from apps.orders.tests.factories import ShippingMethodFactory, TaxRateFactory
from apps.products.models.stock import Stock
from apps.products.tests.factories import VariantFactory
from contracts.orders import OrderPlaced
from kernel.actors import SYSTEM
from tests.fixtures import NOON

from .conftest import ADDRESS

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
    assert OrderChange.objects.get().kind == "placed"


def test_a_bank_transfer_holds_the_stock_for_a_week(guest: Any, mug: Any, noon: Any) -> None:
    guest.put("MUG", 2)

    order = guest.order(payment_method="bank_transfer").json()

    assert order["payment_due_at"] == order["expires_at"] == "2026-06-08T12:00:00Z"
    assert order["payment_reference"] == order["number"]
    stock = Stock.objects.get(sku="MUG")
    assert (stock.on_hand, stock.reserved) == (10, 2)


def test_tax_is_put_on_top_where_prices_are_without_it(guest: Any, mug: Any) -> None:
    TaxRateFactory()
    apply_shop_settings(changes={"prices_include_tax": False}, actor=SYSTEM, now=NOON)
    guest.put("MUG", 2)

    totals = guest.order().json()["totals"]

    assert {name: money["amount"] for name, money in totals.items()} == {
        "subtotal": "20.00",
        "shipping": "4.90",
        "tax": "6.35",
        "discount": "0.00",
        "total": "31.25",
        "paid": "0.00",
        "refunded": "0.00",
        "returning": "0.00",
    }


def test_the_cheapest_delivery_is_taken_unless_another_is_named(new_guest: Any, mug: Any) -> None:
    ShippingMethodFactory(code="drone", price_minor=2000)
    ShippingMethodFactory(code="bike", price_minor=100)
    chosen = []
    for number, asked in enumerate([{}, {"shipping_method": "drone"}]):
        guest = new_guest()
        guest.put("MUG")
        chosen.append(guest.order(key=f"k{number}", **asked).json()["shipping_method"])

    assert chosen == ["bike", "drone"]


def test_goods_that_go_nowhere_are_refused(guest: Any, mug: Any) -> None:
    guest.put("MUG")
    ShippingMethod.objects.all().delete()
    ShippingMethodFactory(countries=["SE"])

    answer = guest.order()

    assert (answer.status_code, answer.json()["code"]) == (409, "not_deliverable")
    assert not Order.objects.exists()


def test_what_costs_nothing_counts_as_paid(guest: Any, db: None) -> None:
    VariantFactory(sku="FREE", price_minor=0, on_hand=1)
    ShippingMethodFactory(code="gift", price_minor=0)
    guest.put("FREE")

    order = guest.order(payment_method="bank_transfer").json()

    assert (order["payment_status"], order["expires_at"]) == ("paid", None)


def test_an_empty_cart_cannot_be_ordered(guest: Any, db: None) -> None:
    answer = guest.order()

    assert (answer.status_code, answer.json()["code"]) == (409, "cart_empty")


def test_a_changed_price_is_refused_until_it_was_accepted(guest: Any, mug: Any) -> None:
    line_id = guest.put("MUG", 2).json()["lines"][0]["id"]
    type(mug).objects.filter(id=mug.id).update(price_minor=1200)

    refused = guest.order(key="first")
    shown = guest.client.get(f"/api/v1/carts/{guest.cart['id']}/", headers=guest.headers).json()
    guest.client.patch(f"/api/v1/carts/{guest.cart['id']}/lines/{line_id}/", {"quantity": 2}, headers=guest.headers)
    placed = guest.order(key="second")

    assert (refused.status_code, refused.json()["code"], refused.json()["skus"]) == (409, "price_changed", ["MUG"])
    assert shown["lines"][0]["problem"] == "price_changed"
    assert shown["lines"][0]["price_before"]["amount"] == "10.00"
    assert placed.status_code == 201
    assert placed.json()["lines"][0]["unit_price"]["amount"] == "12.00"


def test_too_little_stock_names_every_sku_and_changes_nothing(guest: Any, mug: Any, bowl: Any, published: Any) -> None:
    guest.put("MUG", 3)
    guest.put("BOWL", 3)
    Stock.objects.update(on_hand=2)
    type(mug.product).objects.update(available=2)

    answer = guest.order()

    assert (answer.status_code, answer.json()["code"]) == (409, "out_of_stock")
    assert answer.json()["skus"] == ["BOWL", "MUG"]
    assert not Order.objects.exists()
    assert published() == []
    assert Cart.objects.get().status == "open"


def test_one_cart_gives_one_order(guest: Any, mug: Any) -> None:
    guest.put("MUG")

    first, second = guest.order(key="a"), guest.order(key="b")

    assert first.status_code == 201
    assert (second.status_code, second.json()["code"]) == (409, "cart_closed")
    assert Order.objects.count() == 1


def test_the_same_key_gives_the_same_bytes(guest: Any, mug: Any) -> None:
    guest.put("MUG")

    first, second = guest.order(), guest.order()

    assert first.content == second.content
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert Order.objects.count() == 1


def test_a_refusal_is_repeated_too(guest: Any, mug: Any) -> None:
    guest.put("MUG", 3)
    Stock.objects.update(on_hand=2)

    first = guest.order()
    Stock.objects.update(on_hand=5)
    second = guest.order()

    assert (first.status_code, second.status_code) == (409, 409)
    assert first.content == second.content


def test_a_key_belongs_to_one_body(guest: Any, mug: Any) -> None:
    guest.put("MUG")
    guest.order()

    other = guest.order(email="someone@example.com")

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_without_a_key_nothing_is_ordered(guest: Any, mug: Any) -> None:
    guest.put("MUG")

    answer = guest.client.post(
        "/api/v1/orders/",
        {"cart": guest.cart["id"], "email": "ada@example.com", "shipping_address": ADDRESS},
        headers=guest.headers,
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    assert not Order.objects.exists()


def test_a_number_that_is_taken_is_drawn_again(new_guest: Any, mug: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter(["AAAAAAAA", "AAAAAAAA", "BBBBBBBB"])
    monkeypatch.setattr(drafts, "order_number", lambda _bits: next(numbers))
    placed = []
    for key in ("a", "b"):
        guest = new_guest()
        guest.put("MUG")
        placed.append(guest.order(key=key).json()["number"])

    assert placed == ["AAAAAAAA", "BBBBBBBB"]
    assert Stock.objects.get(sku="MUG").on_hand == 8
