"""What may lie in a cart, and what is wrong with a line since it was put there."""

from enum import StrEnum

MAX_LINES = 100
MAX_QUANTITY = 999


class LineProblem(StrEnum):
    """Why a line cannot be ordered as it lies there."""

    PRICE_CHANGED = "price_changed"
    OUT_OF_STOCK = "out_of_stock"
    UNAVAILABLE = "unavailable"


def line_problem(
    *,
    is_sellable: bool,
    available: int,
    quantity: int,
    seen_minor: int,
    price_minor: int,
) -> LineProblem | None:
    """Return what keeps a line from being ordered, the gravest first."""
    if not is_sellable:
        return LineProblem.UNAVAILABLE
    if available < quantity:
        return LineProblem.OUT_OF_STOCK
    return LineProblem.PRICE_CHANGED if price_minor != seen_minor else None


def merged_quantity(*, mine: int, theirs: int, available: int) -> int:
    """Return the quantity after two carts became one: the sum, as far as the shelf and the limit reach.

    What lay in the cart before is not taken out, even when the shelf holds less: the line shows that problem.
    """
    return max(mine, min(mine + theirs, available, MAX_QUANTITY))
