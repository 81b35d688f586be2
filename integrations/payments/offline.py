"""Money that arrives at the bank: by invoice after the goods, or by transfer ahead of them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Never

from integrations.payments.port import Attempt, Outcome, RefundOutcome, Return
from kernel.errors import DomainError


class PaidOutsideError(DomainError):
    """This money arrives at the bank; there is nothing to collect online."""

    code = "paid_outside"
    status = 409

    def __init__(self) -> None:
        super().__init__("This order is paid through the bank; the shop records the money when it arrives.")


class _AtTheBank:
    is_recorded_by_staff: ClassVar[bool] = True
    is_hosted: ClassVar[bool] = False

    def authorise(self, attempt: Attempt, *, details: Mapping[str, str]) -> Outcome:
        self._refuse()

    def confirm(self, attempt: Attempt, *, details: Mapping[str, str]) -> Outcome:
        self._refuse()

    def retrieve(self, attempt: Attempt) -> Outcome:
        self._refuse()

    def capture(self, attempt: Attempt) -> Outcome:
        self._refuse()

    def void(self, attempt: Attempt) -> Outcome:
        self._refuse()

    def refund(self, wanted: Return) -> RefundOutcome:
        self._refuse()

    def _refuse(self) -> Never:
        raise PaidOutsideError


class Invoice(_AtTheBank):
    """The goods go first; the bill is due later."""

    code: ClassVar[str] = "invoice"
    name: ClassVar[str] = "Invoice"
    description: ClassVar[str] = "Pay after delivery."
    ships_before_payment: ClassVar[bool] = True
    default_window: ClassVar[timedelta] = timedelta(days=14)


class BankTransfer(_AtTheBank):
    """The goods wait for the money."""

    code: ClassVar[str] = "bank_transfer"
    name: ClassVar[str] = "Bank transfer"
    description: ClassVar[str] = "We ship once the money has arrived."
    ships_before_payment: ClassVar[bool] = False
    default_window: ClassVar[timedelta] = timedelta(days=7)
