"""Refunds through the API: by pieces and by amount, never more than arrived, and what becomes of the order."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.orders.models.orders import Order
from apps.orders.selectors.figures import TabCounts, tab_counts
from apps.orders.services import refunds
from apps.orders.services.returning import return_due
from apps.products.models.stock import Reservation
from contracts.orders import OrderRefunded
from kernel.events.relay import deliver_all
from tests.fixtures import NOON

from .bought import CARD, shelf

pytestmark = pytest.mark.django_db


def test_lines_are_refunded_and_put_back_on_the_shelf(buy: Any, published: Any) -> None:
    order = buy("sandbox_card")
    order.ask("pay", CARD)

    answer = order.refund({"lines": [{"sku": "MUG", "quantity": 1}], "restock": True, "reason": "broken"})

    assert answer.status_code == 201, answer.content
    assert answer.json()["amount"] == {"amount": "10.00", "currency": "EUR"}
    assert order.states == ("open", "partially_refunded", "unfulfilled")
    assert shelf("MUG") == (9, 0)
    [event] = [event for event in published() if isinstance(event, OrderRefunded)]
    assert (event.is_full, event.skus) == (False, ["MUG"])
    order.ask("fulfilments", {}, by_staff=True)
    assert order.states == ("completed", "partially_refunded", "fulfilled")


def test_never_more_goes_back_than_arrived(buy: Any) -> None:
    order = buy("sandbox_card")
    order.ask("pay", CARD)

    too_much = order.refund({"amount": {"amount": "39.91", "currency": "EUR"}})
    too_many = order.refund({"lines": [{"sku": "MUG", "quantity": 3}]})
    everything = order.refund({"amount": {"amount": "39.90", "currency": "EUR"}})
    nothing_left = order.refund({"amount": {"amount": "0.01", "currency": "EUR"}})

    assert (too_much.status_code, too_much.json()["code"]) == (409, "refund_too_large")
    assert too_much.json()["left"] == {"amount": "39.90", "currency": "EUR"}
    assert (too_many.status_code, too_many.json()["code"]) == (409, "too_many_to_refund")
    assert everything.status_code == 201
    assert (nothing_left.status_code, nothing_left.json()["code"]) == (409, "refund_too_large")
    assert order.states == ("cancelled", "refunded", "unfulfilled")


@pytest.mark.parametrize(("restock", "left"), [(True, (10, 0)), (False, (8, 0))])
def test_an_order_whose_money_went_back_before_anything_left_is_over(
    buy: Any,
    staff_api: APIClient,
    restock: bool,
    left: tuple[int, int],
) -> None:
    order = buy("sandbox_card")
    order.ask("pay", CARD)

    order.refund({"amount": {"amount": "39.90", "currency": "EUR"}, "restock": restock})

    assert order.states == ("cancelled", "refunded", "unfulfilled")
    assert shelf("MUG") == left
    assert tab_counts(now=NOON) == TabCounts(open=0, to_fulfil=0, unpaid=0, overdue=0, refund_due=0)
    refused = order.ask("fulfilments", {}, by_staff=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "order_not_fulfillable")


def test_an_order_whose_money_went_back_after_a_parcel_left_is_complete(buy: Any) -> None:
    order = buy("sandbox_card")
    order.ask("pay", CARD)
    order.ask("fulfilments", {"lines": [{"sku": "MUG", "quantity": 2}]}, by_staff=True)

    wish = {"amount": {"amount": "39.90", "currency": "EUR"}, "restock": True}
    order.refund(wish)

    assert order.states == ("completed", "refunded", "fulfilled")
    assert (shelf("MUG"), shelf("BOWL")) == ((8, 0), (5, 0))


def test_an_order_whose_pieces_were_all_given_back_before_they_left_is_over(buy: Any) -> None:
    order = buy("sandbox_card")
    order.ask("pay", CARD)
    pieces = [{"sku": "MUG", "quantity": 2}, {"sku": "BOWL", "quantity": 1}]

    answer = order.refund({"lines": pieces, "restock": True})

    assert answer.status_code == 201, answer.content
    assert order.states == ("cancelled", "partially_refunded", "unfulfilled")
    assert (shelf("MUG"), shelf("BOWL")) == ((10, 0), (5, 0))
    rest = order.refund({"amount": {"amount": "4.90", "currency": "EUR"}})
    assert rest.status_code == 201
    assert order.states == ("cancelled", "refunded", "unfulfilled")


def test_a_repeated_refund_gives_back_once(buy: Any, staff_api: APIClient) -> None:
    order = buy("sandbox_card")
    order.ask("pay", CARD)
    body = {"amount": {"amount": "5.00", "currency": "EUR"}}

    answers = [
        staff_api.post(f"/api/v1/orders/{order.id}/refunds/", body, headers={"Idempotency-Key": "once"})
        for _ in range(2)
    ]
    named = [order.ask("refunds", {**body, "reference": "R-1"}, by_staff=True) for _ in range(2)]

    assert answers[0].content == answers[1].content
    assert named[0].json() == named[1].json()
    assert [return_due(now=NOON) for _ in range(2)] == [2, 0]
    assert Order.objects.get().refunded_minor == 1000


def test_a_name_that_somebody_gave_to_a_refund_keeps_no_order_from_being_called_off(buy: Any) -> None:
    order = buy("sandbox_card")
    order.ask("pay", CARD)
    [payment] = Order.objects.get(id=order.id).payments.all()
    taken = f"{payment.reference}-back"
    assert order.refund({"amount": {"amount": "1.00", "currency": "EUR"}, "reference": taken}).status_code == 201

    answer = order.ask("cancel", by_staff=True)
    return_due(now=NOON)

    assert answer.status_code == 200, answer.content
    assert order.states == ("cancelled", "refunded", "unfulfilled")
    assert sorted(payment.refunds.values_list("reference", "amount_minor")) == [(taken, 100), (f"{taken}-2", 3890)]


@pytest.fixture
def stock_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep products and orders in databases of their own, as far as the refund can see."""
    monkeypatch.setattr(refunds, "share_database", lambda *_services: False)


@pytest.mark.usefixtures("stock_elsewhere")
def test_where_stock_has_a_database_of_its_own_it_comes_back_once_after_the_refund(buy: Any) -> None:
    order = buy("sandbox_card")
    order.ask("pay", CARD)

    order.refund({"lines": [{"sku": "MUG", "quantity": 1}], "restock": True})

    assert shelf("MUG") == (8, 0)
    for _ in range(2):
        deliver_all()
    assert shelf("MUG") == (9, 0)


@pytest.mark.usefixtures("stock_elsewhere")
def test_a_refund_that_died_before_its_commit_puts_nothing_back(buy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    order = buy("sandbox_card")
    order.ask("pay", CARD)
    wish = {"lines": [{"sku": "MUG", "quantity": 1}], "restock": True}
    with monkeypatch.context() as dying:
        dying.setattr("kernel.http.idempotency.IdempotentRequest.store", _die)
        with pytest.raises(KeyboardInterrupt):
            order.refund(wish, key="once")

    again, repeated = (order.refund(wish, key="once") for _ in range(2))
    deliver_all()

    assert (again.status_code, again.content) == (201, repeated.content)
    assert shelf("MUG") == (9, 0)


def _die(*_arguments: object, **_named: object) -> None:
    raise KeyboardInterrupt


def test_pieces_come_back_to_no_shelf_that_they_were_never_taken_from(buy: Any) -> None:
    order = buy("sandbox_card")
    order.ask("pay", CARD)
    order.ask("fulfilments", {}, by_staff=True)
    Reservation.objects.all().delete()
    pieces = {"lines": [{"sku": "MUG", "quantity": 1}]}

    refused = order.refund({**pieces, "restock": True})
    refunded = order.refund({**pieces, "restock": False})

    assert (refused.status_code, refused.json()["code"]) == (410, "reservation_gone")
    assert "without restocking" in refused.json()["detail"]
    assert refunded.status_code == 201
