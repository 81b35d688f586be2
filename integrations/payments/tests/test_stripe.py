"""Stripe's port, through Stripe's own library, against a stand-in that behaves and misbehaves."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from integrations.payments import stripe_checkout
from integrations.payments.port import (
    Attempt,
    OutcomeState,
    ProviderAwayError,
    ProviderRefusedError,
    RefundState,
    Return,
)
from integrations.payments.stripe_amounts import as_money, as_stripe_counts
from integrations.payments.stripe_checkout import StripeCheckout
from integrations.payments.tests.stripe_stand_in import StandIn, stripe
from kernel.money import Money

pytestmark = pytest.mark.once
PAYMENT, REFUND = UUID(int=1), UUID(int=2)
ATTEMPT = Attempt(
    payment_id=PAYMENT,
    reference="A-1",
    amount=Money(3990, "EUR"),
    title="Order A",
    email="ada@example.com",
    return_url="http://testserver/back",
    stop_url="http://testserver/stop",
    expires_at=datetime(2026, 6, 1, 13, 0, tzinfo=UTC),
)
method = StripeCheckout()


@pytest.fixture
def stand_in(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setattr("stripe._http_client.HTTPClient.INITIAL_DELAY", 0.01)
    with stripe() as server:
        settings.STRIPE = server.account
        yield server


@pytest.fixture
def begun(stand_in: StandIn) -> Attempt:
    """Return an attempt whose page is open."""
    return replace(ATTEMPT, provider_reference=method.authorise(ATTEMPT, details={}).provider_reference)


def test_a_page_is_made_with_everything_that_stripe_must_know(stand_in: StandIn) -> None:
    outcome = method.authorise(ATTEMPT, details={})

    session = stand_in.last_session()
    assert (outcome.state, outcome.provider_reference) == (OutcomeState.REQUIRES_ACTION, "cs_1")
    assert outcome.action_url == f"{stand_in.url}/page/cs_1"
    assert (session["amount_total"], session["currency"]) == (3990, "eur")
    assert session["metadata"] == {"payment": str(PAYMENT), "reference": "A-1"}
    assert session["expires_at"] == 1780318800
    assert (session["success_url"], session["cancel_url"]) == (ATTEMPT.return_url, ATTEMPT.stop_url)


@pytest.mark.parametrize("fault", ["drop", "slow", 500, 409])
def test_a_lost_answer_is_asked_for_again_under_the_same_key(stand_in: StandIn, fault: Any) -> None:
    stand_in.faults["POST /v1/checkout/sessions"] = [fault]

    outcome = method.authorise(ATTEMPT, details={})

    assert outcome.provider_reference == "cs_1"
    assert list(stand_in.sessions) == ["cs_1"]


@pytest.mark.parametrize("fault", ["drop", 500, 429, 401])
def test_without_an_answer_nobody_knows_and_a_repetition_finds_the_same_page(stand_in: StandIn, fault: Any) -> None:
    stand_in.faults["POST /v1/checkout/sessions"] = [fault, fault]

    with pytest.raises(ProviderAwayError):
        method.authorise(ATTEMPT, details={})

    stand_in.faults.clear()
    assert method.authorise(ATTEMPT, details={}).provider_reference == "cs_1"


def test_what_stripe_refuses_is_said_in_its_words(stand_in: StandIn) -> None:
    method.authorise(ATTEMPT, details={})

    with pytest.raises(ProviderRefusedError):
        method.retrieve(replace(ATTEMPT, provider_reference="cs_99"))


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("succeeded", OutcomeState.CAPTURED),
        ("processing", OutcomeState.PENDING),
        ("requires_payment_method", OutcomeState.DECLINED),
        ("canceled", OutcomeState.DECLINED),
    ],
)
def test_where_a_payment_stands_is_what_its_money_says(
    stand_in: StandIn, begun: Attempt, status: str, state: OutcomeState
) -> None:
    stand_in.pay(status=status)

    outcome = method.retrieve(begun)

    assert outcome.state is state
    assert outcome.amount == (Money(3990, "EUR") if state is OutcomeState.CAPTURED else None)


def test_a_page_that_nobody_was_shown_took_nothing(stand_in: StandIn) -> None:
    assert method.retrieve(ATTEMPT).state is OutcomeState.DECLINED
    assert method.void(ATTEMPT).state is OutcomeState.DECLINED
    assert stand_in.asked == []


def test_money_that_was_set_aside_is_collected_once(stand_in: StandIn) -> None:
    first = replace(ATTEMPT, is_secured_first=True)
    begun = replace(first, provider_reference=method.authorise(first, details={}).provider_reference)
    stand_in.pay()

    secured = method.retrieve(begun)
    captured = [method.capture(begun) for _ in range(2)]

    assert secured.state is OutcomeState.AUTHORISED
    assert [(one.state, one.amount) for one in captured] == [(OutcomeState.CAPTURED, Money(3990, "EUR"))] * 2
    assert [path for _, path, _ in stand_in.asked if path.endswith("/capture")] == ["/v1/payment_intents/pi_1/capture"]


def test_money_that_somebody_collected_at_stripe_meanwhile_is_taken_and_not_declined(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = replace(ATTEMPT, is_secured_first=True)
    begun = replace(first, provider_reference=method.authorise(first, details={}).provider_reference)
    stand_in.pay()
    look = stripe_checkout._found

    def late(attempt: Attempt) -> Any:
        found = look(attempt)
        monkeypatch.setattr(stripe_checkout, "_found", look)
        stand_in.arrive()
        return found

    monkeypatch.setattr(stripe_checkout, "_found", late)
    captured = method.capture(begun)

    assert (captured.state, captured.amount) == (OutcomeState.CAPTURED, Money(3990, "EUR"))


def test_money_that_was_set_aside_is_let_go(stand_in: StandIn) -> None:
    first = replace(ATTEMPT, is_secured_first=True)
    begun = replace(first, provider_reference=method.authorise(first, details={}).provider_reference)
    stand_in.pay()

    assert method.void(begun).state is OutcomeState.DECLINED
    assert stand_in.intents["pi_1"]["status"] == "canceled"


def test_an_open_page_is_closed_and_a_paid_one_tells_of_the_money(stand_in: StandIn, begun: Attempt) -> None:
    closed = method.void(begun)
    other = replace(ATTEMPT, reference="A-2")
    paid = replace(other, provider_reference=method.authorise(other, details={}).provider_reference)
    stand_in.pay()

    assert closed.state is OutcomeState.DECLINED
    assert stand_in.sessions["cs_1"]["status"] == "expired"
    assert method.void(paid).state is OutcomeState.CAPTURED


@pytest.mark.parametrize("faults", [[], ["drop"], [500, 500]])
def test_money_goes_back_once_however_often_it_is_asked_for(
    stand_in: StandIn, begun: Attempt, faults: list[Any]
) -> None:
    stand_in.pay()
    stand_in.faults["POST /v1/refunds"] = list(faults)
    wanted = Return(refund_id=REFUND, attempt=begun, amount=Money(1000, "EUR"))

    if len(faults) > 1:
        with pytest.raises(ProviderAwayError):
            method.refund(wanted)
    first = method.refund(wanted)
    stand_in.keys.clear()  # Stripe forgets its keys after a day
    second = method.refund(wanted)

    assert (first.state, first.provider_reference) == (RefundState.DONE, "re_1")
    assert second == first
    assert [refund["amount"] for refund in stand_in.refunds.values()] == [1000]


def test_a_refused_refund_says_why_and_another_round_is_another_refund(stand_in: StandIn, begun: Attempt) -> None:
    stand_in.pay()
    wanted = Return(refund_id=REFUND, attempt=begun, amount=Money(1000, "EUR"))
    stand_in.refuses_refunds = True

    refused = method.refund(wanted)
    stand_in.refuses_refunds = False
    again = method.refund(replace(wanted, round=1))

    assert (refused.state, refused.message) == (RefundState.FAILED, "Insufficient funds in your Stripe balance.")
    assert again.state is RefundState.DONE


@pytest.mark.parametrize(
    ("amount", "counts"),
    [
        (Money(3990, "EUR"), 3990),
        (Money(500, "JPY"), 500),
        (Money(500, "ISK"), 50000),
        (Money(500, "UGX"), 50000),
        (Money(1230, "KWD"), 1230),
        (Money(500, "KRW"), 500),
    ],
)
def test_amounts_are_counted_as_stripe_does(amount: Money, counts: int) -> None:
    assert as_stripe_counts(amount) == counts
    assert as_money(counts, amount.currency.lower()) == amount


def test_an_amount_that_stripe_cannot_take_is_refused() -> None:
    with pytest.raises(ProviderRefusedError):
        as_stripe_counts(Money(1234, "KWD"))


def test_the_secrets_are_not_shown_where_settings_are(stand_in: StandIn) -> None:
    assert "sk_test" not in repr(stand_in.account)
    assert "whsec" not in repr(stand_in.account)


def test_a_shop_without_stripe_asks_nobody(settings: Any) -> None:
    settings.STRIPE = None

    with pytest.raises(ProviderAwayError):
        method.authorise(ATTEMPT, details={})
