"""Each way to pay keeps to the port."""

from typing import Any

import pytest

from integrations.payments.offline import PaidOutsideError
from integrations.payments.port import OutcomeState, PaymentDetailsError
from integrations.payments.registry import DEFAULT_METHOD, payment_method, payment_methods
from integrations.payments.sandbox import SandboxCard
from kernel.money import Money

PRICE = Money(1000, "EUR")


@pytest.mark.parametrize(
    ("number", "state"),
    [
        ("4242424242424242", OutcomeState.CAPTURED),
        ("4242 4242-4242 4242", OutcomeState.CAPTURED),
        ("4000000000000002", OutcomeState.DECLINED),
        ("4000000000003220", OutcomeState.REQUIRES_ACTION),
    ],
)
def test_the_number_of_a_sandbox_card_decides(number: str, state: OutcomeState) -> None:
    outcome = SandboxCard().start(reference="A-1", amount=PRICE, details={"card_number": number})

    assert outcome.state is state


@pytest.mark.parametrize("details", [{}, {"card_number": ""}, {"card_number": "1234"}])
def test_another_number_is_refused_by_its_field(details: dict[str, str]) -> None:
    with pytest.raises(PaymentDetailsError) as refusal:
        SandboxCard().start(reference="A-1", amount=PRICE, details=details)

    assert list(refusal.value.fields) == ["card_number"]


@pytest.mark.parametrize(("code", "state"), [("123456", OutcomeState.CAPTURED), ("", OutcomeState.DECLINED)])
def test_the_second_step_wants_the_code(code: str, state: OutcomeState) -> None:
    assert SandboxCard().confirm(reference="A-1", details={"confirmation_code": code}).state is state


@pytest.mark.parametrize("code", ["invoice", "bank_transfer"])
def test_what_is_paid_at_the_bank_collects_nothing_online(code: str) -> None:
    method = payment_method(code)

    assert method is not None
    with pytest.raises(PaidOutsideError):
        method.start(reference="A-1", amount=PRICE, details={})
    with pytest.raises(PaidOutsideError):
        method.confirm(reference="A-1", details={})


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
