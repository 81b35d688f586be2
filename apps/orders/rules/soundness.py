"""What can never be of an order: states, money and stock that contradict each other. Each answers with a sentence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from apps.orders.rules.states import (
    SETTLED,
    FulfilmentStatus,
    OrderState,
    PaymentStatus,
    Status,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What an order says about its money, and what its payments and refunds add up to."""

    total_minor: int
    paid_minor: int
    refunded_minor: int
    returning_minor: int
    """What providers were asked to give back, and have not confirmed."""
    arrived_minor: int
    returned_minor: int
    is_other_money_here: bool
    """Money in another currency arrived and has to go back; it counts in no sum of the order."""
    did_other_money_go_back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an order and its reservation say about stock."""

    waits_for_money: bool
    """It gives up when no money comes, so its stock is only held."""
    was_called_off: bool
    """Somebody cancelled it; else a cancelled order ended because all of it was refunded."""
    reserved: str | None
    """The state of the reservation; nothing without one."""
    ordered_pieces: Mapping[str, int]
    reserved_pieces: Mapping[str, int]


def money_problems(sums: Sums) -> Iterator[str]:
    """Compare an order with its payments and refunds."""
    if sums.paid_minor != sums.arrived_minor:
        yield f"it says {sums.paid_minor} arrived, its payments add up to {sums.arrived_minor} (minor units)"
    said = sums.refunded_minor + sums.returning_minor
    if said != sums.returned_minor:
        yield f"it says {said} went back or is on its way, its refunds add up to {sums.returned_minor} (minor units)"
    if max(said, sums.returned_minor) > sums.paid_minor:
        yield "more went back than arrived"


def state_problems(state: OrderState, sums: Sums) -> Iterator[str]:
    """Name pairs of states that no step leads to."""
    kept = sums.paid_minor - sums.refunded_minor
    fits = {
        PaymentStatus.UNPAID: kept == sums.returning_minor,  # money that it did not ask for goes back
        PaymentStatus.AUTHORISED: kept == sums.returning_minor,
        PaymentStatus.PAID: kept >= sums.total_minor,
        PaymentStatus.PARTIALLY_REFUNDED: 0 < sums.refunded_minor < sums.paid_minor,
        PaymentStatus.REFUND_DUE: kept > 0 or sums.is_other_money_here,
        PaymentStatus.REFUNDED: kept == 0 and (sums.refunded_minor > 0 or sums.did_other_money_go_back),
    }
    if not fits[state.payment]:
        yield f"it is {state.payment}, with {sums.paid_minor} of {sums.total_minor} paid, {sums.refunded_minor} refunded"
    is_delivered = state.fulfilment is FulfilmentStatus.FULFILLED and state.payment in SETTLED
    goes_back = state.fulfilment is FulfilmentStatus.FULFILLED and state.payment is PaymentStatus.REFUND_DUE
    if state.status is Status.COMPLETED and not (is_delivered or goes_back):
        yield f"it is completed, but {state.fulfilment} and {state.payment}"
    if state.status is Status.OPEN and is_delivered:
        yield "it is delivered and settled, but still open"
    over = state.status in {Status.CANCELLED, Status.REJECTED}
    if over and state.fulfilment is not FulfilmentStatus.UNFULFILLED:
        yield f"it is {state.status}, but {state.fulfilment}"
    if over and (
        state.payment is PaymentStatus.AUTHORISED
        or (state.payment is PaymentStatus.PAID and kept > sums.returning_minor == 0)
    ):
        yield f"it is {state.status}, but {state.payment}"


def claim_problems(state: OrderState, claim: Claim) -> Iterator[str]:
    """Compare an order with its claim on stock."""
    fitting = _fitting(state, claim)
    if fitting and claim.reserved not in fitting:
        has = f"its stock is {claim.reserved}" if claim.reserved else "it has no reservation"
        yield f"it is {state.status} and {state.payment}, but {has} (expected: {' or '.join(fitting)})"
    if claim.reserved in {"held", "confirmed"} and claim.ordered_pieces != claim.reserved_pieces:
        yield f"it ordered {_said(claim.ordered_pieces)}, and claims {_said(claim.reserved_pieces)}"


def _fitting(state: OrderState, claim: Claim) -> Sequence[str]:
    """Return the states of the reservation that fit; nothing where any does."""
    if state.status in {Status.PLACING, Status.REJECTED}:
        return ()
    if state.status is Status.CANCELLED:
        return ("cancelled",) if claim.was_called_off else ("confirmed",)
    if state.payment is PaymentStatus.AUTHORISED:
        return ("held", "confirmed")
    return ("held",) if state.payment is PaymentStatus.UNPAID and claim.waits_for_money else ("confirmed",)


def history_problem(*, version: int, first: int | None, last: int | None, count: int) -> str:
    """Compare an order's version with its history, which has one row for each version."""
    if (first, last, count) == (1, version, version):
        return ""
    return f"it is at version {version}, its history has {count} rows from {first} to {last}"


def _said(pieces: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {sku}" for sku, count in sorted(pieces.items())) or "nothing"
