"""Messages of Stripe: who signed them, and of what they speak. What they say is never believed: Stripe is asked."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import structlog
from django.conf import settings

from integrations.payments.stripe_settings import StripeAccount
from kernel.errors import DomainError

TOLERANCE = 300
"""How many seconds old a signature may be."""
ABOUT_PAYMENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
ABOUT_REFUNDS = frozenset(
    {"charge.refunded", "charge.refund.updated", "refund.created", "refund.updated", "refund.failed"}
)

log = structlog.get_logger(__name__)


class WebhookRefusedError(DomainError):
    """The message is not signed by the provider, or too old."""

    code = "webhook_refused"
    status = 403

    def __init__(self) -> None:
        super().__init__("This message carries no valid signature.")


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something changed with a payment or with refunds of it; None where the message names neither of ours."""

    event_id: str
    kind: str
    payment_id: UUID | None
    provider_reference: str
    """What the provider calls the payment, where the message says it."""
    is_about_refunds: bool


def read_news(body: bytes, *, signature: str) -> News:
    """Return what a message speaks of, once its signature is proven.

    :raises WebhookRefusedError: no secret of ours signed it within the last minutes.
    """
    _check(body, signature=signature)
    try:
        event = orjson.loads(body)
        kind, event_id, about = str(event["type"]), str(event["id"]), event["data"]["object"]
        reference = str(about["id"])[:255] if kind in ABOUT_PAYMENTS else ""
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        log.warning("webhook_not_understood", error=type(error).__name__)
        raise WebhookRefusedError from error
    is_ours = kind in ABOUT_PAYMENTS | ABOUT_REFUNDS
    return News(
        event_id=event_id[:80],
        kind=kind[:60],
        payment_id=_payment_of(about) if is_ours else None,
        provider_reference=reference,
        is_about_refunds=kind in ABOUT_REFUNDS,
    )


def _check(body: bytes, *, signature: str) -> None:
    import stripe  # noqa: PLC0415 - it costs 0.4 s, and most processes never ask

    account: StripeAccount | None = settings.STRIPE
    for secret in account.webhook_secrets if account else ():
        try:
            stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE)
        except (stripe.SignatureVerificationError, UnicodeDecodeError, TypeError):  # TypeError: not ASCII
            continue
        return
    log.warning("webhook_refused")
    raise WebhookRefusedError


def _payment_of(about: Any) -> UUID | None:
    metadata = about.get("metadata") if isinstance(about, dict) else None
    try:
        return UUID(metadata["payment"]) if isinstance(metadata, dict) else None
    except (KeyError, ValueError, AttributeError, TypeError):
        return None
