"""The life of an order through the API: paying, shipping, cancelling, expiring."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.orders.models.orders import Order
from apps.orders.models.payments import Payment
from apps.orders.services.cancelling import expire_orders
from apps.orders.services.returning import return_due
from apps.products.models.stock import Reservation, ReservationState, Stock
from apps.products.services.expiry import expire_holds
from contracts.orders import OrderCancelled, OrderPaid, OrderRefunded, OrderShipped
from tests.fixtures import NOON

from .bought import CARD, shelf

pytestmark = pytest.mark.django_db


def test_a_card_pays_and_the_hold_becomes_a_sale(buy: Any, published: Any) -> None:
    order = buy("sandbox_card")

    answer = order.ask("pay", CARD)

    assert answer.status_code == 200, answer.content
    assert (answer.json()["requires_action"], answer.json()["payment"]["state"]) == (False, "captured")
    assert answer.json()["order"]["totals"]["paid"]["amount"] == "39.90"
    assert order.states == ("open", "paid", "unfulfilled")
    assert shelf("MUG") == (8, 0)
    assert [event.amount.minor for event in published() if isinstance(event, OrderPaid)] == [3990]


def test_a_declined_card_can_be_tried_again_with_another(buy: Any) -> None:
    order = buy("sandbox_card")

    declined = order.ask("pay", {**CARD, "card_number": "4000000000000002"})
    paid = order.ask("pay", CARD)

    assert declined.json()["payment"]["state"] == "declined"
    assert declined.json()["payment"]["message"] == "The card was declined."
    assert paid.json()["payment"]["state"] == "captured"
    assert order.states == ("open", "paid", "unfulfilled")
    assert Payment.objects.count() == 2


def test_a_card_may_ask_for_a_second_step(buy: Any) -> None:
    order = buy("sandbox_card")

    first = order.ask("pay", {**CARD, "card_number": "4000000000003220"})
    second = order.ask("pay", {"method": "sandbox_card", "confirmation_code": "123456"})

    assert first.json()["requires_action"] is True
    assert second.json()["payment"]["state"] == "captured"
    assert second.json()["payment"]["reference"] == first.json()["payment"]["reference"]


def test_a_wrong_code_declines(buy: Any) -> None:
    order = buy("sandbox_card")
    order.ask("pay", {**CARD, "card_number": "4000000000003220"})

    answer = order.ask("pay", {"confirmation_code": "000000"})

    assert answer.json()["payment"]["state"] == "declined"
    assert order.states == ("open", "unpaid", "unfulfilled")


def test_nobody_pays_twice(buy: Any) -> None:
    order = buy("sandbox_card")
    order.ask("pay", CARD)

    again = order.ask("pay", CARD)

    assert (again.status_code, again.json()["code"]) == (409, "already_paid")
    assert Payment.objects.count() == 1


def test_staff_records_what_arrived_at_the_bank_once(buy: Any) -> None:
    order = buy("bank_transfer")

    answers = [order.ask("pay", {"reference": "BANK-1"}, by_staff=True) for _ in range(2)]
    other = order.ask("pay", {"reference": "BANK-2"}, by_staff=True)

    assert [answer.status_code for answer in answers] == [200, 200]
    assert (other.status_code, other.json()["code"]) == (409, "already_paid")
    assert order.states == ("open", "paid", "unfulfilled")
    assert Order.objects.get().paid_minor == 3990


def test_a_customer_cannot_record_a_bank_payment(buy: Any) -> None:
    order = buy("bank_transfer")

    answer = order.ask("pay")

    assert (answer.status_code, answer.json()["code"]) == (409, "paid_outside")
    assert order.states == ("open", "unpaid", "unfulfilled")


def test_money_after_cancelling_has_to_go_back(buy: Any, staff_api: APIClient) -> None:
    order = buy("bank_transfer")
    order.ask("cancel")

    nameless = order.ask("pay", by_staff=True)
    order.ask("pay", {"reference": "BANK-1"}, by_staff=True)
    order.ask("pay", {"reference": "BANK-1"}, by_staff=True)

    assert nameless.status_code == 400
    assert order.states == ("cancelled", "refund_due", "unfulfilled")
    assert Order.objects.get().paid_minor == 3990
    refund = order.ask("refunds", {"amount": {"amount": "39.90", "currency": "EUR"}}, by_staff=True)
    assert refund.status_code == 201
    assert order.states == ("cancelled", "refunded", "unfulfilled")


def test_an_invoice_ships_in_parts_before_it_is_paid(buy: Any, published: Any) -> None:
    order = buy()

    first = order.ask(
        "fulfilments",
        {"lines": [{"sku": "MUG", "quantity": 1}], "carrier": "postnord", "tracking_number": "SE123"},
        by_staff=True,
    )
    assert first.status_code == 201, first.content
    assert first.json()["carrier"] == "PostNord"
    assert first.json()["tracking_url"] == "https://tracking.postnord.com/en/tracking?id=SE123"
    assert order.states == ("open", "unpaid", "partially_fulfilled")

    too_many = order.ask("fulfilments", {"lines": [{"sku": "MUG", "quantity": 2}]}, by_staff=True)
    assert (too_many.status_code, too_many.json()["left"]) == (409, {"MUG": 1})

    rest = order.ask("fulfilments", {}, by_staff=True)
    assert rest.json()["lines"] == [{"sku": "MUG", "quantity": 1}, {"sku": "BOWL", "quantity": 1}]
    assert order.states == ("open", "unpaid", "fulfilled")

    order.ask("pay", by_staff=True)
    assert order.states == ("completed", "paid", "fulfilled")
    assert [event.is_complete for event in published() if isinstance(event, OrderShipped)] == [False, True]


def test_an_order_to_be_paid_first_does_not_ship(buy: Any) -> None:
    order = buy("bank_transfer")

    answer = order.ask("fulfilments", {}, by_staff=True)

    assert (answer.status_code, answer.json()["code"]) == (409, "order_not_fulfillable")


def test_money_for_goods_that_were_deleted_meanwhile_is_kept_and_owed(
    buy: Any, staff_api: APIClient, stop_clock: Any
) -> None:
    order = buy("sandbox_card")
    stop_clock(NOON + timedelta(hours=2))
    expire_holds()
    product = staff_api.get("/api/v1/variants/?sku=MUG").json()["results"][0]["product"]
    assert staff_api.delete(f"/api/v1/products/{product}/").status_code == 204

    answer = order.ask("pay", CARD)

    assert answer.json()["payment"]["state"] == "refund_due"
    assert order.states == ("cancelled", "refund_due", "unfulfilled")
    assert Order.objects.get().paid_minor == 3990


def test_a_customer_cancels_and_the_stock_is_free_again(buy: Any, published: Any) -> None:
    order = buy()
    assert shelf("MUG") == (8, 0)

    answer = order.ask("cancel")

    assert answer.status_code == 200
    assert order.states == ("cancelled", "unpaid", "unfulfilled")
    assert shelf("MUG") == (10, 0)
    [event] = [event for event in published() if isinstance(event, OrderCancelled)]
    assert (event.reason, event.skus) == ("customer", ["MUG", "BOWL"])
    assert order.ask("cancel").json()["code"] == "order_not_cancellable"


def test_a_cancelled_paid_order_owes_its_money_until_the_provider_gave_it_back(buy: Any, published: Any) -> None:
    order = buy("sandbox_card")
    order.ask("pay", CARD)

    order.ask("cancel", by_staff=True)
    owed = order.states
    return_due(now=NOON)

    assert owed == ("cancelled", "refund_due", "unfulfilled")
    assert order.states == ("cancelled", "refunded", "unfulfilled")
    assert shelf("MUG") == (10, 0)
    assert [event.is_full for event in published() if isinstance(event, OrderRefunded)] == [True]


def test_what_has_shipped_cannot_be_cancelled(buy: Any) -> None:
    order = buy()
    order.ask("fulfilments", {"lines": [{"sku": "MUG", "quantity": 1}]}, by_staff=True)

    answers = [order.ask("cancel"), order.ask("cancel", by_staff=True)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "order_not_cancellable")] * 2


def test_an_order_without_its_money_expires(buy: Any, stop_clock: Any, published: Any) -> None:
    order = buy("bank_transfer")
    stop_clock(NOON + timedelta(days=7))
    expire_orders()
    assert order.states == ("open", "unpaid", "unfulfilled")

    stop_clock(NOON + timedelta(days=7, seconds=1))
    expire_orders()
    expire_orders()

    assert order.states == ("cancelled", "unpaid", "unfulfilled")
    assert shelf("MUG") == (10, 0)
    assert [event.reason for event in published() if isinstance(event, OrderCancelled)] == ["expired"]


def test_money_for_stock_that_others_bought_has_to_go_back(buy: Any) -> None:
    order = buy("bank_transfer")
    Stock.objects.update(reserved=0, on_hand=0)
    Reservation.objects.update(state=ReservationState.EXPIRED)

    answer = order.ask("pay", {"reference": "BANK-1"}, by_staff=True)

    assert answer.json()["payment"]["state"] == "refund_due"
    assert order.states == ("cancelled", "refund_due", "unfulfilled")
    assert shelf("MUG") == (0, 0)


def test_the_history_names_staff_only_to_staff(buy: Any, staff_api: APIClient) -> None:
    order = buy()
    order.ask("fulfilments", {}, by_staff=True)
    address = f"/api/v1/orders/{order.id}/history/"

    shown = order.guest.get(address, headers={"X-Order-Token": order.token}).json()["results"]
    to_staff = staff_api.get(address).json()["results"]

    assert [(row["version"], row["kind"], row["actor"]) for row in shown] == [
        (1, "placed", "customer"),
        (2, "shipped", "shop"),
    ]
    assert to_staff[1]["actor"] == "admin@example.com"


def test_notes_are_for_staff_alone(buy: Any, staff_api: APIClient) -> None:
    order = buy()

    refused = order.ask("notes", {"text": "hello"})
    written = order.ask("notes", {"text": "Called; <b>wants blue</b>."}, by_staff=True)
    listed = staff_api.get(f"/api/v1/orders/{order.id}/notes/").json()["results"]

    assert refused.status_code in {401, 403}
    assert written.status_code == 201
    assert [row["text"] for row in listed] == ["Called; <b>wants blue</b>."]


def test_only_staff_ships_and_refunds(buy: Any) -> None:
    order = buy()

    answers = [order.ask("fulfilments"), order.ask("refunds", {"amount": {"amount": "1.00", "currency": "EUR"}})]

    assert all(answer.status_code in {401, 403} for answer in answers)
    assert order.states == ("open", "unpaid", "unfulfilled")


def test_an_order_of_someone_else_does_not_exist(buy: Any, other_shopper: Any) -> None:
    order = buy()
    stranger = APIClient()
    stranger.force_authenticate(other_shopper)
    address = f"/api/v1/orders/{order.id}/"

    answers = [
        stranger.get(address),
        APIClient().get(address),
        APIClient().get(address, headers={"X-Order-Token": "no"}),
        stranger.post(f"{address}cancel/", {}),
        stranger.post(f"{address}pay/", CARD),
        stranger.get(f"{address}history/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6
    assert order.states == ("open", "unpaid", "unfulfilled")
