"""The three states of an order and every step between them."""

from dataclasses import dataclass, replace
from enum import StrEnum

from kernel.errors import DomainError


class Status(StrEnum):
    """Whether the order as a whole is alive."""

    PLACING = "placing"
    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


class PaymentStatus(StrEnum):
    """Where the money is."""

    UNPAID = "unpaid"
    AUTHORISED = "authorised"
    PAID = "paid"
    REFUND_DUE = "refund_due"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class FulfilmentStatus(StrEnum):
    """Where the goods are."""

    UNFULFILLED = "unfulfilled"
    PARTIALLY_FULFILLED = "partially_fulfilled"
    FULFILLED = "fulfilled"


STATUS_STEPS: dict[Status, frozenset[Status]] = {
    Status.PLACING: frozenset({Status.OPEN, Status.REJECTED, Status.CANCELLED}),
    Status.OPEN: frozenset({Status.COMPLETED, Status.CANCELLED}),
    Status.COMPLETED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.REJECTED: frozenset(),
}
PAYMENT_STEPS: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.UNPAID: frozenset({PaymentStatus.AUTHORISED, PaymentStatus.PAID, PaymentStatus.REFUND_DUE}),
    PaymentStatus.AUTHORISED: frozenset({PaymentStatus.UNPAID, PaymentStatus.PAID, PaymentStatus.REFUND_DUE}),
    PaymentStatus.PAID: frozenset(
        {PaymentStatus.REFUND_DUE, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED},
    ),
    PaymentStatus.PARTIALLY_REFUNDED: frozenset(
        {PaymentStatus.PAID, PaymentStatus.REFUND_DUE, PaymentStatus.REFUNDED},
    ),
    PaymentStatus.REFUND_DUE: frozenset({PaymentStatus.REFUNDED}),
    PaymentStatus.REFUNDED: frozenset({PaymentStatus.REFUND_DUE}),
}
FULFILMENT_STEPS: dict[FulfilmentStatus, frozenset[FulfilmentStatus]] = {
    FulfilmentStatus.UNFULFILLED: frozenset({FulfilmentStatus.PARTIALLY_FULFILLED, FulfilmentStatus.FULFILLED}),
    FulfilmentStatus.PARTIALLY_FULFILLED: frozenset({FulfilmentStatus.FULFILLED}),
    FulfilmentStatus.FULFILLED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """Where an order stands."""

    status: Status
    payment: PaymentStatus
    fulfilment: FulfilmentStatus


class TransitionRefusedError(DomainError):
    """The order is not in a state that permits this step."""

    code = "transition_refused"
    status = 409

    def __init__(self, *, field: str, present: str, wanted: str) -> None:
        super().__init__(
            f"An order whose {field} is {present} cannot become {wanted}.",
            extra={"field": field, "present": present, "wanted": wanted},
        )


def check_step(*, before: OrderState, after: OrderState) -> None:
    """Refuse a step that the tables do not name; staying is always permitted.

    :raises TransitionRefusedError: names the first field that may not move so.
    """
    if after.status not in STATUS_STEPS[before.status] | {before.status}:
        raise TransitionRefusedError(field="status", present=before.status, wanted=after.status)
    if after.payment not in PAYMENT_STEPS[before.payment] | {before.payment}:
        raise TransitionRefusedError(field="payment_status", present=before.payment, wanted=after.payment)
    if after.fulfilment not in FULFILMENT_STEPS[before.fulfilment] | {before.fulfilment}:
        raise TransitionRefusedError(field="fulfilment_status", present=before.fulfilment, wanted=after.fulfilment)


SETTLED = frozenset({PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED})
"""Nothing more has to be paid."""


def may_cancel(state: OrderState, *, was_restocked: bool) -> bool:
    """Tell whether an order can still be called off: open, nothing shipped, nothing put back on the shelf yet."""
    is_untouched = state.fulfilment is FulfilmentStatus.UNFULFILLED and not was_restocked
    return state.status in {Status.PLACING, Status.OPEN} and is_untouched


def may_pay(state: OrderState) -> bool:
    """Tell whether money is still asked for."""
    return state.status is Status.OPEN and state.payment in {PaymentStatus.UNPAID, PaymentStatus.AUTHORISED}


def may_fulfil(state: OrderState, *, ships_before_payment: bool) -> bool:
    """Tell whether goods may leave the house."""
    is_covered = ships_before_payment or state.payment in {PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED}
    return state.status is Status.OPEN and state.fulfilment is not FulfilmentStatus.FULFILLED and is_covered


def payment_after_cancelling(payment: PaymentStatus, *, kept_minor: int) -> PaymentStatus:
    """Return where the money stands once the order is called off: what was kept has to go back."""
    if kept_minor > 0:
        return PaymentStatus.REFUND_DUE
    return PaymentStatus.UNPAID if payment is PaymentStatus.AUTHORISED else payment


def payment_after_refund(
    *, paid_minor: int, refunded_minor: int, present: PaymentStatus, is_surplus: bool = False
) -> PaymentStatus:
    """Return where the money stands once so much was given back; what is still owed stays owed.

    Surplus is money that the order never asked for: an order that waits for its own, or has it, is as before.
    """
    if present in {PaymentStatus.UNPAID, PaymentStatus.AUTHORISED}:
        return present
    if refunded_minor >= paid_minor:
        return PaymentStatus.REFUNDED
    is_unchanged = is_surplus or present is PaymentStatus.REFUND_DUE
    return present if is_unchanged else PaymentStatus.PARTIALLY_REFUNDED


def payment_while_returning(*, left_minor: int, present: PaymentStatus) -> PaymentStatus:
    """Return where the money stands once its provider was told to give some back: all of it is owed, or a part."""
    return PaymentStatus.REFUND_DUE if left_minor == 0 else present


def payment_after_failed_refund(
    present: PaymentStatus, *, total_minor: int, refunded_minor: int, kept_minor: int
) -> PaymentStatus:
    """Return where the money stands when a refund that was thought done came back: it is owed again.

    ``kept_minor`` is what is here without surplus: surplus that went back took nothing from the order.
    """
    if present is PaymentStatus.REFUNDED:
        return PaymentStatus.REFUND_DUE
    is_whole = refunded_minor == 0 or kept_minor >= total_minor
    return PaymentStatus.PAID if is_whole and present is PaymentStatus.PARTIALLY_REFUNDED else present


def without_goods(state: OrderState) -> OrderState:
    """Return where an order stands once nothing of it will leave the house any more: complete, or called off."""
    if state.fulfilment is FulfilmentStatus.PARTIALLY_FULFILLED:
        return replace(state, fulfilment=FulfilmentStatus.FULFILLED)
    is_untouched = state.status is Status.OPEN and state.fulfilment is FulfilmentStatus.UNFULFILLED
    return replace(state, status=Status.CANCELLED) if is_untouched else state


def fulfilment_after(*, left_to_ship: int) -> FulfilmentStatus:
    """Return where the goods stand after a parcel left."""
    return FulfilmentStatus.PARTIALLY_FULFILLED if left_to_ship else FulfilmentStatus.FULFILLED


def status_after(state: OrderState) -> Status:
    """Return completed for an open order that is delivered and settled."""
    is_done = state.fulfilment is FulfilmentStatus.FULFILLED and state.payment in SETTLED
    return Status.COMPLETED if is_done and state.status is Status.OPEN else state.status
