"""Somebody is forgotten while work about the orders waits: it is still done, once, and names nobody."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.notifications.models import Message
from apps.orders.models.orders import Order
from apps.orders.models.refunds import Refund
from apps.orders.selectors.personal_data import numbers_under_way
from apps.orders.services import cancelling
from apps.orders.services.erasing import forget_customer, forget_finished_orders
from apps.orders.tests.factories import OrderFactory, PaymentFactory, RefundFactory
from apps.products.models.catalogue import Product
from contracts.users import UserErased
from kernel import clock
from kernel.events.inbox import retry_due
from kernel.events.publish import publish
from kernel.events.relay import deliver_all
from kernel.ids import uuid7
from kernel.models import ArchiveRow, InboxRow
from kernel.transactions import in_transaction
from tests.fixtures import NOON

from .bought import CARD, Bought, shelf
from .conftest import Guest

pytestmark = pytest.mark.django_db
SHELF = "apps.products.handlers"


def ordered_by(person: Any) -> tuple[APIClient, str]:
    """Return a client of somebody who has ordered three MUG, and the order's id."""
    client = APIClient()
    client.force_authenticate(person)
    guest = Guest(client).start()
    guest.put("MUG", 3)
    order_id: str = guest.order().json()["id"]
    deliver_all()
    return client, order_id


def call_off_while(broken: str, client: APIClient, order_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Call the order off while a step of a handler fails."""
    with monkeypatch.context() as failing:
        failing.setattr(broken, _fail)
        assert client.post(f"/api/v1/orders/{order_id}/cancel/", {}).status_code == 200
        deliver_all(is_strict=False)


def erase(person: Any) -> None:
    """Tell every service that somebody is gone."""
    fact = UserErased(version=1, user_id=person.id, emails=[person.email], unproven=[])
    in_transaction("default", lambda: publish(fact))
    deliver_all(is_strict=False)


def try_again() -> None:
    """Let time pass until whatever failed is tried once more."""
    retry_due(now=clock.now() + timedelta(days=1))
    deliver_all(is_strict=False)


@pytest.mark.parametrize("is_dead", [False, True], ids=["tried again", "dead until somebody replays it"])
def test_stock_comes_back_though_its_customer_was_erased(
    shopper: Any, mug: Any, monkeypatch: pytest.MonkeyPatch, *, is_dead: bool
) -> None:
    monkeypatch.setattr(cancelling, "share_database", lambda *_services: False)
    client, order_id = ordered_by(shopper)
    call_off_while(f"{SHELF}.cancel", client, order_id, monkeypatch)
    waiting = InboxRow.objects.filter(consumer="products.show_after_cancellation")
    if is_dead:
        waiting.update(status="dead")

    erase(shopper)

    text = waiting.get().envelope
    assert shopper.email not in text
    assert str(shopper.id) not in text
    waiting.update(status="retry", not_before=clock.now())
    try_again()
    assert shelf("MUG") == (10, 0)


def test_the_catalogue_shows_what_came_back(shopper: Any, mug: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client, order_id = ordered_by(shopper)
    call_off_while(f"{SHELF}.show_after_orders", client, order_id, monkeypatch)

    erase(shopper)
    try_again()

    assert Product.objects.get().available == 10


def test_a_mail_that_waits_is_written_to_nobody(shopper: Any, mug: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client, order_id = ordered_by(shopper)
    Message.objects.all().delete()
    call_off_while("apps.notifications.handlers._write", client, order_id, monkeypatch)

    erase(shopper)
    try_again()

    assert not Message.objects.filter(to=shopper.email).exists()
    assert not InboxRow.objects.exclude(status="done").exists()


def test_the_copies_that_a_lost_broker_is_filled_from_stay_and_name_nobody(shopper: Any, mug: Any) -> None:
    _, order_id = ordered_by(shopper)
    order = Order.objects.get(id=order_id)
    body = f'{{"version":2,"order_id":"{order_id}","email":"{shopper.email}","access_token":"{order.access_token}"}}'
    about = {"subject": order_id, "version": 2, "request_id": "", "created_at": clock.now()}
    ArchiveRow.objects.create(event_id=order.id, type="orders.order_cancelled.v1", body=body, **about)

    forget_customer(customer_id=shopper.id, emails=[shopper.email], now=clock.now())

    kept = ArchiveRow.objects.get().body
    assert f'"order_id":"{order_id}"' in kept
    assert shopper.email not in kept
    assert order.access_token not in kept


@pytest.mark.parametrize("is_late", [False, True], ids=["at once", "when the order is over"])
def test_a_refund_under_one_key_is_made_once_though_its_customer_is_forgotten_between(
    buy: Any, shopper: Any, *, is_late: bool
) -> None:
    order: Bought = buy("sandbox_card")
    Order.objects.update(customer_id=shopper.id, email=shopper.email)
    if is_late:
        forget_customer(customer_id=shopper.id, emails=[shopper.email], now=clock.now())
    order.ask("pay", CARD, by_staff=True)
    order.ask("fulfilments", by_staff=True)
    wish = {"amount": {"amount": "5.00", "currency": "EUR"}}
    first = order.refund(wish, key="one-key")
    if is_late:
        forget_finished_orders()
    else:
        forget_customer(customer_id=shopper.id, emails=[shopper.email], now=clock.now())

    again = order.refund(wish, key="one-key")

    assert (first.status_code, again.status_code, again.json()["code"]) == (201, 410, "answer_forgotten")
    assert Refund.objects.count() == 1


def _fail(*_arguments: object, **_named: object) -> None:
    msg = "Something is broken."
    raise RuntimeError(msg)


@pytest.mark.parametrize("money", ["a part of the own", "another currency"])
def test_nobody_is_forgotten_while_money_of_an_order_that_is_over_goes_back(money: str, noon: Any) -> None:
    order = OrderFactory(status="completed", payment_status="paid", paid_minor=3990, shipped=True, customer_id=uuid7())
    if money == "another currency":
        PaymentFactory(order=order, reference="late", currency="USD", state="refund_due")
    else:
        RefundFactory(order=order)

    assert numbers_under_way(customer_id=order.customer_id, emails=[]) == [order.number]
    forget_customer(customer_id=order.customer_id, emails=[], now=NOON)

    order.refresh_from_db()
    assert order.email
