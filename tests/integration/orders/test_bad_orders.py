"""What is wrong with an order is refused by the name of the field, and nothing is written."""

from typing import Any

import pytest

from apps.orders.models.orders import Order
from apps.orders.models.payments import Payment
from apps.orders.tests.factories import VoucherFactory
from apps.products.tests.factories import VariantFactory
from kernel.money import MAX_MINOR

from .conftest import ADDRESS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cart": "no"}, "cart"),
        ({"cart": None}, "cart"),
        ({"cart": 10**18}, "cart"),
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "a@" + "b" * 300 + ".com"}, "email"),
        ({"email": ["a@b.com"]}, "email"),
        ({"email": "a@" + ".".join(["İ" * 10] * 22) + ".com"}, "email"),  # too long once its letters are small
        ({"shipping_address": None}, "shipping_address"),
        ({"shipping_address": "here"}, "shipping_address"),
        ({"shipping_address": {}}, "shipping_address.name"),
        ({"shipping_address": {**ADDRESS, "country": "XX"}}, "shipping_address.country"),
        ({"shipping_address": {**ADDRESS, "country": "fi"}}, "shipping_address.country"),
        ({"shipping_address": {**ADDRESS, "name": "x" * 121}}, "shipping_address.name"),
        ({"shipping_address": {**ADDRESS, "planet": "Earth"}}, "shipping_address.planet"),
        ({"billing_address": {"name": "x"}}, "billing_address.line1"),
        ({"shipping_method": "teleport"}, "shipping_method"),
        ({"shipping_method": 5.5}, "shipping_method"),
        ({"shipping_method": "x" * 41}, "shipping_method"),
        ({"payment_method": "gold"}, "payment_method"),
        ({"voucher": "FREE"}, "voucher"),
        ({"note": "x" * 501}, "note"),
        ({"total": 1}, "total"),
    ],
)
def test_a_wrong_order_is_refused_by_its_field(guest: Any, mug: Any, change: dict[str, Any], field: str) -> None:
    guest.put("MUG")

    answer = guest.order(**change)

    assert answer.status_code == 400, answer.content
    assert _names(answer, field)
    assert not Order.objects.exists()


@pytest.mark.parametrize("name", ["name", "line1", "line2", "postcode", "city", "region", "phone"])
@pytest.mark.parametrize("sign", ["\n", "\r\n", "\x85", "\u2028", "\x1b", "\u202e"])
def test_no_order_brings_a_line_of_its_own_into_the_letter_about_it(guest: Any, mug: Any, name: str, sign: str) -> None:
    guest.put("MUG")

    answer = guest.order(shipping_address={**ADDRESS, name: f"0{sign}See evil.com"})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [f"shipping_address.{name}"])
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "name",
    ["Zo\u00eb O\u2019Neill", "\u0645\u062d\u0645\u062f", "\u200f\u05e2\u05d3\u05d4", "\u674e\u5c0f", "Ada\tLovelace"],
)
def test_names_of_every_alphabet_are_one_line(guest: Any, mug: Any, name: str) -> None:
    guest.put("MUG")

    assert guest.order(shipping_address={**ADDRESS, "name": name}).status_code == 201


def test_an_order_beyond_all_money_is_refused_though_a_voucher_pays_for_all_of_it(guest: Any) -> None:
    VoucherFactory(code="ALL", rate_ppm=1_000_000)
    for number in range(11):
        VariantFactory(sku=f"GOLD-{number}", price_minor=MAX_MINOR, on_hand=1000)
        guest.put(f"GOLD-{number}", 999)

    answer = guest.order(voucher="ALL")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not Order.objects.exists()


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "\u00e9"])
def test_a_wrong_key_is_refused(guest: Any, mug: Any, key: str) -> None:
    guest.put("MUG")

    answer = guest.order(key=key)

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")


def test_html_and_sql_in_texts_are_kept_as_they_are(guest: Any, mug: Any) -> None:
    guest.put("MUG")
    name = "Robert'); DROP TABLE orders_order;--<script>"

    order = guest.order(shipping_address={**ADDRESS, "name": name}, note="<b>now</b>").json()

    assert order["shipping_address"]["name"] == name
    assert order["note"] == "<b>now</b>"


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("pay", {"method": "gold"}, "method"),
        ("pay", {"method": "sandbox_card"}, "card_number"),
        ("pay", {"method": "sandbox_card", "card_number": "1234"}, "card_number"),
        ("pay", {"method": "sandbox_card", "card_number": "4" * 33}, "card_number"),
        ("pay", {"cvc": "1"}, "cvc"),
        ("pay", {"reference": "x" * 81}, "reference"),
        ("cancel", {"why": "so"}, "why"),
        ("fulfilments", {"lines": []}, "lines"),
        ("fulfilments", {"lines": [{"sku": "MUG", "quantity": 0}]}, "lines.0.quantity"),
        ("fulfilments", {"lines": [{"sku": "MUG", "quantity": 10**18}]}, "lines.0.quantity"),
        ("fulfilments", {"lines": [{"sku": "NO", "quantity": 1}]}, "lines"),
        ("fulfilments", {"lines": [{"sku": "MUG", "quantity": 1}] * 2}, "lines"),
        ("fulfilments", {"tracking_url": "javascript:alert(1)"}, "tracking_url"),
        ("fulfilments", {"carrier": "x" * 61}, "carrier"),
        ("refunds", {}, "amount"),
        ("refunds", {"amount": {"amount": "0.00", "currency": "EUR"}}, "amount"),
        ("refunds", {"amount": {"amount": "-1.00", "currency": "EUR"}}, "amount.amount"),
        ("refunds", {"amount": {"amount": "1.001", "currency": "EUR"}}, "amount.amount"),
        ("refunds", {"amount": {"amount": "1.00", "currency": "XXX9"}}, "amount.currency"),
        ("refunds", {"amount": 5}, "amount"),
        ("refunds", {"lines": [{"sku": "NO", "quantity": 1}]}, "lines"),
        ("refunds", {"restock": "perhaps"}, "restock"),
        ("refunds", {"reason": "x" * 201}, "reason"),
        ("notes", {}, "text"),
        ("notes", {"text": ""}, "text"),
        ("notes", {"text": "x" * 2001}, "text"),
    ],
)
def test_a_wrong_action_is_refused_by_its_field(
    guest: Any, mug: Any, staff_api: Any, action: str, body: dict[str, Any], field: str
) -> None:
    guest.put("MUG", 2)
    order = guest.order().json()

    answer = staff_api.post(f"/api/v1/orders/{order['id']}/{action}/", body)

    assert answer.status_code == 400, answer.content
    assert _names(answer, field), answer.json()
    assert Order.objects.get().version == 1


def test_another_currency_is_refused(guest: Any, mug: Any, staff_api: Any) -> None:
    guest.put("MUG")
    order = guest.order().json()

    answer = staff_api.post(f"/api/v1/orders/{order['id']}/refunds/", {"amount": {"amount": "1.00", "currency": "SEK"}})

    assert (answer.status_code, answer.json()["code"]) == (400, "currency_mismatch")


@pytest.mark.parametrize("name", ["not-a-uuid", "00000000-0000-7000-8000-000000000000"])
def test_an_unknown_order_is_not_found(staff_api: Any, name: str) -> None:
    answers = [
        staff_api.get(f"/api/v1/orders/{name}/"),
        staff_api.post(f"/api/v1/orders/{name}/cancel/", {}),
        staff_api.post(f"/api/v1/orders/{name}/pay/", {}),
        staff_api.post(f"/api/v1/orders/{name}/fulfilments/", {}),
        staff_api.post(f"/api/v1/orders/{name}/refunds/", {"amount": {"amount": "1.00", "currency": "EUR"}}),
        staff_api.post(f"/api/v1/orders/{name}/notes/", {"text": "x"}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6


def _names(answer: Any, field: str) -> bool:
    """Tell whether an answer names a field, or all of it."""
    return bool({field, f"{field}.non_field_errors"} & set(answer.json()["errors"]))


def test_a_real_shop_takes_no_play_money(guest: Any, mug: Any, settings: Any) -> None:
    guest.put("MUG")
    placed = guest.order(payment_method="sandbox_card").json()
    settings.SANDBOX_PAYMENTS = False

    paid = guest.client.post(
        f"/api/v1/orders/{placed['id']}/pay/",
        {"method": "sandbox_card", "card_number": "4242424242424242"},
        headers={"X-Order-Token": placed["access_token"]},
    )

    assert (paid.status_code, list(paid.json()["errors"])) == (400, ["method"])
    assert Payment.objects.count() == 0
