"""The ways to pay that this shop offers."""

from integrations.payments.offline import BankTransfer, Invoice
from integrations.payments.port import PaymentMethod
from integrations.payments.sandbox import SandboxCard

DEFAULT_METHOD = Invoice.code
_OFFERED: tuple[PaymentMethod, ...] = (Invoice(), BankTransfer(), SandboxCard())
_METHODS = {method.code: method for method in _OFFERED}


def payment_methods() -> list[PaymentMethod]:
    """Return every way to pay, in the order in which they are offered."""
    return list(_METHODS.values())


def payment_method(code: str) -> PaymentMethod | None:
    """Return one way to pay, or None."""
    return _METHODS.get(code)
