"""Paying: an attempt is written down, the provider is asked outside any transaction, and its answer is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from apps.orders.models.orders import Order
from apps.orders.models.payments import Payment, PaymentState
from apps.orders.rules.states import PaymentStatus, Status, may_pay
from apps.orders.selectors.orders import check_owner
from apps.orders.services.cancelling import cancel_locked
from apps.orders.services.moves import Step, identity, lock_order, move
from contracts.orders import OrderPaid
from contracts.products import OutOfStockError, Products, ReservationGoneError, UnknownSkuError
from contracts.rights import Right
from integrations.payments.port import Outcome, OutcomeState, PaymentMethod
from integrations.payments.registry import payment_method, payment_methods
from kernel.actors import Actor
from kernel.errors import DomainError, ForbiddenError, InvalidInputError, NotFoundError
from kernel.rpc import client
from kernel.transactions import unit_of_work


class AlreadyPaidError(DomainError):
    """Nothing is left to pay."""

    code = "already_paid"
    status = 409

    def __init__(self) -> None:
        super().__init__("This order is paid already.")


class OrderClosedError(DomainError):
    """The order was cancelled; it asks for no money."""

    code = "order_closed"
    status = 409

    def __init__(self, *, status: str) -> None:
        super().__init__(f"This order is {status}; it cannot be paid.", extra={"order_status": status})


class PaymentReferenceUsedError(DomainError):
    """The same payment was recorded for another order."""

    code = "payment_reference_used"
    status = 409

    def __init__(self) -> None:
        super().__init__("This payment reference belongs to another order.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAnswer:
    """What became of an attempt."""

    order: Order
    payment: Payment

    @property
    def needs_action(self) -> bool:
        """True when the customer has to take a second step."""
        return self.payment.state == PaymentState.REQUIRES_ACTION


WAITING = (PaymentState.PENDING, PaymentState.REQUIRES_ACTION)
ARRIVED = (PaymentState.CAPTURED, PaymentState.REFUND_DUE, PaymentState.REFUNDED)


def pay_order(
    *,
    order_id: UUID,
    method: str,
    details: Mapping[str, str],
    actor: Actor,
    token: str,
    now: datetime,
) -> PaymentAnswer:
    """Pay online. A twin of this call meets the same attempt, so that nobody is charged twice.

    :raises AlreadyPaidError: nothing is left to pay.
    :raises PaymentDetailsError: names the field that is wrong.
    """
    payment = _begin(order_id=order_id, method=method, actor=actor, token=token, now=now)
    provider = _provider(payment.method)
    if payment.state == PaymentState.REQUIRES_ACTION and details.get("confirmation_code"):
        outcome = provider.confirm(reference=payment.reference, details=details)
    else:
        outcome = provider.start(reference=payment.reference, amount=payment.amount, details=details)
    return record_outcome(payment_id=payment.id, outcome=outcome, actor=actor, now=now)


def record_payment(*, order_id: UUID, reference: str, actor: Actor, now: datetime) -> PaymentAnswer:
    """Write down that the whole amount arrived at the bank; the same reference counts once.

    Money for an order that was called off meanwhile has to go back: it becomes ``refund_due``.

    :raises PaymentReferenceUsedError: the reference belongs to another order.
    :raises AlreadyPaidError: the order is paid, by another payment.
    """
    if not actor.may(Right.ORDERS):
        msg = "Only staff records money that arrived at the bank."
        raise ForbiddenError(msg)
    payment = _note_arrival(order_id=order_id, reference=reference, now=now)
    return record_outcome(payment_id=payment.id, outcome=Outcome(state=OutcomeState.CAPTURED), actor=actor, now=now)


def record_outcome(*, payment_id: UUID, outcome: Outcome, actor: Actor, now: datetime) -> PaymentAnswer:
    """Record what a provider said. Money without stock to send for it is taken, and has to go back."""
    if outcome.state is not OutcomeState.CAPTURED:
        return _record_refusal(payment_id=payment_id, outcome=outcome, now=now)
    try:
        return _capture(payment_id=payment_id, actor=actor, now=now)
    except (OutOfStockError, ReservationGoneError, UnknownSkuError):
        return _capture_without_stock(payment_id=payment_id, actor=actor, now=now)


@unit_of_work
def _begin(*, order_id: UUID, method: str, actor: Actor, token: str, now: datetime) -> Payment:
    """Return the attempt that is under way, or a new one, under the order's lock."""
    order = lock_order(order_id)
    check_owner(order, actor=actor, token=token)
    _check_payable(order)
    provider = _provider(method or order.payment_method)
    if provider not in payment_methods():
        raise _unknown_method()
    waiting = order.payments.filter(method=provider.code, state__in=WAITING).order_by("-created_at", "-id").first()
    return waiting or _new_payment(order, method=provider.code, now=now)


def _new_payment(order: Order, *, method: str, now: datetime, reference: str = "") -> Payment:
    return Payment.objects.create(
        order=order,
        method=method,
        reference=reference or f"{order.number}-{order.payments.count() + 1}",
        amount_minor=order.total_minor,
        currency=order.currency,
        created_at=now,
        updated_at=now,
    )


@unit_of_work
def _note_arrival(*, order_id: UUID, reference: str, now: datetime) -> Payment:
    order = lock_order(order_id)
    known = Payment.objects.filter(reference=reference).first() if reference else None
    provider = _provider(order.payment_method)
    if known is not None:
        if known.order_id != order.id or known.method != provider.code:
            raise PaymentReferenceUsedError
        return known
    if not provider.is_recorded_by_staff:
        msg = "Money for this order arrives through its payment provider."
        raise InvalidInputError(msg, fields={"method": [msg]})
    if order.status == Status.CANCELLED and not reference:
        msg = "Money for a cancelled order needs its reference, so that it counts once."
        raise InvalidInputError(msg, fields={"reference": [msg]})
    if order.status == Status.CANCELLED or may_pay(order.state):
        return _new_payment(order, method=provider.code, now=now, reference=reference)
    raise AlreadyPaidError


@unit_of_work
def _record_refusal(*, payment_id: UUID, outcome: Outcome, now: datetime) -> PaymentAnswer:
    payment, order = _locked(payment_id)
    if payment.state in WAITING:
        _set_state(payment, state=PaymentState(outcome.state.value), now=now, message=outcome.message)
    return PaymentAnswer(order=order, payment=payment)


@unit_of_work
def _capture(*, payment_id: UUID, actor: Actor, now: datetime) -> PaymentAnswer:
    payment, order = _locked(payment_id)
    if payment.state in ARRIVED:
        return PaymentAnswer(order=order, payment=payment)
    if not may_pay(order.state):
        _owe_back(order, payment=payment, actor=actor, now=now)
        return PaymentAnswer(order=order, payment=payment)
    _set_state(payment, state=PaymentState.CAPTURED, now=now)
    order.paid_minor += payment.amount_minor
    order.expires_at = None
    move(
        order,
        step=Step(kind="paid", after=replace(order.state, payment=PaymentStatus.PAID), about=_about(payment)),
        actor=actor,
        now=now,
        tell=lambda moved: _paid(moved, payment=payment, now=now),
    )
    client(Products).confirm(order_id=order.id)
    return PaymentAnswer(order=order, payment=payment)


@unit_of_work
def _capture_without_stock(*, payment_id: UUID, actor: Actor, now: datetime) -> PaymentAnswer:
    """Take money for an order whose stock went to others: the order ends, and the money has to go back."""
    payment, order = _locked(payment_id)
    if payment.state not in ARRIVED:
        if order.status == Status.OPEN:
            cancel_locked(order, reason="expired", actor=actor, now=now)
        _owe_back(order, payment=payment, actor=actor, now=now)
    return PaymentAnswer(order=order, payment=payment)


def _owe_back(order: Order, *, payment: Payment, actor: Actor, now: datetime) -> None:
    """Keep money that came too late or twice, and say that it has to go back."""
    _set_state(payment, state=PaymentState.REFUND_DUE, now=now)
    order.paid_minor += payment.amount_minor
    is_owed = order.status == Status.CANCELLED or order.payment_status == PaymentStatus.REFUNDED
    after = replace(order.state, payment=PaymentStatus.REFUND_DUE) if is_owed else order.state
    move(order, step=Step(kind="payment_to_return", after=after, about=_about(payment)), actor=actor, now=now)


def _locked(payment_id: UUID) -> tuple[Payment, Order]:
    """Lock the order of a payment, then read the payment: the order's row decides every race."""
    order_id = Payment.objects.filter(id=payment_id).values_list("order_id", flat=True).first()
    if order_id is None:
        msg = "There is no such payment."
        raise NotFoundError(msg)
    order = lock_order(order_id)
    return Payment.objects.get(id=payment_id), order


def _set_state(payment: Payment, *, state: PaymentState, now: datetime, message: str = "") -> None:
    payment.state = state
    payment.message = message
    payment.updated_at = now
    payment.save(update_fields=["state", "message", "updated_at"])


def _check_payable(order: Order) -> None:
    if order.status in {Status.CANCELLED, Status.REJECTED}:
        raise OrderClosedError(status=order.status)
    if not may_pay(order.state):
        raise AlreadyPaidError


def _provider(code: str) -> PaymentMethod:
    provider = payment_method(code)
    if provider is None:
        raise _unknown_method()
    return provider


def _unknown_method() -> InvalidInputError:
    msg = "There is no such payment method."
    return InvalidInputError(msg, fields={"method": [msg]})


def _about(payment: Payment) -> dict[str, object]:
    return {
        "method": payment.method,
        "reference": payment.reference,
        "amount": {"amount": payment.amount.as_text(), "currency": payment.currency},
    }


def _paid(order: Order, *, payment: Payment, now: datetime) -> OrderPaid:
    return OrderPaid(
        **identity(order),
        amount=payment.amount,
        paid_at=now,
    )
