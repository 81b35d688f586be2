"""Which mails events lead to, and what stands in them."""

from typing import Any
from unittest.mock import Mock

import pytest

from apps.notifications import handlers
from apps.notifications.models import Message
from apps.notifications.services.erasing import strip_messages_to
from apps.notifications.tests.factories import LINE, NOON, ORDER, ORDER_ID, order_placed
from contracts.orders import (
    OrderCancelled,
    OrderPaid,
    OrderRefunded,
    Orders,
    OrderShipped,
    RefundFailed,
    ShopProfile,
    SurplusPaid,
)
from contracts.products import StockLow
from contracts.users import AccountMailRequested, UserRegistered
from kernel.events.publish import publish
from kernel.events.relay import deliver_all
from kernel.ids import uuid7
from kernel.models import InboxRow
from kernel.money import Money
from kernel.rpc import client
from kernel.transactions import unit_of_work

pytestmark = pytest.mark.django_db
ORDER_LINK = f"http://testserver/orders/{ORDER_ID}/?token=secret%2Ftoken%2B1"


def test_an_order_is_confirmed_and_the_shop_is_told(shop: ShopProfile) -> None:
    handlers.confirm_order(order_placed())

    mail, notice = Message.objects.order_by("id")
    assert (mail.kind, mail.to, mail.about) == ("order_placed", "ann@example.com", ORDER_ID)
    assert mail.subject == "Thank you for your order AB12CD"
    for part in ("2 x Hat <b> (M / Blue)  €20.00", "Total: €25.00", "Reference: RF18AB12CD", ORDER_LINK, "Lane 1"):
        assert part in mail.text
    assert "Hat &lt;b&gt;" in mail.html
    assert "Sweden" in mail.html
    assert "\nSweden\n" in mail.text
    assert "Hat <b>" not in mail.html
    assert ORDER_LINK in mail.html
    assert mail.message_id == f"<{mail.id}@testserver>"
    assert (notice.kind, notice.to, notice.subject) == (
        "order_notice",
        "office@example.com",
        "New order AB12CD: €25.00",
    )
    assert f"http://testserver/office/orders/{ORDER_ID}/" in notice.text


def test_a_repeated_event_writes_nothing_more(shop: ShopProfile) -> None:
    handlers.confirm_order(order_placed())
    handlers.confirm_order(order_placed())

    assert Message.objects.count() == 2


def test_a_shop_without_an_address_for_notices_gets_none() -> None:
    handlers.confirm_order(order_placed(payment_method="sandbox_card"))
    handlers.warn_of_low_stock(_stock_low())

    assert [message.kind for message in Message.objects.all()] == ["order_placed"]
    assert "Reference" not in Message.objects.get().text


def test_parcels_partial_and_complete_carry_the_tracking_link() -> None:
    handlers.announce_parcel(_shipped(version=2, is_complete=False, tracking_url="https://post.example/T1"))
    handlers.announce_parcel(_shipped(version=3, is_complete=True, tracking_url="javascript:alert(1)"))

    part, rest = Message.objects.order_by("id")
    assert part.subject == "A part of your order AB12CD is on its way"
    assert "https://post.example/T1" in part.html
    assert "The rest follows." in part.text
    assert rest.subject == "Your order AB12CD is on its way"
    assert "javascript" not in rest.html + rest.text


@pytest.mark.parametrize(
    ("reason", "by_itself", "said"),
    [
        ("late", True, "The order was over already.\nThe payment provider gives it back by itself"),
        ("twice", True, "The order was paid already."),
        ("amount", False, "Please send it back through your bank"),
    ],
)
def test_the_shop_is_told_of_money_that_has_to_go_back(
    shop: ShopProfile, reason: str, by_itself: bool, said: str
) -> None:
    for _ in range(2):
        handlers.warn_of_surplus(
            SurplusPaid(
                **ORDER, amount=Money(1490, "EUR"), reason=reason, goes_back_by_itself=by_itself, arrived_at=NOON
            )
        )

    mail = Message.objects.get()
    assert (mail.to, mail.subject) == ("office@example.com", "€14.90 to send back: order AB12CD")
    assert said in mail.text
    assert f"http://testserver/office/orders/{ORDER_ID}/" in mail.html


def test_the_shop_is_told_of_a_refused_refund(shop: ShopProfile) -> None:
    handlers.warn_of_failed_refund(
        RefundFailed(**ORDER, refund_id=uuid7(), amount=Money(1490, "EUR"), message="Card was <lost>.", failed_at=NOON)
    )

    mail = Message.objects.get()
    assert mail.subject == "Refund of €14.90 refused: order AB12CD"
    assert "Card was <lost>." in mail.text
    assert "Card was &lt;lost&gt;." in mail.html


def test_cancelling_refunding_and_paying_are_told() -> None:
    handlers.announce_cancellation(OrderCancelled(**ORDER, reason="expired", total=Money(2500, "EUR"), skus=[]))
    handlers.announce_refund(
        OrderRefunded(
            **ORDER,
            refund_id=uuid7(),
            amount=Money(1050, "EUR"),
            reason="Broken",
            is_full=False,
            skus=[],
            refunded_at=NOON,
        )
    )
    handlers.confirm_payment(OrderPaid(**ORDER, amount=Money(2500, "EUR"), paid_at=NOON))

    assert [message.subject for message in Message.objects.order_by("id")] == [
        "Your order AB12CD is cancelled",
        "We give back €10.50 for order AB12CD",
        "We have your payment for order AB12CD",
    ]
    assert "arrived in time" in Message.objects.get(kind="order_cancelled").text
    assert "Broken" in Message.objects.get(kind="order_refunded").text


def test_a_new_account_is_welcomed() -> None:
    user_id = uuid7()

    handlers.welcome(UserRegistered(version=1, user_id=user_id, email="ann@example.com", name="Ann"))

    message = Message.objects.get()
    assert (message.about, message.to) == (user_id, "ann@example.com")
    assert "Welcome, Ann!" in message.text
    assert "http://testserver/dashboard/" in message.html


def test_a_mail_of_the_sign_in_pipeline_is_secret_and_escaped() -> None:
    text = "Code 123456\nhttp://testserver/x/\n<script>"

    handlers.pass_on_account_mail(
        AccountMailRequested(
            version=1, mail_id=uuid7(), to="ann@example.com", subject_line="Your code", text=text, html=""
        )
    )

    message = Message.objects.get()
    assert (message.is_secret, message.subject, message.text) == (True, "Your code", text + "\n")
    assert '<a href="http://testserver/x/"' in message.html
    assert "<script>" not in message.html


def test_low_stock_is_told_to_the_shop_each_time(shop: ShopProfile) -> None:
    event = _stock_low()

    handlers.warn_of_low_stock(event)
    handlers.warn_of_low_stock(event)

    assert [message.subject for message in Message.objects.all()] == ["Low stock: 2 left of HAT-M"] * 2


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> ShopProfile:
    """A shop that wants to be told."""
    from dataclasses import replace

    profile = replace(client(Orders).shop(), notify_email="office@example.com", bank_iban="SE00")
    monkeypatch.setattr("apps.orders.facade.Facade.shop", lambda _self: profile)
    return profile


def _shipped(**changes: Any) -> OrderShipped:
    values = {
        "fulfilment_id": uuid7(),
        "carrier": "Post",
        "tracking_number": "T1",
        "lines": [LINE],
        "shipped_at": NOON,
    }
    return OrderShipped(**ORDER | values | changes)


def _stock_low() -> StockLow:
    return StockLow(version=1, variant_id=uuid7(), sku="HAT-M", product_name="Hat", available=2)


def test_the_inbox_lets_a_delivered_event_through_once(shop: ShopProfile) -> None:
    publish_low_stock()
    assert deliver_all() == 1
    assert deliver_all() == 0

    assert Message.objects.get().kind == "stock_low"


@unit_of_work
def publish_low_stock() -> None:
    publish(_stock_low())


@pytest.mark.parametrize(
    ("to", "waits"), [("new@example.com", False), ("renew@example.com", True)], ids=["the person", "somebody else"]
)
def test_a_code_that_could_not_be_written_goes_nowhere_once_the_account_is_erased(
    monkeypatch: pytest.MonkeyPatch, to: str, *, waits: bool
) -> None:
    monkeypatch.setattr(handlers, "_write", Mock(side_effect=RuntimeError("no template")))
    mail = AccountMailRequested(version=1, mail_id=uuid7(), to=to, subject_line="Code", text="123456", html="")
    unit_of_work(publish)(mail)
    deliver_all(is_strict=False)

    strip_messages_to(emails=[], unproven=["new@example.com"])

    assert InboxRow.objects.filter(status=InboxRow.Status.RETRY).exists() is waits
