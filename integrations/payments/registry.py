"""The ways to pay that this shop offers."""

from django.conf import settings

from integrations.payments.offline import BankTransfer, Invoice
from integrations.payments.port import PaymentMethod
from integrations.payments.sandbox import SandboxCard

DEFAULT_METHOD = Invoice.code
_KNOWN: tuple[PaymentMethod, ...] = (Invoice(), BankTransfer(), SandboxCard())
_METHODS = {method.code: method for method in _KNOWN}


def payment_methods() -> list[PaymentMethod]:
    """Return every way to pay that is offered, in order; the play card only where no real shop is."""
    has_sandbox = settings.DEBUG or settings.SANDBOX_PAYMENTS
    return [method for method in _KNOWN if has_sandbox or not isinstance(method, SandboxCard)]


def payment_method(code: str) -> PaymentMethod | None:
    """Return one way to pay, or None; orders keep theirs even when it is not offered any more."""
    return _METHODS.get(code)
