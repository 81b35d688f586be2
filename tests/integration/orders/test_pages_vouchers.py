"""Vouchers on the pages: the basket, the till, the order, its mail, and the back office."""

from typing import Any

import pytest
from django.test import Client

from apps.notifications.models import Message
from apps.orders.models.carts import Cart
from apps.orders.models.orders import Order
from apps.orders.models.vouchers import Voucher, VoucherRedemption
from apps.orders.tests.factories import OrderFactory, VoucherFactory
from apps.products.tests.factories import VariantFactory
from kernel.events.relay import deliver_all
from kernel.ids import uuid7
from tests.fixtures import NOON

pytestmark = pytest.mark.django_db
ADDRESS = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "line1": "Market Street 1",
    "postcode": "00100",
    "city": "Helsinki",
    "country": "FI",
    "same_billing": "on",
    "payment_method": "invoice",
}
WISH = {"code": "spring-10", "kind": "percent", "percent": "10", "is_active": "on"}


@pytest.fixture
def shopper(client: Client) -> Client:
    """Return a guest's browser with one mug for 10.00 in the basket, and a voucher TEN in the shop."""
    VariantFactory(sku="MUG", price_minor=1000, on_hand=10)
    VoucherFactory()
    client.post("/cart/lines/", {"sku": "MUG", "quantity": 1})
    return client


@pytest.fixture
def office(client: Client, staff: Any) -> Client:
    """Return an admin's browser."""
    client.force_login(staff)
    return client


def test_a_voucher_is_used_and_taken_out_at_the_basket(shopper: Client) -> None:
    used = shopper.post("/cart/voucher/", {"voucher": "ten"}, follow=True).content.decode()
    removed = shopper.post("/cart/voucher/remove/", follow=True).content.decode()

    assert "Your voucher counts." in used
    assert '<span class="mono">TEN</span>' in used
    assert "\u2212€1.00" in used
    assert "€13.90" in used
    assert "€14.90" in removed
    assert "\u2212€1.00" not in removed


@pytest.mark.parametrize(
    ("typed", "said"), [("NOPE", "There is no such voucher."), ("", "Type the code of your voucher.")]
)
def test_a_voucher_that_is_none_is_refused_at_its_field(shopper: Client, typed: str, said: str) -> None:
    answer = shopper.post("/cart/voucher/", {"voucher": typed})

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Cart.objects.get().voucher_code == ""


def test_a_basket_says_why_its_voucher_does_not_count_any_more(shopper: Client) -> None:
    shopper.post("/cart/voucher/", {"voucher": "TEN"})
    Voucher.objects.update(minimum_minor=2000)

    page = shopper.get("/cart/").content.decode()

    assert "This voucher counts from 20.00 EUR of goods on." in page
    assert "€14.90" in page


def test_the_till_keeps_what_was_typed_when_a_voucher_is_used_there(shopper: Client) -> None:
    page = shopper.post("/checkout/", {**ADDRESS, "voucher": "ten", "update": "voucher"})

    text = page.content.decode()
    assert page.status_code == 200
    assert "€13.90" in text
    assert 'value="Market Street 1"' in text
    assert not Order.objects.exists()
    gone = shopper.post("/checkout/", {**ADDRESS, "update": "remove-voucher"}).content.decode()
    assert "€14.90" in gone


def test_a_wrong_code_at_the_till_is_refused_there(shopper: Client) -> None:
    answers = [shopper.post("/checkout/", {**ADDRESS, "voucher": "x", **more}) for more in ({"update": "voucher"}, {})]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert all("There is no such voucher." in answer.content.decode() for answer in answers)
    assert not Order.objects.exists()


def test_a_code_nobody_pressed_the_button_for_counts_and_its_total_is_shown_first(shopper: Client) -> None:
    wish = {**ADDRESS, "voucher": "TEN", "total": "1490"}

    shown = shopper.post("/checkout/", wish)
    placed = shopper.post("/checkout/", {**ADDRESS, "total": "1390"}, follow=True)

    assert shown.status_code == 422
    assert "The total is another one now." in shown.content.decode()
    order = Order.objects.get()
    assert (order.voucher_code, order.discount_minor, order.total_minor) == ("TEN", 100, 1390)
    assert "\u2212€1.00" in placed.content.decode()


def test_the_orders_page_its_mail_and_the_office_show_the_voucher(shopper: Client, staff: Any) -> None:
    shopper.post("/cart/voucher/", {"voucher": "TEN"})
    shopper.post("/checkout/", {**ADDRESS, "total": "1390"})
    order = Order.objects.get()
    deliver_all()

    page = shopper.get(f"/orders/{order.id}/?token={order.access_token}", follow=True).content.decode()
    shopper.force_login(staff)
    office = shopper.get(f"/office/orders/{order.id}/").content.decode()

    assert all('<span class="mono">TEN</span>' in text and "\u2212€1.00" in text for text in (page, office))
    letter = Message.objects.get(to="ada@example.com")
    assert "Voucher TEN: \u2212€1.00" in letter.text
    assert "\u2212€1.00" in letter.html


def test_the_office_gives_out_changes_and_switches_off_a_voucher(office: Client) -> None:
    empty = office.get("/office/vouchers/").content.decode()
    office.post("/office/vouchers/new/", WISH)
    voucher = Voucher.objects.get()
    address = f"/office/vouchers/{voucher.id}/"
    office.post(address, {**WISH, "percent": "12,5", "limit": "3", "valid_until": "2027-01-31T12:00"})
    office.post(f"{address}switch/", {})

    listed = office.get("/office/vouchers/?q=spring").content.decode()
    voucher.refresh_from_db()
    assert "No vouchers yet" in empty
    assert (voucher.code, voucher.rate_ppm, voucher.limit, voucher.is_active) == ("SPRING-10", 125_000, 3, False)
    assert all(text in listed for text in ("SPRING-10", "12.5 %", "0 of 3", "Off"))
    assert office.get(address).status_code == 200


@pytest.mark.parametrize("moment", ["0001-01-01T00:00+23:59", "9999-12-31T23:59-23:59"])
def test_a_moment_outside_the_years_that_there_are_is_refused_at_its_field(office: Client, moment: str) -> None:
    answer = office.post("/office/vouchers/new/", {**WISH, "valid_from": moment})

    assert answer.status_code == 422
    assert "Enter a valid date/time." in answer.content.decode()
    assert not Voucher.objects.exists()


def test_a_voucher_that_was_used_shows_its_orders_and_is_not_deleted(office: Client) -> None:
    voucher, order = VoucherFactory(used=1), OrderFactory(voucher_code="TEN")
    VoucherRedemption(voucher=voucher, order=order, email_key=uuid7(), redeemed_at=NOON).save()
    address = f"/office/vouchers/{voucher.id}/"

    page = office.get(address).content.decode()
    office.post(f"{address}delete/")

    assert f"#{order.number}" in page
    assert "Delete this voucher" not in page
    assert Voucher.objects.exists()


def test_a_voucher_nobody_used_is_deleted(office: Client) -> None:
    office.post(f"/office/vouchers/{VoucherFactory().id}/delete/")

    assert not Voucher.objects.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "two words"}, "Letters A to Z"),
        ({"percent": ""}, "Say how much it takes off"),
        ({"percent": "101"}, "A number up to 100"),
        ({"kind": "amount"}, "Say how much it takes off"),
        ({"valid_from": "2027-01-02T00:00", "valid_until": "2027-01-01T00:00"}, "This is before it begins."),
        ({"code": "TEN"}, "Another voucher has this code."),
    ],
)
def test_a_voucher_that_makes_no_sense_is_refused_with_all_that_was_typed(
    office: Client, change: dict[str, str], said: str
) -> None:
    VoucherFactory()

    answer = office.post("/office/vouchers/new/", {**WISH, **change})

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Voucher.objects.count() == 1
