"""What may be given back, line by line and in total."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class LineToRefund:
    """One order line as a refund sees it."""

    gross_minor: int
    quantity: int
    refunded_quantity: int
    fulfilled_quantity: int
    removed_quantity: int
    """Given back before they were shipped."""


def refundable(*, paid_minor: int, refunded_minor: int) -> int:
    """Return what may still be given back; never negative."""
    return max(paid_minor - refunded_minor, 0)


def refundable_quantity(line: LineToRefund) -> int:
    """Return how many pieces of a line were not given back yet."""
    return line.quantity - line.refunded_quantity


def line_refund(line: LineToRefund, *, quantity: int) -> int:
    """Return the worth of so many pieces; all pieces together are worth exactly the line, in any portions."""
    before = line.gross_minor * line.refunded_quantity // line.quantity
    after = line.gross_minor * (line.refunded_quantity + quantity) // line.quantity
    return after - before


def left_to_ship(*, quantity: int, fulfilled_quantity: int, removed_quantity: int) -> int:
    """Return how many pieces still have to leave the house."""
    return quantity - fulfilled_quantity - removed_quantity


def removed_by_refund(line: LineToRefund, *, quantity: int) -> int:
    """Return how many of the refunded pieces will not be shipped any more: those come first."""
    unshipped = left_to_ship(
        quantity=line.quantity,
        fulfilled_quantity=line.fulfilled_quantity,
        removed_quantity=line.removed_quantity,
    )
    return min(unshipped, quantity)


def returned_quantity(line: LineToRefund, *, named: int, is_everything: bool) -> int:
    """Return how many pieces a refund takes: those named, and with the last of the money also all that did not leave."""
    unshipped = left_to_ship(
        quantity=line.quantity,
        fulfilled_quantity=line.fulfilled_quantity,
        removed_quantity=line.removed_quantity,
    )
    return max(named, unshipped) if is_everything else named


LONGEST_PAUSE = timedelta(hours=1)


def pause_after_attempts(attempts: int) -> timedelta:
    """Return how long to wait before a provider is asked again: 15 seconds, then twice as long, up to an hour."""
    return min(timedelta(seconds=15 << min(max(attempts - 1, 0), 8)), LONGEST_PAUSE)
