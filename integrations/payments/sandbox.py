"""A card that moves no money: its number decides what happens."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from integrations.payments.port import (
    Attempt,
    Outcome,
    OutcomeState,
    PaymentDetailsError,
    RefundOutcome,
    RefundState,
    Return,
)

SUCCEEDS = "4242424242424242"
DECLINED = "4000000000000002"
NEEDS_SECOND_STEP = "4000000000003220"
SECURES_FIRST = "4000000000000069"
REFUSES_REFUNDS = "4000000000005126"
CONFIRMATION_CODE = "123456"
"""What the second step of the sandbox asks for."""

KEPT = "sandbox-keeps-the-money"
"""The name of an attempt that gives nothing back: the sandbox remembers nothing else."""

_OUTCOMES = {
    SUCCEEDS: Outcome(state=OutcomeState.CAPTURED),
    REFUSES_REFUNDS: Outcome(state=OutcomeState.CAPTURED, provider_reference=KEPT),
    SECURES_FIRST: Outcome(state=OutcomeState.AUTHORISED),
    DECLINED: Outcome(state=OutcomeState.DECLINED, message="The card was declined."),
    NEEDS_SECOND_STEP: Outcome(
        state=OutcomeState.REQUIRES_ACTION,
        message=f"Your bank asks for a code. In the sandbox it is {CONFIRMATION_CODE}.",
    ),
}


class SandboxCard:
    """Plays a card payment, for trying things out."""

    code: ClassVar[str] = "sandbox_card"
    name: ClassVar[str] = "Card (sandbox)"
    description: ClassVar[str] = "A play card: no money moves."
    ships_before_payment: ClassVar[bool] = False
    default_window: ClassVar[timedelta] = timedelta(minutes=30)
    is_recorded_by_staff: ClassVar[bool] = False
    is_hosted: ClassVar[bool] = False

    def authorise(self, attempt: Attempt, *, details: Mapping[str, str]) -> Outcome:
        """Answer as the number says; unknown numbers are refused."""
        number = re.sub(r"[ -]", "", details.get("card_number", ""))
        outcome = _OUTCOMES.get(number)
        if outcome is None:
            msg = "This is not a number of the sandbox card."
            raise PaymentDetailsError(msg, fields={"card_number": [f"{msg} Try {SUCCEEDS}."]})
        return replace(outcome, amount=attempt.amount)

    def confirm(self, attempt: Attempt, *, details: Mapping[str, str]) -> Outcome:
        """Take the code of the second step."""
        if details.get("confirmation_code", "") == CONFIRMATION_CODE:
            return Outcome(state=OutcomeState.CAPTURED, amount=attempt.amount)
        return Outcome(state=OutcomeState.DECLINED, message="The code was wrong.")

    def retrieve(self, attempt: Attempt) -> Outcome:
        """Tell that an attempt of which nobody wrote down the end took nothing."""
        return self.void(attempt)

    def capture(self, attempt: Attempt) -> Outcome:
        """Collect what was secured."""
        return Outcome(state=OutcomeState.CAPTURED, amount=attempt.amount)

    def void(self, attempt: Attempt) -> Outcome:
        """Let go."""
        return Outcome(state=OutcomeState.DECLINED, message="The payment was not finished.")

    def refund(self, wanted: Return) -> RefundOutcome:
        """Give back, unless the card is the one that refuses."""
        if wanted.attempt.provider_reference == KEPT:
            return RefundOutcome(state=RefundState.FAILED, message="The bank refused the refund.")
        return RefundOutcome(state=RefundState.DONE, provider_reference=f"sandbox-{wanted.refund_id}")
