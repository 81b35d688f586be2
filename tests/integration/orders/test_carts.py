"""Carts through the API: filling, problems, secrecy, and becoming a person's."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.orders.models.carts import Cart
from apps.products.models.stock import Stock
from apps.products.tests.factories import VariantFactory

pytestmark = pytest.mark.django_db


def test_a_cart_shows_names_prices_and_totals(guest: Any, mug: Any, bowl: Any) -> None:
    guest.put("MUG", 2)

    cart = guest.put("BOWL").json()

    assert [(line["sku"], line["name"], line["quantity"]) for line in cart["lines"]] == [
        ("MUG", "Mug", 2),
        ("BOWL", "Bowl", 1),
    ]
    assert {name: money["amount"] for name, money in cart["totals"].items()} == {
        "subtotal": "35.00",
        "discount": "0.00",
        "shipping": "4.90",
        "tax": "0.00",
        "total": "39.90",
    }
    assert cart["problems"] == []
    assert cart["shipping_method"] == "standard"


def test_the_same_sku_twice_is_one_line(guest: Any, mug: Any) -> None:
    guest.put("MUG", 2)

    cart = guest.put("MUG", 3).json()

    assert [line["quantity"] for line in cart["lines"]] == [5]


def test_a_cart_takes_no_more_than_the_shelf_holds(guest: Any, mug: Any) -> None:
    guest.put("MUG", 8)

    answer = guest.put("MUG", 3)

    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["skus"], answer.json()["available"]) == ("out_of_stock", ["MUG"], 10)


def test_a_line_changes_its_quantity_and_goes(guest: Any, mug: Any) -> None:
    line_id = guest.put("MUG").json()["lines"][0]["id"]
    address = f"/api/v1/carts/{guest.cart['id']}/lines/{line_id}/"

    changed = guest.client.patch(address, {"quantity": 4}, headers=guest.headers)
    removed = guest.client.delete(address, headers=guest.headers)
    again = guest.client.delete(address, headers=guest.headers)

    assert changed.json()["lines"][0]["quantity"] == 4
    assert removed.json()["lines"] == []
    assert again.status_code == 404


def test_what_left_the_shop_is_shown_as_unavailable(guest: Any, mug: Any) -> None:
    guest.put("MUG")
    type(mug.product).objects.update(is_published=False)

    cart = guest.client.get(f"/api/v1/carts/{guest.cart['id']}/", headers=guest.headers).json()

    assert cart["problems"] == [{"sku": "MUG", "problem": "unavailable"}]
    assert cart["totals"]["total"]["amount"] == "0.00"
    assert guest.order().json()["code"] == "not_sellable"


def test_what_sold_out_is_shown_as_out_of_stock(guest: Any, mug: Any) -> None:
    guest.put("MUG", 5)
    Stock.objects.update(on_hand=4)

    cart = guest.client.get(f"/api/v1/carts/{guest.cart['id']}/", headers=guest.headers).json()

    assert cart["lines"][0]["problem"] == "out_of_stock"
    assert cart["lines"][0]["available"] == 4


def test_a_cart_of_someone_else_does_not_exist(guest: Any, new_guest: Any, mug: Any) -> None:
    other = new_guest()
    address = f"/api/v1/carts/{guest.cart['id']}/"

    answers = [
        other.client.get(address, headers=other.headers),
        other.client.get(address),
        other.client.get(address, headers={"X-Cart-Token": "\u00e9"}),
        other.client.get(f"{address}?token=%00"),
        other.client.delete(address, headers=other.headers),
        other.client.post(f"{address}lines/", {"sku": "MUG"}, headers=other.headers),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6
    assert Cart.objects.filter(id=guest.cart["id"]).exists()


def test_the_token_may_travel_in_the_address(guest: Any, mug: Any) -> None:
    answer = guest.client.get(f"/api/v1/carts/{guest.cart['id']}/?token={guest.cart['token']}")

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "invalid", "sku"),
        ({"sku": "", "quantity": 1}, "invalid", "sku"),
        ({"sku": "MUG", "quantity": 0}, "invalid", "quantity"),
        ({"sku": "MUG", "quantity": -1}, "invalid", "quantity"),
        ({"sku": "MUG", "quantity": 1000}, "invalid", "quantity"),
        ({"sku": "MUG", "quantity": 10**18}, "invalid", "quantity"),
        ({"sku": "MUG", "quantity": "many"}, "invalid", "quantity"),
        ({"sku": "MUG", "quantity": 1.5}, "invalid", "quantity"),
        ({"sku": "M" * 65}, "invalid", "sku"),
        ({"sku": ["MUG"]}, "invalid", "sku"),
        ({"sku": "MUG", "price": 1}, "unknown_field", "price"),
    ],
)
def test_a_wrong_line_is_refused_by_its_field(guest: Any, mug: Any, body: Any, code: str, field: str) -> None:
    answer = guest.client.post(f"/api/v1/carts/{guest.cart['id']}/lines/", body, headers=guest.headers)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert field in answer.json()["errors"]


@pytest.mark.parametrize("body", [b'{"sku": "\xff"}', b'{"sku": "a\\u0000"}', b"[1]", b"{", b'{"quantity": 1e400}'])
def test_what_is_no_json_object_is_refused(guest: Any, body: bytes) -> None:
    answer = guest.client.generic(
        "POST",
        f"/api/v1/carts/{guest.cart['id']}/lines/",
        body,
        content_type="application/json",
        headers=guest.headers,
    )

    assert answer.status_code == 400


def test_an_unknown_sku_is_named(guest: Any) -> None:
    answer = guest.put("NOTHING")

    assert (answer.status_code, answer.json()["code"], answer.json()["skus"]) == (422, "unknown_sku", ["NOTHING"])


def test_a_cart_takes_a_hundred_lines(guest: Any, db: None) -> None:
    for number in range(101):
        VariantFactory(sku=f"S{number}")
    cart = Cart.objects.get(id=guest.cart["id"])
    for number in range(100):
        cart.lines.create(sku=f"S{number}", quantity=1, unit_price_minor=1000)

    answer = guest.put("S100")

    assert (answer.status_code, answer.json()["code"]) == (409, "cart_full")


def test_a_cart_takes_999_of_one_thing(guest: Any, db: None) -> None:
    VariantFactory(sku="NAIL", on_hand=5000)
    guest.put("NAIL", 2)

    answer = guest.put("NAIL", 998)

    assert (answer.status_code, answer.json()["code"], answer.json()["limit"]) == (409, "cart_full", 999)


def test_a_guest_who_signs_in_keeps_the_cart(guest: Any, mug: Any, shopper: Any) -> None:
    guest.put("MUG", 2)
    guest.client.force_authenticate(shopper)

    claimed = guest.client.post(f"/api/v1/carts/{guest.cart['id']}/claim/", {}, headers=guest.headers)
    listed = guest.client.get("/api/v1/carts/").json()["results"]
    stranger = APIClient().get(f"/api/v1/carts/{guest.cart['id']}/", headers=guest.headers)

    assert claimed.status_code == 200
    assert [row["id"] for row in listed] == [guest.cart["id"]]
    assert stranger.status_code == 404


def test_two_carts_become_one_as_far_as_the_stock_reaches(new_guest: Any, mug: Any, bowl: Any, shopper: Any) -> None:
    first, second = new_guest(), new_guest()
    first.put("MUG", 7)
    first.client.force_authenticate(shopper)
    first.client.post(f"/api/v1/carts/{first.cart['id']}/claim/", {}, headers=first.headers)
    second.put("MUG", 6)
    second.put("BOWL", 1)
    second.client.force_authenticate(shopper)

    merged = second.client.post(f"/api/v1/carts/{second.cart['id']}/claim/", {}, headers=second.headers).json()

    assert merged["id"] == first.cart["id"]
    assert {line["sku"]: line["quantity"] for line in merged["lines"]} == {"MUG": 10, "BOWL": 1}
    assert Cart.objects.get(id=second.cart["id"]).status == "merged"


def test_a_guest_cannot_claim(guest: Any, mug: Any) -> None:
    answer = guest.client.post(f"/api/v1/carts/{guest.cart['id']}/claim/", {}, headers=guest.headers)

    assert answer.status_code in {401, 403}


def test_a_thrown_away_cart_is_gone(guest: Any, mug: Any) -> None:
    guest.put("MUG")

    answer = guest.client.delete(f"/api/v1/carts/{guest.cart['id']}/", headers=guest.headers)

    assert answer.status_code == 204
    assert not Cart.objects.exists()


def test_a_cart_asks_what_delivery_costs(guest: Any, mug: Any) -> None:
    guest.put("MUG")

    answer = guest.client.get(f"/api/v1/shipping-methods/?cart={guest.cart['id']}&country=SE", headers=guest.headers)

    [row] = answer.json()["results"]
    assert (row["code"], row["quoted_price"]) == ("standard", {"amount": "4.90", "currency": "EUR"})


def test_a_change_made_for_an_older_version_of_a_cart_is_refused(guest: Any, mug: Any) -> None:
    cart = guest.put("MUG")
    address = f"/api/v1/carts/{guest.cart['id']}/lines/{cart.json()['lines'][0]['id']}/"
    headers = {**guest.headers, "If-Match": cart.headers["ETag"]}

    first = guest.client.patch(address, {"quantity": 2}, headers=headers)
    late = guest.client.patch(address, {"quantity": 3}, headers=headers)

    assert first.status_code == 200
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")


def test_after_the_shop_took_another_currency_a_cart_says_so_and_takes_no_more(
    guest: Any, mug: Any, staff_api: Any
) -> None:
    guest.put("MUG", 2)
    assert staff_api.patch("/api/v1/shop/", {"currency": "JPY"}).status_code == 200

    shown = guest.client.get(f"/api/v1/carts/{guest.cart['id']}/", headers=guest.headers).json()
    refused = [guest.put("MUG", 1), guest.order()]

    assert shown["problems"] == [{"sku": "MUG", "problem": "unavailable"}]
    assert shown["lines"][0]["name"] == "Mug"
    assert shown["totals"]["total"] == {"amount": "0.00", "currency": "EUR"}
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert "currency changed" in answer.json()["detail"]
