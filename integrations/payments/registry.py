"""The ways to pay that this shop offers."""

from django.conf import settings

from integrations.payments.offline import BankTransfer, Invoice
from integrations.payments.port import PaymentMethod
from integrations.payments.sandbox import SandboxCard
from integrations.payments.stripe_checkout import StripeCheckout

DEFAULT_METHOD = Invoice.code
_KNOWN: tuple[PaymentMethod, ...] = (Invoice(), BankTransfer(), StripeCheckout(), SandboxCard())
_METHODS = {method.code: method for method in _KNOWN}


def payment_methods() -> list[PaymentMethod]:
    """Return every way to pay that is offered, in order; the play card only where no real shop is."""
    is_off = {
        SandboxCard.code: not (settings.DEBUG or settings.SANDBOX_PAYMENTS),
        StripeCheckout.code: settings.STRIPE is None,
    }
    return [method for method in _KNOWN if not is_off.get(method.code)]


def all_methods() -> tuple[PaymentMethod, ...]:
    """Return every way to pay that was ever offered."""
    return _KNOWN


def payment_method(code: str) -> PaymentMethod | None:
    """Return one way to pay, or None; orders keep theirs even when it is not offered any more."""
    return _METHODS.get(code)


def online_method(preferred: str) -> PaymentMethod | None:
    """Return what an order is paid online by: its own way if that is one, else the first that is offered."""
    online = [method for method in payment_methods() if not method.is_recorded_by_staff]
    return next((method for method in online if method.code == preferred), online[0] if online else None)
