"""Stock in numbers: what is wanted, what is short, what a movement changes."""

from collections.abc import Iterable, Mapping

MAX_QUANTITY = 1_000_000_000
"""More of one SKU than any shelf holds; a 32-bit column holds it."""


def summed(wanted: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Add up what is wanted of each SKU, sorted by SKU: the one order in which stock is moved."""
    totals: dict[str, int] = {}
    for sku, quantity in wanted:
        totals[sku] = totals.get(sku, 0) + quantity
    return dict(sorted(totals.items()))


def short(wanted: Mapping[str, int], available: Mapping[str, int]) -> list[str]:
    """Return the SKUs of which more is wanted than there is."""
    return [sku for sku, quantity in wanted.items() if available.get(sku, 0) < quantity]


def is_low(*, available: int, mark: int | None, default_mark: int) -> bool:
    """True when what is available has fallen to the mark or below; a mark of its own wins over the shop's."""
    return available <= (default_mark if mark is None else mark)
