"""After the order: the thank-you, paying by card, the order's page, and whose it is."""

from typing import Any

import pytest
from django.test import Client

from apps.orders.models.orders import Order
from apps.orders.services.cancelling import cancel_order
from apps.orders.services.fulfilments import Parcel, fulfil_order
from apps.orders.services.refunds import RefundWish, refund_order
from apps.orders.services.returning import return_due
from apps.orders.services.settings import apply_shop_settings
from apps.orders.tests.factories import OrderFactory, OrderLineFactory
from kernel.actors import SYSTEM
from kernel.ids import uuid7
from tests.fixtures import NOON

from .test_pages_cart import put, text_of
from .test_pages_checkout import TYPED

pytestmark = pytest.mark.django_db
CARD = {"card_number": "4242 4242 4242 4242", "expiry": "04/29", "cvc": "123"}
BANK = {"bank_account_holder": "Mugs Ltd", "bank_iban": "FI2112345600000785", "bank_bic": "NDEAFIHH"}


@pytest.fixture
def bought(client: Client, mug: Any, noon: Any) -> Any:
    """Return a function that orders two mugs by a payment method."""

    def buy(method: str) -> Order:
        put(client, "MUG", 2)
        client.post("/checkout/", {**TYPED, "payment_method": method})
        return Order.objects.get()

    return buy


def page(order: Order, name: str = "") -> str:
    return f"/orders/{order.id}/{name}?token={order.access_token}"


def test_who_pays_by_invoice_learns_by_when(client: Client, bought: Any) -> None:
    order = bought("invoice")

    answer = text_of(client.get(page(order, "thanks/")))

    assert "Thank you for your order" in answer
    assert f"#{order.number}" in answer
    assert "Please pay €24.90 by 15 June 2026" in answer


def test_who_pays_by_transfer_learns_where_to(client: Client, bought: Any) -> None:
    apply_shop_settings(changes=BANK, actor=SYSTEM, now=NOON)
    order = bought("bank_transfer")

    answer = text_of(client.get(page(order, "thanks/")))

    assert "Transfer €24.90 by 8 June 2026" in answer
    assert "FI2112345600000785" in answer
    assert f"<strong>{order.payment_reference}</strong>" in answer


def test_a_card_pays_from_the_thank_you_page(client: Client, bought: Any) -> None:
    order = bought("sandbox_card")
    assert f'action="{page(order, "pay/")}"' in text_of(client.get(page(order, "thanks/")))

    answer = client.post(page(order, "pay/"), CARD)

    order.refresh_from_db()
    assert answer["Location"] == page(order, "thanks/")
    assert order.payment_status == "paid"
    assert client.get(page(order, "pay/"))["Location"] == page(order)


def test_a_declined_card_is_told_and_may_be_tried_again(client: Client, bought: Any) -> None:
    order = bought("sandbox_card")

    answer = client.post(page(order, "pay/"), {**CARD, "card_number": "4000000000000002"})

    assert answer.status_code == 422
    assert "The card was declined. Nothing was charged." in text_of(answer)
    assert client.post(page(order, "pay/"), CARD)["Location"] == page(order, "thanks/")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("card_number", "1234567890123"),
        ("card_number", "x"),
        ("expiry", "13/29"),
        ("cvc", "12"),
        ("cvc", "\x00\x00\x00"),
    ],
)
def test_a_mistyped_card_is_told_at_its_field(client: Client, bought: Any, field: str, value: str) -> None:
    order = bought("sandbox_card")

    answer = client.post(page(order, "pay/"), {**CARD, field: value})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]


@pytest.mark.parametrize(
    ("sent", "leads_to", "becomes"),
    [
        ({"decision": "approve", "confirmation_code": "123456"}, "thanks/", "paid"),
        ({"decision": "approve", "confirmation_code": "000000"}, "pay/", "unpaid"),
        ({"decision": "decline"}, "pay/", "unpaid"),
    ],
)
def test_a_bank_may_ask_for_a_second_step(
    client: Client, bought: Any, sent: dict[str, str], leads_to: str, becomes: str
) -> None:
    order = bought("sandbox_card")

    asked = client.post(page(order, "pay/"), {**CARD, "card_number": "4000000000003220"})
    answer = client.post(asked["Location"], sent)

    order.refresh_from_db()
    assert asked["Location"] == page(order, "pay/confirm/")
    assert answer["Location"] == page(order, leads_to)
    assert order.payment_status == becomes


def test_an_order_tells_where_it_is(client: Client, bought: Any) -> None:
    order = bought("invoice")
    parcel = Parcel(carrier="PostNord", tracking_number="SE123")
    fulfil_order(order_id=order.id, parcel=parcel, actor=SYSTEM, now=NOON)

    answer = text_of(client.get(page(order)))

    assert "Your order is on its way" in answer
    assert "https://tracking.postnord.com/en/tracking?id=SE123" in answer
    assert "Cancel the order" not in answer
    assert "Finland" in answer


def test_money_that_went_back_is_shown(client: Client, bought: Any) -> None:
    order = bought("sandbox_card")
    client.post(page(order, "pay/"), CARD)
    refund_order(order_id=order.id, wish=RefundWish(quantities={"MUG": 1}, restock=False), actor=SYSTEM, now=NOON)
    asked = text_of(client.get(page(order)))
    return_due(now=NOON)

    answer = text_of(client.get(page(order)))

    assert "Your money is on its way back" in asked
    assert "You got money back" in answer
    assert "€10.00" in answer
    assert "1 refunded" in answer


def test_a_paid_order_that_is_called_off_promises_the_money(client: Client, bought: Any) -> None:
    order = bought("sandbox_card")
    client.post(page(order, "pay/"), CARD)

    answer = text_of(client.post(page(order, "cancel/"), follow=True))

    assert "Refund on its way" in answer
    assert "Your money comes back to you." in answer


def test_an_order_page_costs_the_same_however_long_the_order_is(client: Client, statements: Any) -> None:
    order, longer = OrderFactory(), OrderFactory()
    for number in range(10):
        OrderLineFactory(order=longer, position=2 + number, sku=f"CUP-{number}")
    client.get(page(order))

    counted = []
    for each in (order, longer):
        with statements() as ran:
            assert client.get(page(each)).status_code == 200
        counted.append(len(ran))

    assert counted == [6, 6]


def test_a_customer_calls_an_order_off(client: Client, bought: Any) -> None:
    order = bought("invoice")

    answer = client.post(page(order, "cancel/"), follow=True)

    assert answer.redirect_chain == [(page(order), 302)]
    assert "You called it off." in text_of(answer)
    order.refresh_from_db()
    assert order.status == "cancelled"


def test_what_is_called_off_cannot_be_called_off_or_paid_again(client: Client, bought: Any) -> None:
    order = bought("sandbox_card")
    cancel_order(order_id=order.id, actor=SYSTEM, token="", now=NOON)

    answer = client.post(page(order, "cancel/"), follow=True)

    assert "This order cannot be cancelled any more." in text_of(answer)
    assert client.post(page(order, "pay/"), CARD)["Location"] == page(order)


@pytest.mark.parametrize("name", ["", "thanks/", "pay/", "pay/confirm/"])
@pytest.mark.parametrize("token", ["", "wrong", "\x00", "ä", "x" * 5000])
def test_an_order_without_its_token_is_not_found(client: Client, name: str, token: str) -> None:
    order = OrderFactory()

    answer = client.get(f"/orders/{order.id}/{name}", {"token": token})

    assert answer.status_code == 404


@pytest.mark.parametrize("name", ["cancel/", "pay/", "pay/confirm/"])
def test_somebody_elses_order_cannot_be_touched(client: Client, other_shopper: Any, shopper: Any, name: str) -> None:
    order = OrderFactory(customer_id=shopper.id, payment_method="sandbox_card")
    client.force_login(other_shopper)

    assert client.post(f"/orders/{order.id}/{name}", CARD).status_code == 404
    assert client.get(f"/orders/{uuid7()}/").status_code == 404
    assert client.get("/orders/not-an-id/").status_code == 404
    order.refresh_from_db()
    assert (order.status, order.payment_status) == ("open", "unpaid")


def test_a_person_sees_the_own_orders_alone(client: Client, shopper: Any, other_shopper: Any) -> None:
    mine = OrderFactory.create_batch(21, customer_id=shopper.id)
    OrderFactory(customer_id=other_shopper.id, number="NOTMINE")
    client.force_login(shopper)

    first = client.get("/orders/")
    second = client.get(first.context["page"].next_url)

    seen = [order.number for order in (*first.context["page"].results, *second.context["page"].results)]
    assert sorted(seen) == sorted(order.number for order in mine)
    assert "NOTMINE" not in text_of(first) + text_of(second)
    assert client.get("/orders/?cursor=rubbish").status_code == 404


def test_a_guest_is_told_where_the_orders_are(client: Client) -> None:
    answer = text_of(client.get("/orders/"))

    assert "/accounts/login/?next=/orders/" in answer
    assert "holds the link to your order" in answer


def test_the_token_does_not_travel_to_other_sites(client: Client, bought: Any) -> None:
    order = bought("invoice")

    answer = client.get(page(order))

    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]
