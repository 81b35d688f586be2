"""A card that moves no money: its number decides what happens."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar

from integrations.payments.port import Outcome, OutcomeState, PaymentDetailsError
from kernel.money import Money

SUCCEEDS = "4242424242424242"
DECLINED = "4000000000000002"
NEEDS_SECOND_STEP = "4000000000003220"
CONFIRMATION_CODE = "123456"
"""What the second step of the sandbox asks for."""

_OUTCOMES = {
    SUCCEEDS: Outcome(state=OutcomeState.CAPTURED),
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

    def start(self, *, reference: str, amount: Money, details: Mapping[str, str]) -> Outcome:
        """Answer as the number says; unknown numbers are refused."""
        number = re.sub(r"[ -]", "", details.get("card_number", ""))
        outcome = _OUTCOMES.get(number)
        if outcome is None:
            msg = "This is not a number of the sandbox card."
            raise PaymentDetailsError(msg, fields={"card_number": [f"{msg} Try {SUCCEEDS}."]})
        return outcome

    def confirm(self, *, reference: str, details: Mapping[str, str]) -> Outcome:
        """Take the code of the second step."""
        if details.get("confirmation_code", "") == CONFIRMATION_CODE:
            return Outcome(state=OutcomeState.CAPTURED)
        return Outcome(state=OutcomeState.DECLINED, message="The code was wrong.")
