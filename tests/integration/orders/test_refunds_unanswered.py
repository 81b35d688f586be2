"""Stripe did a refund, and does not tell the shop so: whatever is decided meanwhile, the money goes back once."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.orders.models.refunds import Refund
from apps.orders.services.refunds import RefundWish, refund_order
from apps.orders.services.returning import return_due, try_refund_again
from kernel import clock
from kernel.actors import SYSTEM
from kernel.money import Money

from .stripe_shop import WEBHOOK, AtStripe
from .test_stripe_payments import bought as _bought
from .test_stripe_payments import stand_in as _stand_in

pytestmark = pytest.mark.django_db
bought, stand_in = _bought, _stand_in
SESSION, REFUND = "GET /v1/checkout/sessions/cs_1", "GET /v1/refunds/re_1"


@pytest.fixture
def refunding(bought: AtStripe) -> AtStripe:
    """Return an order that was paid, and of which 5.00 is to go back."""
    bought.stand_in.pay()
    bought.report()
    wish = RefundWish(quantities={}, amount=Money(500, "EUR"))
    refund_order(order_id=bought.id, wish=wish, actor=SYSTEM, now=clock.now())
    return bought


def ask(times: int, *, first: int = 0) -> None:
    """Let the worker ask so often, as long after each other as it ever waits."""
    for number in range(first, first + times):
        return_due(now=clock.now() + timedelta(hours=2 * number))


def answer_lost(shop: AtStripe) -> None:
    shop.stand_in.faults["POST /v1/refunds"] = ["drop", "drop"]
    ask(1)
    shop.stand_in.faults[SESSION] = [401] * 99
    ask(12, first=1)


def key_revoked(shop: AtStripe) -> None:
    shop.stand_in.refund_status = "pending"
    ask(1)
    shop.stand_in.faults[REFUND] = [401] * 99
    ask(12, first=1)


def not_found(shop: AtStripe) -> None:
    shop.stand_in.refund_status = "pending"
    ask(1)
    shop.stand_in.faults[REFUND] = [404] * 99
    ask(12, first=1)


@pytest.mark.parametrize("trouble", [answer_lost, key_revoked, not_found])
def test_a_refund_that_was_given_up_and_is_asked_for_again_goes_back_once(refunding: AtStripe, trouble: object) -> None:
    assert callable(trouble)
    trouble(refunding)
    refund = Refund.objects.get()
    assert refund.state == "failed"
    refunding.stand_in.faults.clear()
    refunding.stand_in.refund_status = "succeeded"
    for known in refunding.stand_in.refunds.values():
        known["status"] = "succeeded"

    try_refund_again(refund_id=refund.id, actor=SYSTEM, now=clock.now())
    ask(3, first=20)

    assert Refund.objects.get().state == "done"
    assert [known["amount"] for known in refunding.stand_in.refunds.values()] == [500]


@pytest.mark.parametrize("status", [401, 404])
def test_one_bad_answer_after_long_waiting_gives_nothing_up(refunding: AtStripe, status: int) -> None:
    refunding.stand_in.refund_status = "pending"
    ask(12)

    refunding.stand_in.faults[REFUND] = [status]
    ask(1, first=12)

    assert Refund.objects.get().state == "requested"


def news(shop: AtStripe, status: str, *, event_id: str) -> int:
    """Let Stripe say where a refund stands; return how the shop answers."""
    refund = shop.stand_in.refunds["re_1"]
    refund["status"] = status
    return Client().post(WEBHOOK, **shop.stand_in.message("refund.updated", refund, event_id=event_id)).status_code


@pytest.mark.parametrize("trouble", [answer_lost, key_revoked])
def test_news_that_a_refund_succeeded_count_though_the_shop_gave_it_up(refunding: AtStripe, trouble: object) -> None:
    assert callable(trouble)
    trouble(refunding)
    refunding.stand_in.faults.clear()

    answers = [
        news(refunding, status, event_id=f"evt_refund_{number}")
        for number, status in enumerate(["pending", "succeeded"])
    ]

    assert (answers, Refund.objects.get().state) == ([204, 204], "done")
    assert refunding.money == (1490, 500, 0)
    assert len(refunding.stand_in.refunds) == 1


def test_news_of_a_refund_that_was_given_up_are_taken_again_when_stripe_was_away(refunding: AtStripe) -> None:
    key_revoked(refunding)
    refunding.stand_in.faults = {REFUND: [500] * 4}
    away = news(refunding, "succeeded", event_id="evt_refund_1")
    refunding.stand_in.faults.clear()

    again = news(refunding, "succeeded", event_id="evt_refund_1")

    assert (away, again, Refund.objects.get().state) == (503, 204, "done")


def test_news_of_other_refunds_give_nothing_back_that_was_given_up(refunding: AtStripe) -> None:
    answer_lost(refunding)
    refunding.stand_in.faults.clear()
    refunding.stand_in.refunds.clear()
    other = {"id": "re_9", "metadata": {"payment": str(Refund.objects.get().payment_id)}}

    answer = Client().post(WEBHOOK, **refunding.stand_in.message("refund.updated", other, event_id="evt_refund_9"))

    refund = Refund.objects.get()
    assert (answer.status_code, refund.state, refund.is_given_up) == (204, "failed", True)
    assert refunding.stand_in.refunds == {}


def test_what_was_given_up_and_then_refused_has_failed_for_good(refunding: AtStripe) -> None:
    key_revoked(refunding)
    refunding.stand_in.faults.clear()

    news(refunding, "failed", event_id="evt_refund_1")
    news(refunding, "succeeded", event_id="evt_refund_2")

    refund = Refund.objects.get()
    assert (refund.state, refund.is_given_up) == ("failed", False)
    assert refund.message.startswith("The bank refused the refund")
