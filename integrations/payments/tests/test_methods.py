"""Each way to pay keeps to the port."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from integrations.payments.offline import PaidOutsideError
from integrations.payments.port import Attempt, OutcomeState, PaymentDetailsError, RefundState, Return
from integrations.payments.registry import DEFAULT_METHOD, payment_method, payment_methods
from integrations.payments.sandbox import SandboxCard
from kernel.money import Money

PRICE = Money(1000, "EUR")
ATTEMPT = Attempt(payment_id=UUID(int=1), reference="A-1", amount=PRICE)
BACK = Return(refund_id=UUID(int=2), attempt=ATTEMPT, amount=PRICE)


@pytest.mark.parametrize(
    ("number", "state"),
    [
        ("4242424242424242", OutcomeState.CAPTURED),
        ("4242 4242-4242 4242", OutcomeState.CAPTURED),
        ("4000000000000002", OutcomeState.DECLINED),
        ("4000000000003220", OutcomeState.REQUIRES_ACTION),
        ("4000000000000069", OutcomeState.AUTHORISED),
        ("4000000000005126", OutcomeState.CAPTURED),
    ],
)
def test_the_number_of_a_sandbox_card_decides(number: str, state: OutcomeState) -> None:
    outcome = SandboxCard().authorise(ATTEMPT, details={"card_number": number})

    assert outcome.state is state


@pytest.mark.parametrize("details", [{}, {"card_number": ""}, {"card_number": "1234"}])
def test_another_number_is_refused_by_its_field(details: dict[str, str]) -> None:
    with pytest.raises(PaymentDetailsError) as refusal:
        SandboxCard().authorise(ATTEMPT, details=details)

    assert list(refusal.value.fields) == ["card_number"]


@pytest.mark.parametrize(("code", "state"), [("123456", OutcomeState.CAPTURED), ("", OutcomeState.DECLINED)])
def test_the_second_step_wants_the_code(code: str, state: OutcomeState) -> None:
    assert SandboxCard().confirm(ATTEMPT, details={"confirmation_code": code}).state is state


def test_the_sandbox_collects_lets_go_and_gives_back() -> None:
    card = SandboxCard()

    assert card.capture(ATTEMPT).state is OutcomeState.CAPTURED
    assert card.void(ATTEMPT).state is OutcomeState.DECLINED
    assert card.retrieve(ATTEMPT).state is OutcomeState.DECLINED
    assert card.refund(BACK).state is RefundState.DONE


def test_one_sandbox_card_gives_nothing_back() -> None:
    card = SandboxCard()
    kept = card.authorise(ATTEMPT, details={"card_number": "4000000000005126"}).provider_reference

    refused = card.refund(replace(BACK, attempt=replace(ATTEMPT, provider_reference=kept)))

    assert (refused.state, refused.message) == (RefundState.FAILED, "The bank refused the refund.")


@pytest.mark.parametrize("code", ["invoice", "bank_transfer"])
def test_what_is_paid_at_the_bank_collects_nothing_online(code: str) -> None:
    method = payment_method(code)

    assert method is not None
    with pytest.raises(PaidOutsideError):
        method.authorise(ATTEMPT, details={})
    with pytest.raises(PaidOutsideError):
        method.confirm(ATTEMPT, details={})
    with pytest.raises(PaidOutsideError):
        method.retrieve(ATTEMPT)
    with pytest.raises(PaidOutsideError):
        method.capture(ATTEMPT)
    with pytest.raises(PaidOutsideError):
        method.void(ATTEMPT)
    with pytest.raises(PaidOutsideError):
        method.refund(BACK)


def test_invoice_is_the_default_and_only_it_ships_first() -> None:
    assert DEFAULT_METHOD == "invoice"
    assert [method.code for method in payment_methods() if method.ships_before_payment] == ["invoice"]
    assert payment_method("gold") is None


@pytest.mark.parametrize(
    ("debug", "sandbox", "is_offered"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_the_play_card_is_not_offered_in_a_real_shop(
    settings: Any,
    debug: bool,
    sandbox: bool,
    is_offered: bool,
) -> None:
    settings.DEBUG, settings.SANDBOX_PAYMENTS = debug, sandbox

    assert ("sandbox_card" in {method.code for method in payment_methods()}) is is_offered
    assert isinstance(payment_method("sandbox_card"), SandboxCard)
