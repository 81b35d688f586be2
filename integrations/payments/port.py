"""The port that every way to pay answers; pure data in, pure data out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, Protocol

from kernel.errors import DomainError
from kernel.money import Money


class OutcomeState(StrEnum):
    """What a provider made of an attempt."""

    CAPTURED = "captured"
    DECLINED = "declined"
    REQUIRES_ACTION = "requires_action"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The provider's answer, with words for the customer."""

    state: OutcomeState
    message: str = ""


class PaymentDetailsError(DomainError):
    """What the customer typed cannot be a means of payment."""

    code = "payment_details_invalid"
    status = 400


class PaymentMethod(Protocol):
    """One way to pay."""

    code: ClassVar[str]
    name: ClassVar[str]
    description: ClassVar[str]
    ships_before_payment: ClassVar[bool]
    """True for a bill that follows the goods."""
    default_window: ClassVar[timedelta]
    """How long the money may take, unless the shop says otherwise."""
    is_recorded_by_staff: ClassVar[bool]
    """True when the money arrives outside, and staff writes down that it did."""

    def start(self, *, reference: str, amount: Money, details: Mapping[str, str]) -> Outcome:
        """Try to collect the money; the same reference never collects twice.

        :raises PaymentDetailsError: names the field that is wrong.
        """
        ...

    def confirm(self, *, reference: str, details: Mapping[str, str]) -> Outcome:
        """Finish an attempt that asked for a second step.

        :raises PaymentDetailsError: names the field that is wrong.
        """
        ...
