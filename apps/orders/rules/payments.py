"""When an order has to be paid, and whether it waits for that."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from apps.orders.rules.states import OrderState, Status, may_pay
from kernel.money import Money

HOLD_GRACE = timedelta(minutes=15)
"""The stock of an order is held a little longer than the order itself waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTerms:
    """How a method is paid: ahead of delivery within a window, or afterwards by a day."""

    ships_before_payment: bool
    window: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDates:
    """The moments that follow from the terms."""

    due_at: datetime | None
    """None when there is nothing to pay."""
    expires_at: datetime | None
    """When the order gives up; None for one that ships first."""
    hold_until: datetime | None
    """Until when the stock is held; None takes it off the shelf at once."""


def payment_dates(terms: PaymentTerms, *, placed_at: datetime, total_minor: int) -> PaymentDates:
    """Return when the money is due, when the order expires and how long its stock is held."""
    if total_minor == 0:
        return PaymentDates(due_at=None, expires_at=None, hold_until=None)
    due_at = placed_at + terms.window
    if terms.ships_before_payment:
        return PaymentDates(due_at=due_at, expires_at=None, hold_until=None)
    return PaymentDates(due_at=due_at, expires_at=due_at, hold_until=due_at + HOLD_GRACE)


def is_overdue(*, due_at: datetime | None, is_unpaid: bool, is_alive: bool, now: datetime) -> bool:
    """Tell whether a bill should have been paid by now."""
    return due_at is not None and is_unpaid and is_alive and due_at < now


class Surplus(StrEnum):
    """Why money is not what the order asks for."""

    LATE = "late"
    TWICE = "twice"
    AMOUNT = "amount"


def surplus_of(state: OrderState, *, asked: Money, arrived: Money) -> Surplus | None:
    """Tell why money has to go back: the order is over, has its money, or asked for another sum; None for none."""
    if state.status in {Status.CANCELLED, Status.REJECTED}:
        return Surplus.LATE
    if not may_pay(state):
        return Surplus.TWICE
    return Surplus.AMOUNT if arrived != asked else None


LONGEST_PAUSE = timedelta(hours=1)


def pause_between_checks(checks: int) -> timedelta:
    """Return how long to wait before a provider is asked again: 2 minutes, then twice as long, up to an hour."""
    return min(timedelta(minutes=2 << min(checks, 5)), LONGEST_PAUSE)
