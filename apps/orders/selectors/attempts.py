"""An attempt to pay in the words of the port: the same in every repetition, for providers compare."""

from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from apps.orders.models.orders import Order
from apps.orders.models.payments import Payment
from integrations.payments.port import Attempt
from integrations.payments.registry import all_methods

SHORTEST = timedelta(minutes=31)
LONGEST = timedelta(hours=23, minutes=50)
"""How long a provider's page lives; the order may give up earlier, and then its page is closed."""


def attempt_of(payment: Payment, *, order: Order) -> Attempt:
    """Return what a provider has to know."""
    wanted = order.placed_at + LONGEST if order.due_at is None else order.due_at
    earliest, latest = payment.created_at + SHORTEST, payment.created_at + LONGEST
    return Attempt(
        payment_id=payment.id,
        reference=payment.reference,
        amount=payment.amount,
        provider_reference=payment.provider_reference,
        title=f"Order {order.number}",
        email=order.email,
        return_url=_address("payment_return", order),
        stop_url=_address("pay", order),
        expires_at=min(max(wanted, earliest), latest),
    )


def _address(page: str, order: Order) -> str:
    path = reverse(f"orders:{page}", args=[order.id])
    query = "" if order.customer_id else f"?{urlencode({'token': order.access_token})}"
    return f"{settings.PUBLIC_URL}{path}{query}"


def latest_hosted(order: Order) -> Payment | None:
    """Return the newest attempt on a provider's page."""
    hosted = [method.code for method in all_methods() if method.is_hosted]
    return order.payments.filter(method__in=hosted).order_by("-created_at", "-id").first()
