"""Vouchers in carts and orders: what they take off, when they are refused, and that they come back."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.orders.models.orders import Order
from apps.orders.models.vouchers import Voucher, VoucherRedemption
from apps.orders.rules.vouchers import VoucherKind
from apps.orders.selectors.soundness import orders_add_up
from apps.orders.services.cancelling import expire_orders
from apps.orders.services.erasing import forget_customer
from apps.orders.tests.factories import ShippingMethodFactory, TaxRateFactory, VoucherFactory
from kernel import clock

from .conftest import Guest

pytestmark = pytest.mark.django_db
TEN = {"code": "ten"}


def eur(amount: str) -> dict[str, str]:
    """Return an amount as it travels."""
    return {"amount": amount, "currency": "EUR"}


def with_voucher(guest: Guest, code: str = "TEN") -> Any:
    """Put a voucher into a guest's cart and return the answer."""
    return guest.client.post(f"/api/v1/carts/{guest.cart['id']}/voucher/", {"code": code}, headers=guest.headers)


def uses() -> tuple[int, int]:
    """Return what TEN counts, and the rows behind it."""
    return Voucher.objects.get(code="TEN").used, VoucherRedemption.objects.count()


def test_a_percentage_is_taken_off_the_lines_and_taxed_on_what_is_left(guest: Guest, mug: Any, bowl: Any) -> None:
    TaxRateFactory()
    VoucherFactory()
    guest.put("MUG", 2)
    guest.put("BOWL")

    answer = guest.order(voucher="ten").json()

    assert answer["voucher"] == "TEN"
    totals = {name: sum_["amount"] for name, sum_ in answer["totals"].items()}
    assert totals == {
        "subtotal": "35.00",
        "discount": "3.50",
        "shipping": "4.90",
        "tax": "7.40",
        "total": "36.40",
        "paid": "0.00",
        "refunded": "0.00",
        "returning": "0.00",
    }
    assert [(line["total"], line["discount"], line["tax"]) for line in answer["lines"]] == [
        (eur("20.00"), eur("2.00"), eur("3.66")),
        (eur("15.00"), eur("1.50"), eur("2.74")),
    ]


def test_a_fixed_amount_never_takes_off_more_than_the_goods(guest: Guest, mug: Any) -> None:
    VoucherFactory(kind=VoucherKind.AMOUNT, amount_minor=5000)
    guest.put("MUG")

    totals = guest.order(voucher="TEN").json()["totals"]

    assert (totals["discount"], totals["total"]) == (eur("10.00"), eur("4.90"))


def test_free_delivery_costs_nothing_and_no_tax(guest: Guest, mug: Any) -> None:
    TaxRateFactory()
    VoucherFactory(kind=VoucherKind.FREE_SHIPPING)
    guest.put("MUG")

    answer = guest.order(voucher="TEN").json()

    order = Order.objects.get()
    assert (answer["totals"]["shipping"], answer["totals"]["total"]) == (eur("0.00"), eur("10.00"))
    assert (order.shipping_net_minor, order.shipping_tax_minor, order.tax_minor) == (0, 0, 203)
    assert order.discount_minor == 0


def test_free_delivery_leaves_the_cheapest_way_the_default(guest: Guest, mug: Any) -> None:
    ShippingMethodFactory(code="by-air", price_minor=2500)
    VoucherFactory(kind=VoucherKind.FREE_SHIPPING)
    guest.put("MUG")

    default, chosen = guest.order(voucher="TEN").json(), None
    other = Guest().start()
    other.put("MUG")
    chosen = other.order(voucher="TEN", shipping_method="by-air").json()

    assert default["shipping_method"] == "standard"
    assert (chosen["shipping_method"], chosen["totals"]["shipping"]) == ("by-air", eur("0.00"))


def test_a_cart_shows_its_voucher_and_the_order_counts_it(guest: Guest, mug: Any) -> None:
    VoucherFactory()
    guest.put("MUG", 2)

    cart = with_voucher(guest, " ten ")
    order = guest.order().json()

    assert cart.status_code == 200, cart.content
    assert cart.json()["voucher"] == {
        "code": "TEN",
        "discount": eur("2.00"),
        "frees_delivery": False,
        "problem": None,
        "message": "",
    }
    assert cart.json()["totals"]["total"] == order["totals"]["total"] == eur("22.90")
    assert uses() == (1, 1)


def test_a_voucher_is_taken_out_again(guest: Guest, mug: Any) -> None:
    VoucherFactory()
    guest.put("MUG")
    with_voucher(guest)

    cart = guest.client.delete(f"/api/v1/carts/{guest.cart['id']}/voucher/", headers=guest.headers).json()

    assert (cart["voucher"], cart["totals"]["discount"]) == (None, eur("0.00"))


@pytest.mark.parametrize(("voucher", "discount"), [("FIVE", "5.00"), ("", "0.00")])
def test_what_the_order_says_takes_the_place_of_the_carts_voucher(
    guest: Guest, mug: Any, voucher: str, discount: str
) -> None:
    VoucherFactory()
    VoucherFactory(code="FIVE", kind=VoucherKind.AMOUNT, amount_minor=500)
    guest.put("MUG")
    with_voucher(guest)

    order = guest.order(voucher=voucher).json()

    assert (order["voucher"], order["totals"]["discount"]) == (voucher, eur(discount))
    assert Voucher.objects.get(code="TEN").used == 0


@pytest.mark.parametrize(
    ("terms", "status", "code"),
    [
        ({"code": "OTHER"}, 400, "voucher_unknown"),
        ({"currency": "SEK"}, 400, "voucher_unknown"),
        ({"is_active": False}, 409, "voucher_expired"),
        ({"valid_until": clock.now() - timedelta(hours=1)}, 409, "voucher_expired"),
        ({"valid_from": clock.now() + timedelta(days=1)}, 409, "voucher_not_yet_valid"),
        ({"limit": 3, "used": 3}, 409, "voucher_used_up"),
        ({"minimum_minor": 1001}, 409, "voucher_minimum_not_reached"),
    ],
)
def test_a_voucher_that_does_not_count_is_refused_everywhere_and_says_why(
    guest: Guest, mug: Any, terms: dict[str, Any], status: int, code: str
) -> None:
    VoucherFactory(**terms)
    guest.put("MUG")

    answers = [with_voucher(guest), guest.order(voucher="TEN")]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(status, code)] * 2
    assert all(answer.json()["errors"]["voucher"] for answer in answers)
    assert not Order.objects.exists()


def test_a_sum_that_is_not_reached_is_named(guest: Guest, mug: Any) -> None:
    VoucherFactory(minimum_minor=2000)
    guest.put("MUG")

    assert with_voucher(guest).json()["minimum"] == eur("20.00")


def test_a_cart_whose_voucher_stopped_counting_shows_it_and_is_not_ordered_at_another_price(
    guest: Guest, mug: Any
) -> None:
    VoucherFactory()
    guest.put("MUG")
    with_voucher(guest)
    Voucher.objects.update(is_active=False)

    cart = guest.client.get(f"/api/v1/carts/{guest.cart['id']}/", headers=guest.headers).json()
    answer = guest.order()

    assert (cart["voucher"]["problem"], cart["totals"]["total"]) == ("voucher_expired", eur("14.90"))
    assert cart["voucher"]["message"] == "This voucher is not valid any more."
    assert (answer.status_code, answer.json()["code"]) == (409, "voucher_expired")


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@example.com", "ada+2@example.com"])
def test_one_person_redeems_as_often_as_the_voucher_says(guest: Guest, new_guest: Any, mug: Any, email: str) -> None:
    VoucherFactory(limit_per_person=1)
    guest.put("MUG")
    guest.order(voucher="TEN")
    again = new_guest()
    again.put("MUG")

    answer = again.order(voucher="TEN", email=email)

    assert (answer.status_code, answer.json()["code"]) == (409, "voucher_used_by_you")
    assert uses() == (1, 1)


def test_an_account_is_one_person_whatever_address_it_gives(make_user: Any, mug: Any) -> None:
    VoucherFactory(limit_per_person=1)
    client = APIClient()
    client.force_authenticate(make_user("ada@example.com"))
    answers = []

    for number in range(2):
        buyer = Guest(client).start()
        buyer.put("MUG")
        answers.append(buyer.order(voucher="TEN", email=f"ada-{number}@example.org", key=f"k{number}"))

    assert [answer.status_code for answer in answers] == [201, 409]
    assert answers[1].json()["code"] == "voucher_used_by_you"


def test_a_cancelled_order_gives_its_use_back_once(guest: Guest, new_guest: Any, mug: Any) -> None:
    VoucherFactory(limit=1, limit_per_person=1)
    guest.put("MUG")
    order = guest.order(voucher="TEN").json()
    address, headers = f"/api/v1/orders/{order['id']}/cancel/", {"X-Order-Token": order["access_token"]}

    statuses = [guest.client.post(address, {}, headers=headers).status_code for _ in range(2)]

    assert statuses == [200, 409]
    assert uses() == (0, 0)
    other = new_guest()
    other.put("MUG")
    assert other.order(voucher="TEN").status_code == 201
    assert uses() == (1, 1)


def test_an_order_that_expires_gives_its_use_back_once(guest: Guest, mug: Any) -> None:
    VoucherFactory(limit=1)
    guest.put("MUG")
    guest.order(voucher="TEN", payment_method="bank_transfer")
    Order.objects.update(expires_at=clock.now() - timedelta(seconds=1))

    expire_orders()
    expire_orders()

    assert uses() == (0, 0)


def test_an_order_whose_money_went_back_before_anything_was_sent_gives_its_use_back(
    guest: Guest, staff_api: APIClient, mug: Any
) -> None:
    VoucherFactory()
    guest.put("MUG", 3)
    order = guest.order(voucher="TEN").json()
    staff_api.post(f"/api/v1/orders/{order['id']}/pay/", {})

    pieces = staff_api.post(f"/api/v1/orders/{order['id']}/refunds/", {"lines": [{"sku": "MUG", "quantity": 3}]})
    rest = staff_api.post(f"/api/v1/orders/{order['id']}/refunds/", {"amount": eur("4.90")})

    assert pieces.json()["amount"] == eur("27.00")
    assert rest.status_code == 201, rest.content
    assert Order.objects.get().status == "cancelled"
    assert uses() == (0, 0)


def test_pieces_of_a_discounted_line_give_back_what_was_paid_for_them(
    guest: Guest, staff_api: APIClient, mug: Any
) -> None:
    VoucherFactory(kind=VoucherKind.AMOUNT, amount_minor=100)
    guest.put("MUG", 3)
    order = guest.order(voucher="TEN").json()
    staff_api.post(f"/api/v1/orders/{order['id']}/pay/", {})

    amounts = [
        staff_api.post(f"/api/v1/orders/{order['id']}/refunds/", {"lines": [{"sku": "MUG", "quantity": 1}]}).json()[
            "amount"
        ]["amount"]
        for _ in range(3)
    ]

    assert amounts == ["9.66", "9.67", "9.67"]


def test_an_order_that_fails_uses_nothing(guest: Guest, mug: Any) -> None:
    VoucherFactory()
    guest.put("MUG")
    mug.stock.on_hand = 0
    mug.stock.save()

    answer = guest.order(voucher="TEN")

    assert answer.json()["code"] == "out_of_stock"
    assert uses() == (0, 0)


def test_the_same_order_sent_again_is_the_same_answer_and_one_use(guest: Guest, mug: Any) -> None:
    VoucherFactory(limit_per_person=1)
    guest.put("MUG")

    answers = [guest.order(voucher="TEN") for _ in range(3)]

    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[0].status_code == 201
    assert uses() == (1, 1)


def test_a_cart_that_is_claimed_takes_its_voucher_along(guest: Guest, make_user: Any, mug: Any) -> None:
    VoucherFactory()
    guest.put("MUG")
    with_voucher(guest)
    client = APIClient()
    client.force_authenticate(make_user("ada@example.com"))
    mine = Guest(client).start()

    claimed = client.post(f"/api/v1/carts/{guest.cart['id']}/claim/", {}, headers=guest.headers).json()

    assert claimed["id"] == mine.cart["id"]
    assert claimed["voucher"]["code"] == "TEN"


def test_nobody_is_recognised_by_the_uses_of_a_voucher_once_he_is_erased(make_user: Any, mug: Any) -> None:
    VoucherFactory(limit_per_person=1)
    user = make_user("ada@example.com")
    client = APIClient()
    client.force_authenticate(user)
    buyer = Guest(client).start()
    buyer.put("MUG")
    order = buyer.order(voucher="TEN").json()
    Order.objects.update(status="completed", payment_status="paid", paid_minor=1390)

    forget_customer(customer_id=user.id, emails=["ada@example.com"], now=clock.now())

    redemption = VoucherRedemption.objects.get(order_id=order["id"])
    assert (redemption.customer_id, redemption.email_key) == (None, None)
    assert uses() == (1, 1)


@pytest.mark.parametrize("code", ["TEN", "FREE"])
def test_the_doctor_finds_nothing_in_an_order_with_a_voucher(guest: Guest, mug: Any, bowl: Any, code: str) -> None:
    TaxRateFactory()
    VoucherFactory(rate_ppm=123_456)
    VoucherFactory(code="FREE", kind=VoucherKind.FREE_SHIPPING)
    guest.put("MUG", 2)
    guest.put("BOWL")

    answer = guest.order(voucher=code)

    assert answer.status_code == 201, answer.content
    assert list(orders_add_up()) == []
