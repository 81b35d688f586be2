"""The till: an order is placed once, everything typed is kept, and what changed is said."""

from typing import Any

import pytest
from django.test import Client

from apps.orders.models.carts import CartLine
from apps.orders.models.orders import Order
from apps.orders.models.settings import ShippingMethod
from apps.orders.services.settings import apply_shop_settings
from apps.orders.tests.factories import ShippingMethodFactory, TaxRateFactory
from apps.products.models.catalogue import Variant
from apps.products.models.stock import Stock
from apps.products.tests.factories import VariantFactory
from apps.users.services.addresses import add_address
from kernel.actors import SYSTEM, Actor
from kernel.addresses import Address
from tests.fixtures import NOON

from .test_pages_cart import put, text_of

pytestmark = pytest.mark.django_db
TYPED = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "line1": "Market Street 1",
    "line2": "",
    "postcode": "00100",
    "city": "Helsinki",
    "region": "",
    "country": "FI",
    "same_billing": "on",
    "note": "Ring twice",
}
BILLING = {
    "billing_name": "Analytical Ltd",
    "billing_line1": "Engine Road 2",
    "billing_postcode": "00200",
    "billing_city": "Espoo",
    "billing_country": "FI",
}
PAGE_STATEMENTS = 3
PURCHASE_STATEMENTS = 30


@pytest.fixture
def till(client: Client, mug: Any, bowl: Any) -> Client:
    """Return a guest with two mugs and a bowl in the basket."""
    put(client, "MUG", 2)
    put(client, "BOWL", 1)
    return client


def place(client: Client, **values: str) -> Any:
    return client.post("/checkout/", {**TYPED, **values})


def key_of(client: Client) -> str:
    return str(client.get("/checkout/").context["cart"].id)


def test_a_guest_orders_on_one_page(till: Client) -> None:
    answer = place(till, key=key_of(till), total="3990")

    order = Order.objects.get()
    assert answer["Location"] == f"/orders/{order.id}/thanks/?token={order.access_token}"
    assert (order.total_minor, order.email, order.note) == (3990, "ada@example.com", "Ring twice")
    assert order.billing_address == order.shipping_address
    assert till.cookies["cart_count"].value == ""
    assert "Your basket is empty" in text_of(till.get("/cart/"))


def test_a_form_sent_twice_is_one_order_and_ends_at_the_same_page(till: Client) -> None:
    key = key_of(till)

    first, second = place(till, key=key), place(till, key=key)

    assert first["Location"] == second["Location"]
    assert Order.objects.count() == 1


def test_a_form_without_its_key_ends_at_the_same_page(till: Client) -> None:
    first = place(till, key=key_of(till))
    second = place(till)

    assert second["Location"] == first["Location"]


def test_an_old_form_does_not_order_what_was_put_into_a_new_basket(till: Client) -> None:
    key = key_of(till)
    place(till, key=key)
    put(till, "BOWL")

    answer = place(till, key=key)

    assert answer.status_code == 422
    assert "Your basket is another one now." in text_of(answer)
    assert Order.objects.count() == 1


def test_somebody_elses_key_leads_nowhere(till: Client) -> None:
    key = key_of(till)
    place(till, key=key)

    assert place(Client(), key=key)["Location"] == "/cart/"


def test_the_bill_may_go_elsewhere(till: Client) -> None:
    values = {name: value for name, value in TYPED.items() if name != "same_billing"}

    till.post("/checkout/", {**values, **BILLING})

    order = Order.objects.get()
    assert (order.ship_to.name, order.bill_to.name) == ("Ada Lovelace", "Analytical Ltd")


def test_a_bill_that_goes_elsewhere_needs_an_address(till: Client) -> None:
    values = {name: value for name, value in TYPED.items() if name != "same_billing"}

    answer = till.post("/checkout/", values)

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == set(BILLING)
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("email", ""),
        ("email", "a@" + ".".join(["İ" * 10] * 22) + ".com"),  # too long once its letters are small
        ("name", "A\x00da"),
        ("line1", "x" * 201),
        ("postcode", ""),
        ("country", "XX"),
        ("country", ""),
        ("note", "x" * 501),
        ("shipping_method", "pigeon"),
        ("payment_method", "barter"),
        ("payment_method", "\x00"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_the_rest_is_kept(till: Client, field: str, value: str) -> None:
    answer = place(till, **{field: value})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    kept = "city" if field != "city" else "name"
    assert f'value="{TYPED[kept]}"' in text_of(answer)
    assert not Order.objects.exists()


def test_what_sold_out_at_the_last_moment_leads_back_to_the_basket(till: Client) -> None:
    Stock.objects.filter(sku="BOWL").update(on_hand=0)

    answer = till.post("/checkout/", TYPED, follow=True)

    assert answer.redirect_chain == [("/cart/", 302)]
    assert "Nothing was ordered yet: something changed at the last moment. Bowl" in text_of(answer)
    assert "This is sold out." in text_of(answer)
    assert not Order.objects.exists()
    assert CartLine.objects.count() == 2


def test_a_price_that_changed_at_the_last_moment_leads_back_to_the_basket(till: Client) -> None:
    Variant.objects.filter(sku="MUG").update(price_minor=1100)

    answer = till.post("/checkout/", TYPED, follow=True)

    assert "The price changed from €10.00 to €11.00." in text_of(answer)
    assert not Order.objects.exists()


def test_nobody_owes_a_total_that_was_not_shown(till: Client) -> None:
    answer = place(till, total="2990")

    assert answer.status_code == 422
    assert "The total is another one now." in text_of(answer)
    assert 'name="total" value="3990"' in text_of(answer)
    assert not Order.objects.exists()


def test_another_country_is_drawn_without_scripts_and_keeps_what_was_typed(till: Client) -> None:
    TaxRateFactory(country="SE", rate_ppm=250_000)
    ShippingMethodFactory(code="north", name="Northern post", price_minor=100, countries=["SE"])
    apply_shop_settings(changes={"name": "Mugs"}, actor=SYSTEM, now=NOON)

    answer = place(till, country="SE", update="country", email="half@")

    assert answer.status_code == 200
    page = text_of(answer)
    assert "Northern post" in page
    assert "€36.00" in page
    assert 'value="half@"' in page
    assert 'value="SE" selected' in page
    assert not Order.objects.exists()


def test_goods_that_go_nowhere_are_told_at_the_country(till: Client) -> None:
    till.get("/checkout/")
    ShippingMethod.objects.update(countries=["SE"])
    apply_shop_settings(changes={"name": "Mugs"}, actor=SYSTEM, now=NOON)

    answer = place(till, country="FI")

    assert answer.status_code == 422
    assert "country" in answer.context["form"].errors


def test_an_empty_basket_has_no_till(client: Client) -> None:
    assert client.get("/checkout/")["Location"] == "/cart/"
    assert place(client)["Location"] == "/cart/"


def test_a_person_is_known_at_the_till(till: Client, shopper: Any) -> None:
    actor = Actor(id=shopper.id)
    for street in ("First Street 1", "Second Street 2"):
        address = Address(name="Shopper", line1=street, postcode="00100", city="Helsinki", country="FI")
        add_address(address=address, actor=actor, now=NOON)
    till.force_login(shopper)

    first, second = text_of(till.get("/checkout/")), text_of(till.get("/checkout/?address=1"))

    assert 'value="shopper@example.com"' in first
    assert 'value="First Street 1"' in first
    assert 'value="Second Street 2"' in second
    answer = place(till)
    order = Order.objects.get()
    assert (order.customer_id, answer["Location"]) == (shopper.id, f"/orders/{order.id}/thanks/")
    assert place(till, key=str(order.cart_id))["Location"] == answer["Location"]


@pytest.mark.parametrize("lines", [1, 12])
def test_the_till_costs_the_same_however_full_the_basket_is(client: Client, statements: Any, lines: int) -> None:
    for number in range(lines):
        VariantFactory(sku=f"CUP-{number}")
        put(client, f"CUP-{number}")
    client.get("/checkout/")

    with statements() as ran:
        answer = client.get("/checkout/")

    assert answer.status_code == 200
    assert len(ran) == PAGE_STATEMENTS, ran


def test_a_purchase_of_two_lines_costs_little(client: Client, mug: Any, bowl: Any, statements: Any) -> None:
    Client().get("/cart/")

    with statements() as ran:
        put(client, "MUG", 2)
        put(client, "BOWL")
        client.get("/checkout/")
        place(client, total="3990")

    assert Order.objects.count() == 1
    assert len(ran) <= PURCHASE_STATEMENTS, ran
    assert len(ran) == 28, ran
