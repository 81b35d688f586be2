"""The port that every way to pay answers; pure data in, pure data out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Protocol
from uuid import UUID

from kernel.errors import DomainError
from kernel.money import Money


class OutcomeState(StrEnum):
    """Where a provider stands with an attempt."""

    AUTHORISED = "authorised"
    CAPTURED = "captured"
    DECLINED = "declined"
    """Over: nothing was charged, and nothing will be under this reference."""
    PENDING = "pending"
    """The customer is done, and the bank is not."""
    REQUIRES_ACTION = "requires_action"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The provider's answer, with words for the customer."""

    state: OutcomeState
    message: str = ""
    provider_reference: str = ""
    """What the provider calls the attempt; empty where it has no name of its own."""
    action_url: str = ""
    """The provider's page on which the customer goes on."""
    amount: Money | None = None
    """What the provider took; None where that is always what it was told."""


class RefundState(StrEnum):
    """Where a provider stands with giving money back."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOutcome:
    """The provider's answer, with words for the staff."""

    state: RefundState
    provider_reference: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to pay: the same reference never collects twice."""

    payment_id: UUID
    reference: str
    amount: Money
    provider_reference: str = ""
    title: str = ""
    """What the customer reads on the provider's page."""
    email: str = ""
    return_url: str = ""
    stop_url: str = ""
    expires_at: datetime | None = None
    """When the attempt should be over; the same in every repetition."""
    is_secured_first: bool = False
    """True to set the money aside, and collect it by ``capture``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Money to give back of one attempt: the same id never gives back twice."""

    refund_id: UUID
    attempt: Attempt
    amount: Money
    provider_reference: str = ""
    round: int = 0
    """Counts up when the provider refused and staff asks once more."""
    is_only_asked_about: bool = False
    """Tell what became of it, and give nothing back that is not known yet."""

    @property
    def key(self) -> str:
        """What makes this return unique with the provider."""
        return self._key_of(self.round)

    @property
    def former_keys(self) -> frozenset[str]:
        """The keys of the rounds before this one."""
        return frozenset(self._key_of(number) for number in range(self.round))

    def _key_of(self, number: int) -> str:
        return f"{self.refund_id}-{number}" if number else str(self.refund_id)


class PaymentDetailsError(DomainError):
    """What the customer typed cannot be a means of payment."""

    code = "payment_details_invalid"
    status = 400


class ProviderAwayError(DomainError):
    """The provider of payments does not answer, or not with sense: what became of the request is not known."""

    code = "payment_provider_away"
    status = 503

    def __init__(self) -> None:
        super().__init__("The payment provider cannot be reached. Nothing is lost: try again in a moment.")


class ShopUnknownError(ProviderAwayError):
    """The provider does not let the shop in, or the shop has no account there any more: nobody can be asked."""


class ProviderRefusedError(DomainError):
    """The provider will never do this, however often it is asked."""

    code = "payment_refused"
    status = 409


class PaymentMethod(Protocol):
    """One way to pay. Every method may be repeated with the same arguments and does its work once.

    Each raises ``ProviderAwayError`` when it cannot tell what became of the request, and ``ProviderRefusedError``
    when the provider says that it will not.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    description: ClassVar[str]
    ships_before_payment: ClassVar[bool]
    """True for a bill that follows the goods."""
    default_window: ClassVar[timedelta]
    """How long the money may take, unless the shop says otherwise."""
    is_recorded_by_staff: ClassVar[bool]
    """True when the money arrives and goes back outside, and staff writes down that it did."""
    is_hosted: ClassVar[bool]
    """True when the customer pays on a page of the provider."""

    def authorise(self, attempt: Attempt, *, details: Mapping[str, str]) -> Outcome:
        """Try to collect the money, or secure it.

        :raises PaymentDetailsError: names the field that is wrong.
        """
        ...

    def confirm(self, attempt: Attempt, *, details: Mapping[str, str]) -> Outcome:
        """Finish an attempt that asked for a second step.

        :raises PaymentDetailsError: names the field that is wrong.
        """
        ...

    def retrieve(self, attempt: Attempt) -> Outcome:
        """Ask where an attempt stands."""
        ...

    def capture(self, attempt: Attempt) -> Outcome:
        """Collect what was secured."""
        ...

    def void(self, attempt: Attempt) -> Outcome:
        """Let go of what was secured, or of an attempt that is under way; tell what became of it instead, if so."""
        ...

    def refund(self, wanted: Return) -> RefundOutcome:
        """Give back some or all of what was collected."""
        ...
