"""Paying by Stripe: webhook and browser in any order, twice, late, forged, cut off: one order, one capture."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.orders.models.orders import Order
from apps.orders.models.payments import Payment, ProviderEvent
from apps.orders.models.refunds import Refund
from apps.orders.services import settling
from apps.orders.services.cancelling import expire_orders
from apps.products.models.stock import Stock
from apps.products.services.expiry import expire_holds
from contracts.orders import OrderPaid, OrderRefunded, SurplusPaid
from integrations.payments.stripe_checkout import StripeCheckout
from integrations.payments.tests.stripe_stand_in import OLD_SECRET, StandIn, stripe
from tests.fixtures import NOON

from .stripe_shop import WEBHOOK, AtStripe
from .test_many_at_once import at_once

pytestmark = pytest.mark.django_db
Buy = Callable[[], AtStripe]


@pytest.fixture
def stand_in(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setattr("stripe._http_client.HTTPClient.INITIAL_DELAY", 0.01)
    with stripe() as server:
        settings.STRIPE = server.account
        yield server


@pytest.fixture
def bought(stand_in: StandIn, guest: Any, mug: Any, noon: Any) -> AtStripe:
    """Return an order whose customer stands before Stripe's page."""
    guest.put("MUG")
    order = AtStripe(Order.objects.get(id=guest.order(payment_method="stripe").json()["id"]), stand_in)
    assert order.begin().status_code == 303
    return order


def of(kind: type, published: Any) -> list[Any]:
    """Return the facts of one kind."""
    return [event for event in published() if isinstance(event, kind)]


def test_the_button_leads_to_the_page_of_stripe_and_twice_to_the_same(bought: AtStripe) -> None:
    again = bought.begin()

    assert (again.status_code, again.headers["Location"]) == (303, f"{bought.stand_in.url}/page/cs_1")
    assert list(bought.stand_in.sessions) == ["cs_1"]
    assert bought.stand_in.sessions["cs_1"]["amount_total"] == Order.objects.get().total_minor
    assert bought.payments == ["requires_action"]


@pytest.mark.parametrize("steps", ["wb", "bw", "wwbb", "bbww", "wbwb"])
def test_webhook_and_browser_in_any_order_make_one_capture(bought: AtStripe, published: Any, steps: str) -> None:
    bought.stand_in.pay()

    for number, step in enumerate(steps):
        answer = bought.come_back() if step == "b" else bought.report(event_id=f"evt_{number}")
        assert answer.status_code == (302 if step == "b" else 204)

    assert bought.states == ("open", "paid")
    assert bought.payments == ["captured"]
    assert len(of(OrderPaid, published)) == 1
    assert Stock.objects.get(sku="MUG").on_hand == 9


@pytest.mark.django_db(transaction=True)
def test_everything_at_once_makes_one_capture(bought: AtStripe, published: Any) -> None:
    bought.stand_in.pay()

    steps = [bought.come_back, lambda: bought.report(event_id="evt_1"), bought.work]
    at_once([*steps, *steps, lambda: bought.report(event_id="evt_2")])

    assert bought.states == ("open", "paid")
    assert bought.payments == ["captured"]
    assert len(of(OrderPaid, published)) == 1
    assert Stock.objects.get(sku="MUG").on_hand == 9


def test_a_message_is_acted_on_once(bought: AtStripe) -> None:
    bought.stand_in.pay()
    bought.report()
    asked = len(bought.stand_in.asked)

    again = bought.report()

    assert again.status_code == 204
    assert len(bought.stand_in.asked) == asked
    assert ProviderEvent.objects.count() == 1


def test_a_signature_of_other_signs_is_none(bought: AtStripe) -> None:
    answer = Client().post(WEBHOOK, b"{}", content_type="application/json", headers={"Stripe-Signature": "t=1,v1=\xe9"})

    assert (answer.status_code, answer.json()["code"]) == (403, "webhook_refused")


@pytest.mark.parametrize("about", [[], {}, None, 1], ids=repr)
def test_a_signed_message_that_speaks_of_nothing_is_refused_and_no_fault(bought: AtStripe, about: Any) -> None:
    answer = Client().post(WEBHOOK, **bought.stand_in.message("checkout.session.completed", about))

    assert (answer.status_code, answer.json()["code"]) == (403, "webhook_refused")


@pytest.mark.parametrize("signing", [{"secret": "whsec_other"}, {"age": 400}])
def test_a_forged_or_old_message_is_refused_and_changes_nothing(bought: AtStripe, signing: Any) -> None:
    bought.stand_in.pay()

    answer = bought.report(**signing)

    assert (answer.status_code, answer.json()["code"]) == (403, "webhook_refused")
    assert bought.states == ("open", "unpaid")
    assert ProviderEvent.objects.count() == 0


def test_a_secret_that_is_being_replaced_still_signs(bought: AtStripe) -> None:
    bought.stand_in.pay()

    assert bought.report(secret=OLD_SECRET).status_code == 204
    assert bought.states == ("open", "paid")


def test_a_message_that_lies_is_not_believed(bought: AtStripe) -> None:
    assert bought.report().status_code == 204
    assert bought.come_back().headers["Location"].startswith(f"/orders/{bought.id}/pay/")
    assert bought.states == ("open", "unpaid")


def test_late_money_pays_while_there_is_stock(bought: AtStripe, stop_clock: Any) -> None:
    stop_clock(NOON + timedelta(hours=2))
    expire_holds()
    bought.stand_in.pay()

    bought.report()

    assert bought.states == ("open", "paid")
    assert Stock.objects.get(sku="MUG").on_hand == 9


def test_late_money_without_stock_goes_back_by_itself(bought: AtStripe, stop_clock: Any, published: Any) -> None:
    stop_clock(NOON + timedelta(hours=2))
    expire_holds()
    Stock.objects.filter(sku="MUG").update(on_hand=0)
    bought.stand_in.pay()

    bought.report()
    owed = bought.states
    bought.work()
    bought.work()

    assert owed == ("cancelled", "refund_due")
    assert bought.states == ("cancelled", "refunded")
    assert bought.payments == ["refunded"]
    assert bought.money == (1490, 1490, 0)
    assert [refund["amount"] for refund in bought.stand_in.refunds.values()] == [1490]
    assert [(fact.reason, fact.goes_back_by_itself) for fact in of(SurplusPaid, published)] == [("late", True)]
    assert len(of(OrderRefunded, published)) == 1


def test_money_for_an_order_that_was_called_off_meanwhile_goes_back(bought: AtStripe, stop_clock: Any) -> None:
    bought.stand_in.pay()
    stop_clock(NOON + timedelta(minutes=31))
    expire_orders()

    bought.come_back()
    bought.work()

    assert bought.states == ("cancelled", "refunded")
    assert bought.money == (1490, 1490, 0)


def test_the_page_of_an_order_that_is_called_off_is_closed(bought: AtStripe) -> None:
    bought.browser.post(bought.page("cancel/"))

    bought.work()

    assert bought.stand_in.sessions["cs_1"]["status"] == "expired"
    assert bought.payments == ["declined"]
    assert bought.states == ("cancelled", "unpaid")


def test_a_page_that_ran_out_makes_room_for_another(bought: AtStripe) -> None:
    bought.stand_in.sessions["cs_1"]["status"] = "expired"
    bought.report("checkout.session.expired")

    again = bought.begin()

    assert again.headers["Location"] == f"{bought.stand_in.url}/page/cs_2"
    assert bought.payments == ["declined", "requires_action"]


def test_a_page_that_ran_out_unnoticed_makes_room_at_the_button(bought: AtStripe) -> None:
    bought.stand_in.sessions["cs_1"]["status"] = "expired"

    assert bought.begin().headers["Location"] == f"{bought.stand_in.url}/page/cs_2"


def test_a_slow_bank_is_waited_for(bought: AtStripe) -> None:
    bought.stand_in.pay(status="processing")

    waiting = bought.come_back()
    bought.stand_in.arrive()
    bought.report("checkout.session.async_payment_succeeded")

    assert (waiting.status_code, waiting.headers["Refresh"]) == (200, "5")
    assert b"We are waiting for your bank" in waiting.content
    assert bought.come_back().headers["Location"].startswith(f"/orders/{bought.id}/thanks/")
    assert bought.states == ("open", "paid")


@pytest.mark.parametrize(("counts", "currency"), [(1000, ""), (1491, ""), (1490, "usd")])
def test_another_sum_than_the_order_asks_for_does_not_pay_it(
    bought: AtStripe, published: Any, counts: int, currency: str
) -> None:
    bought.stand_in.pay(counts=counts, currency=currency)

    bought.report()
    bought.work()

    assert bought.states == ("open", "unpaid")
    assert bought.payments == ["refunded"]
    [surplus] = of(SurplusPaid, published)
    assert (surplus.reason, surplus.amount.minor, surplus.amount.currency) == (
        "amount",
        counts,
        currency.upper() or "EUR",
    )
    assert [refund["amount"] for refund in bought.stand_in.refunds.values()] == [counts]
    assert bought.begin().status_code == 303


def test_a_kill_between_the_answer_and_its_record_is_put_right_by_the_worker(
    bought: AtStripe, stop_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought.stand_in.pay()
    with monkeypatch.context() as patched:
        patched.setattr(settling, "record_outcome", _killed)
        with pytest.raises(KeyboardInterrupt):
            bought.report()
    assert bought.states == ("open", "unpaid")

    stop_clock(NOON + timedelta(minutes=3))
    bought.work()

    assert bought.states == ("open", "paid")
    assert bought.payments == ["captured"]


def test_a_kill_before_the_page_was_written_down_charges_nobody(
    bought: AtStripe, stop_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought.stand_in.sessions["cs_1"]["status"] = "expired"
    with monkeypatch.context() as patched:
        patched.setattr("apps.orders.services.payments._ask", _killed)
        with pytest.raises(KeyboardInterrupt):
            bought.begin()
    assert bought.payments == ["declined", "pending"]

    stop_clock(NOON + timedelta(minutes=3))
    bought.work()

    assert bought.payments == ["declined", "declined"]
    assert bought.begin().status_code == 303


def test_a_page_that_came_after_its_attempt_was_given_up_is_asked_about(
    stand_in: StandIn, guest: Any, mug: Any, noon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest.put("MUG")
    order = AtStripe(Order.objects.get(id=guest.order(payment_method="stripe").json()["id"]), stand_in)
    make_page = StripeCheckout.authorise

    def slow(self: StripeCheckout, attempt: Any, *, details: Any) -> Any:
        outcome = make_page(self, attempt, details=details)
        settling.settle_due(now=NOON + timedelta(minutes=3))
        return outcome

    monkeypatch.setattr(StripeCheckout, "authorise", slow)
    assert order.begin().headers["Location"] == f"{stand_in.url}/page/cs_1"
    assert order.payments == ["requires_action"]
    stand_in.pay()

    order.come_back()

    assert order.states == ("open", "paid")
    assert order.payments == ["captured"]


def test_a_kill_after_the_refund_gives_back_once(
    bought: AtStripe, stop_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought.stand_in.pay()
    bought.report()
    bought.browser.post(bought.page("cancel/"))
    with monkeypatch.context() as patched:
        patched.setattr("apps.orders.services.returning.record_return", _killed)
        with pytest.raises(KeyboardInterrupt):
            bought.work()
    assert bought.states == ("cancelled", "refund_due")

    stop_clock(NOON + timedelta(minutes=3))
    bought.work()

    assert bought.states == ("cancelled", "refunded")
    assert len(bought.stand_in.refunds) == 1


def test_a_late_message_of_a_refund_that_staff_sent_through_the_bank_changes_nothing(
    bought: AtStripe, client: Client, staff: Any, staff_api: Any
) -> None:
    bought.stand_in.pay()
    bought.report()
    bought.stand_in.refund_status = "failed"
    staff_api.post(f"/api/v1/orders/{bought.id}/refunds/", {"amount": {"amount": "5.00", "currency": "EUR"}})
    bought.work()
    client.force_login(staff)
    client.post(f"/office/orders/{bought.id}/refunds/{Refund.objects.get().id}/", {"decision": "settled"})
    settled = bought.money
    about = {"id": "re_1", "metadata": {"payment": str(Payment.objects.get().id)}}

    answer = Client().post(WEBHOOK, **bought.stand_in.message("refund.failed", about, event_id="evt_late"))

    assert answer.status_code == 204
    assert bought.money == settled == (1490, 500, 0)
    assert bought.states == ("open", "partially_refunded")


@pytest.mark.parametrize("fault", [500, "drop"])
def test_a_provider_that_is_away_is_said_and_the_order_stays_payable(
    stand_in: StandIn, guest: Any, mug: Any, noon: Any, fault: Any
) -> None:
    guest.put("MUG")
    order = AtStripe(Order.objects.get(id=guest.order(payment_method="stripe").json()["id"]), stand_in)
    stand_in.faults["POST /v1/checkout/sessions"] = [fault, fault]

    failed = order.begin()
    shown = order.browser.get(failed.headers["Location"])
    again = order.begin()

    assert failed.headers["Location"] == order.page("pay/")
    assert b"The payment provider cannot be reached" in shown.content
    assert (again.status_code, order.payments) == (303, ["requires_action"])
    assert list(stand_in.sessions) == ["cs_1"]


def test_news_without_a_provider_that_answers_are_wanted_again(bought: AtStripe) -> None:
    bought.stand_in.pay()
    bought.stand_in.faults["GET /v1/checkout/sessions/cs_1"] = [500, 500]

    failed, again = bought.report(), bought.report()

    assert (failed.status_code, again.status_code) == (503, 204)
    assert bought.states == ("open", "paid")


def test_money_that_comes_twice_goes_back_and_the_order_stays_paid(
    bought: AtStripe, staff_api: Any, published: Any
) -> None:
    payment = Payment.objects.get()
    Order.objects.update(payment_method="invoice")
    staff_api.post(f"/api/v1/orders/{bought.id}/pay/", {"reference": "BANK-1"})
    bought.stand_in.pay()

    bought.report()
    bought.work()

    assert bought.states == ("open", "paid")
    assert bought.money == (2980, 1490, 0)
    assert [fact.reason for fact in of(SurplusPaid, published)] == ["twice"]
    assert Refund.objects.get().payment_id == payment.id


def _killed(*_arguments: object, **_named: object) -> None:
    raise KeyboardInterrupt
