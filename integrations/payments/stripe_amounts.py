"""How Stripe counts money: mostly as ISO does, and in some currencies not."""

from integrations.payments.port import ProviderRefusedError
from kernel.money import Money, exponent

WHOLE = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
IN_HUNDREDTHS = frozenset({"ISK", "UGX"})
"""They have no small coins, yet Stripe counts hundredths of them, of which only whole hundreds are valid."""
THOUSANDTHS_BY_TEN = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""Stripe counts thousandths, and the last digit must be 0."""


def as_stripe_counts(amount: Money) -> int:
    """Return an amount in Stripe's smallest units.

    :raises ProviderRefusedError: Stripe cannot take exactly this amount.
    """
    steps = _stripe_exponent(amount.currency) - exponent(amount.currency)
    counts, rest = (amount.minor * int(10**steps), 0) if steps >= 0 else divmod(amount.minor, int(10**-steps))
    if rest or (amount.currency in THOUSANDTHS_BY_TEN and counts % 10):
        msg = f"Our payment provider cannot take exactly {amount}. Choose another way to pay."
        raise ProviderRefusedError(msg)
    return counts


def as_money(counts: int, currency: str) -> Money:
    """Return what Stripe counted as money."""
    code = currency.upper()
    steps = exponent(code) - _stripe_exponent(code)
    return Money(counts * int(10**steps) if steps >= 0 else counts // int(10**-steps), code)


def _stripe_exponent(currency: str) -> int:
    if currency in WHOLE:
        return 0
    if currency in THOUSANDTHS_BY_TEN:
        return 3
    return 2
