"""Stripe is away, or the shop's clock was wrong: what is known of money is asked for again, and no news are lost."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.orders.models.orders import Order
from apps.orders.models.payments import Payment
from apps.orders.models.refunds import Refund
from apps.orders.services.returning import return_due, settle_refund_by_hand
from apps.orders.services.settling import settle_due
from apps.orders.tests.factories import PaymentFactory, RefundFactory
from apps.products.models.stock import Reservation
from kernel import clock
from kernel.actors import SYSTEM
from tests.fixtures import NOON

from .stripe_shop import WEBHOOK, AtStripe
from .test_stripe_payments import bought as _bought
from .test_stripe_payments import stand_in as _stand_in

pytestmark = pytest.mark.django_db
bought, stand_in = _bought, _stand_in
StopClock = Callable[[datetime], None]


@pytest.fixture
def called_off(bought: AtStripe) -> AtStripe:
    """Return an order that was paid and then called off; its money is due to go back."""
    bought.stand_in.pay()
    bought.report()
    headers = {"X-Order-Token": bought.token}
    assert APIClient().post(f"/api/v1/orders/{bought.id}/cancel/", {}, headers=headers).status_code == 200
    return bought


def test_news_of_a_failed_refund_are_sent_again_when_stripe_was_away(called_off: AtStripe) -> None:
    called_off.work()
    assert called_off.states == ("cancelled", "refunded")
    refund = called_off.stand_in.refunds["re_1"]
    refund["status"] = "failed"
    called_off.stand_in.faults["GET /v1/refunds/re_1"] = [500, 500, 500]
    message = called_off.stand_in.message("refund.failed", refund, event_id="evt_failed")

    while_away = Client().post(WEBHOOK, **message)
    called_off.stand_in.faults.clear()
    sent_again = Client().post(WEBHOOK, **message)

    assert (while_away.status_code, sent_again.status_code) == (503, 204)
    assert called_off.states == ("cancelled", "refund_due")


def test_a_refund_that_is_done_and_that_stripe_does_not_find_any_more_stays_done(called_off: AtStripe) -> None:
    called_off.work()
    refund = called_off.stand_in.refunds["re_1"]
    called_off.stand_in.faults["GET /v1/refunds/re_1"] = [404]
    message = called_off.stand_in.message("refund.updated", refund, event_id="evt_updated")

    answer = Client().post(WEBHOOK, **message)

    assert answer.status_code == 204
    assert Refund.objects.get().state == "done"
    assert called_off.states == ("cancelled", "refunded")


def test_a_clock_that_was_ahead_keeps_no_refund(called_off: AtStripe, stop_clock: StopClock) -> None:
    called_off.stand_in.faults["GET /v1/checkout/sessions/cs_1"] = [500] * 4
    stop_clock(NOON + timedelta(days=3650))
    called_off.work()
    called_off.stand_in.faults.clear()
    stop_clock(NOON + timedelta(hours=1))
    assert Refund.objects.get().next_attempt_at > clock.now() + timedelta(days=3000)

    return_due(now=clock.now())

    assert Refund.objects.get().state == "done"


def test_nor_a_payment(bought: AtStripe, stop_clock: StopClock) -> None:
    Payment.objects.update(next_check_at=NOON + timedelta(days=3650))
    bought.stand_in.pay()

    settle_due(now=clock.now())

    assert bought.states == ("open", "paid")


@pytest.mark.parametrize("how", ["no account any more", "a key that is not good any more"])
def test_a_refund_that_stripe_lets_nobody_ask_for_waits_for_staff_after_an_hour(
    called_off: AtStripe, settings: Any, how: str
) -> None:
    if how == "no account any more":
        settings.STRIPE = None
    called_off.stand_in.faults["GET /v1/checkout/sessions/cs_1"] = [401] * 99
    states = []

    for number in range(10):
        return_due(now=clock.now() + timedelta(hours=2 * number))
        states.append(Refund.objects.get().state)
    settle_refund_by_hand(refund_id=Refund.objects.get().id, actor=SYSTEM, now=clock.now())

    assert states == ["requested"] * 8 + ["failed"] * 2
    assert called_off.states == ("cancelled", "refunded")


def test_a_silent_stripe_is_asked_once_a_run_so_that_other_jobs_get_their_turn(called_off: AtStripe) -> None:
    Order.objects.update(paid_minor=100_000)
    order = Order.objects.get()
    for number in range(3):
        card = {"method": "stripe", "provider_reference": f"cs_{number}", "reference": f"{order.number}-x{number}"}
        paid = PaymentFactory(order=order, state="captured", **card)
        RefundFactory(order=order, card=paid, reference=f"r{number}", state="requested", next_attempt_at=NOON)
        PaymentFactory(
            order=order, state="pending", next_check_at=NOON, **card | {"reference": f"{order.number}-y{number}"}
        )
    faults = called_off.stand_in.faults
    faults |= {f"GET /v1/checkout/sessions/cs_{number}": [500] * 99 for number in range(4)}

    asked = (return_due(now=clock.now()), settle_due(now=clock.now()))

    assert asked == (1, 1)


def test_a_payment_of_nothing_pays_no_order(bought: AtStripe) -> None:
    bought.stand_in.pay(counts=0)

    bought.report()

    assert bought.states == ("open", "unpaid")
    assert Payment.objects.get().state == "declined"


def test_money_for_an_order_that_holds_no_stock_at_all_goes_back(bought: AtStripe) -> None:
    Reservation.objects.all().delete()
    bought.stand_in.pay()

    bought.report()
    bought.work()

    assert bought.states == ("cancelled", "refunded")


@pytest.mark.parametrize("is_noted_by_staff", [False, True])
def test_money_for_goods_that_have_left_is_taken_though_their_reservation_is_missing(
    bought: AtStripe, staff_api: APIClient, is_noted_by_staff: bool
) -> None:
    Order.objects.update(payment_method="invoice", expires_at=None)
    staff_api.post(f"/api/v1/orders/{bought.id}/fulfilments/", {})
    Reservation.objects.all().delete()

    if is_noted_by_staff:
        answer = staff_api.post(f"/api/v1/orders/{bought.id}/pay/", {"reference": "BANK-1"})
        assert answer.status_code == 200, answer.content
    else:
        bought.stand_in.pay()
        bought.report()

    assert bought.states == ("completed", "paid")
