"""Reads the account at Stripe from the environment: whole, or not at all."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from kernel import env

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
HOSTED_PAGE = "https://checkout.stripe.com"
PLAY_KEYS = ("sk_test_", "rk_test_")


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeAccount:
    """Where Stripe answers, and what proves who asks."""

    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    """All that sign at present: two while one takes the place of the other."""
    api_base: str
    timeout: float
    page_origins: tuple[str, ...]
    """Where customers pay: forms of the shop may lead there."""


def stripe_account(*, public_url: str, may_play: bool) -> StripeAccount | None:
    """Return the account, or None where the shop has none."""
    account = StripeAccount(
        secret_key=env.secret(
            "STRIPE_SECRET_KEY", help="Stripe's secret or restricted key: card payments on Stripe's page; empty: none."
        ),
        webhook_secrets=_several(
            env.secret(
                "STRIPE_WEBHOOK_SECRET",
                help="What signs Stripe's messages to PUBLIC_URL/api/v1/payments/stripe/webhook/; several, separated by commas, while one is replaced.",
            )
        ),
        api_base=env.url(
            "STRIPE_API_BASE",
            default="https://api.stripe.com",
            schemes=("https", "http"),
            help="Where Stripe answers; http:// for a stand-in on this machine alone.",
        ).rstrip("/"),
        timeout=env.seconds("STRIPE_TIMEOUT", default=10, help="How long to wait for one answer of Stripe."),
        page_origins=env.list(
            "STRIPE_PAGE_ORIGINS",
            default=HOSTED_PAGE,
            help="Where Stripe's page stands; yours, if you gave it a domain of your own.",
        ),
    )
    if not account.secret_key and not account.webhook_secrets:
        return None
    _check(account, public_url=public_url, may_play=may_play)
    return account


def _check(account: StripeAccount, *, public_url: str, may_play: bool) -> None:
    if not account.secret_key or not account.webhook_secrets:
        env.refuse("STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET belong together: set both or none.")
    if not public_url:
        env.refuse("Payments by Stripe need PUBLIC_URL: there customers come back to.")
    if account.secret_key.startswith(PLAY_KEYS) and not may_play:
        env.refuse("STRIPE_SECRET_KEY is a test key: no money would arrive. SANDBOX_PAYMENTS=true permits it.")
    base = urlsplit(account.api_base)
    if base.scheme != "https" and base.hostname not in LOOPBACK:
        env.refuse("STRIPE_API_BASE must start with https://: the key goes there.")


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
