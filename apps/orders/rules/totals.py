"""What an order costs: lines, shipping and tax, in integer minor units of one currency."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

PPM = 1_000_000
"""Tax rates are parts per million: 190,000 is 19 %."""


class TaxMode(StrEnum):
    """Where tax is rounded; stored on each order."""

    PER_LINE = "per_line"
    PER_TOTAL = "per_total"


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedItem:
    """So many of one thing at one price, shown with or without tax."""

    unit_minor: int
    quantity: int
    rate_ppm: int
    discount_minor: int = 0

    @property
    def amount_minor(self) -> int:
        """Unit price times quantity, as shown."""
        return self.unit_minor * self.quantity

    @property
    def left_minor(self) -> int:
        """What is left of it after the discount: that is taxed and paid."""
        return self.amount_minor - self.discount_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxedAmount:
    """An amount cut into net and tax; both together are what is paid."""

    amount_minor: int
    """As shown: with tax or without it, before any discount."""
    net_minor: int
    tax_minor: int
    discount_minor: int = 0
    """What was taken off the amount; net and tax are those of the rest."""

    @property
    def gross_minor(self) -> int:
        """What is paid."""
        return self.net_minor + self.tax_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The sums of one order, and its lines in the order given."""

    lines: tuple[TaxedAmount, ...]
    shipping: TaxedAmount
    subtotal_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int


def divide_half_up(numerator: int, denominator: int) -> int:
    """Return the quotient of two non-negative integers, rounded half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def tax_of(amount_minor: int, *, rate_ppm: int, included: bool) -> int:
    """Return the tax in or on top of an amount, rounded half up once."""
    base = PPM + rate_ppm if included else PPM
    return divide_half_up(amount_minor * rate_ppm, base)


def totals(
    items: Sequence[PricedItem],
    *,
    shipping_minor: int,
    shipping_rate_ppm: int,
    prices_include_tax: bool,
    mode: TaxMode,
    discount_minor: int = 0,
) -> Totals:
    """Add an order up. The sum of all ``gross_minor`` is the total, whatever the mode.

    :param discount_minor: taken off the goods, at most what they cost; delivery is not touched.
    """
    shipping_item = PricedItem(unit_minor=shipping_minor, quantity=1, rate_ppm=shipping_rate_ppm)
    everything = [*_discounted(items, discount_minor), shipping_item]
    taxes = _taxes(everything, included=prices_include_tax, mode=mode)
    taxed = [
        _taxed(item, tax_minor, included=prices_include_tax) for item, tax_minor in zip(everything, taxes, strict=True)
    ]
    return Totals(
        lines=tuple(taxed[:-1]),
        shipping=taxed[-1],
        subtotal_minor=sum(item.amount_minor for item in items),
        discount_minor=sum(item.discount_minor for item in everything),
        tax_minor=sum(taxes),
        total_minor=sum(amount.gross_minor for amount in taxed),
    )


def _discounted(items: Sequence[PricedItem], discount_minor: int) -> list[PricedItem]:
    """Take a discount off in proportion to what each line costs."""
    amounts = [item.amount_minor for item in items]
    parts = spread(min(discount_minor, sum(amounts)), amounts)
    return [replace(item, discount_minor=part) for item, part in zip(items, parts, strict=True)]


def _taxed(item: PricedItem, tax_minor: int, *, included: bool) -> TaxedAmount:
    net_minor = item.left_minor - tax_minor if included else item.left_minor
    return TaxedAmount(
        amount_minor=item.amount_minor, net_minor=net_minor, tax_minor=tax_minor, discount_minor=item.discount_minor
    )


def _taxes(items: Sequence[PricedItem], *, included: bool, mode: TaxMode) -> list[int]:
    if mode is TaxMode.PER_LINE:
        return [tax_of(item.left_minor, rate_ppm=item.rate_ppm, included=included) for item in items]
    return _taxes_by_rate(items, included=included)


def _taxes_by_rate(items: Sequence[PricedItem], *, included: bool) -> list[int]:
    """Round once a rate, and spread that sum over its lines so that they still add up."""
    taxes = [0] * len(items)
    for rate_ppm in {item.rate_ppm for item in items}:
        positions = [index for index, item in enumerate(items) if item.rate_ppm == rate_ppm]
        weights = [items[index].left_minor for index in positions]
        whole = tax_of(sum(weights), rate_ppm=rate_ppm, included=included)
        for index, part in zip(positions, spread(whole, weights), strict=True):
            taxes[index] = part
    return taxes


def spread(whole: int, weights: Sequence[int]) -> list[int]:
    """Cut a sum in proportion to weights by largest remainder; the parts add up to the sum."""
    total = sum(weights)
    if total == 0:
        return [0] * len(weights)
    parts = [whole * weight // total for weight in weights]
    remainders = sorted(range(len(weights)), key=lambda i: (-(whole * weights[i] % total), i))
    for index in remainders[: whole - sum(parts)]:
        parts[index] += 1
    return parts
