"""What a provider said of a payment, written down once: the order's row decides every race."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from apps.orders.models.orders import Order
from apps.orders.models.payments import Payment, PaymentState
from apps.orders.rules.payments import Surplus, pause_between_checks, surplus_of
from apps.orders.rules.states import FulfilmentStatus, PaymentStatus, Status, may_pay
from apps.orders.services.cancelling import cancel_locked
from apps.orders.services.moves import Step, identity, lock_order, move
from apps.orders.services.returning import ask_back, ask_soon
from contracts.orders import OrderPaid, SurplusPaid
from contracts.products import OutOfStockError, Products, ReservationGoneError, UnknownSkuError
from integrations.payments.port import Outcome, OutcomeState
from integrations.payments.registry import payment_method
from kernel.actors import Actor
from kernel.errors import NotFoundError
from kernel.money import Money
from kernel.rpc import client
from kernel.transactions import unit_of_work

WAITING = (PaymentState.PENDING, PaymentState.REQUIRES_ACTION)
ARRIVED = (PaymentState.CAPTURED, PaymentState.REFUND_DUE, PaymentState.REFUNDED)
UNDER_WAY = (*WAITING, PaymentState.AUTHORISED)
FIRST_CHECK = timedelta(minutes=2)
"""After this long without news, the provider is asked; longer than any call to it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAnswer:
    """What became of an attempt."""

    order: Order
    payment: Payment
    action_url: str = ""
    """The provider's page on which the customer goes on."""

    @property
    def needs_action(self) -> bool:
        """True when the customer has to take a second step."""
        return self.payment.state == PaymentState.REQUIRES_ACTION


def record_outcome(*, payment_id: UUID, outcome: Outcome, actor: Actor, now: datetime) -> PaymentAnswer:
    """Record what a provider said. Money without stock to send for it is taken, and has to go back."""
    if outcome.state is OutcomeState.CAPTURED and outcome.amount is not None and not outcome.amount:
        outcome = replace(outcome, state=OutcomeState.DECLINED)  # paid, it says, and nothing arrived
    if outcome.state is not OutcomeState.CAPTURED:
        return _record_news(payment_id=payment_id, outcome=outcome, actor=actor, now=now)
    try:
        return _capture(payment_id=payment_id, outcome=outcome, actor=actor, now=now)
    except (OutOfStockError, ReservationGoneError, UnknownSkuError, NotFoundError):
        return _capture_without_stock(payment_id=payment_id, outcome=outcome, actor=actor, now=now)


@unit_of_work
def _record_news(*, payment_id: UUID, outcome: Outcome, actor: Actor, now: datetime) -> PaymentAnswer:
    """Write down that no money arrived yet, or that none will."""
    payment, order = _locked(payment_id)
    if payment.state in UNDER_WAY or _is_named_late(payment, outcome):
        _set_state(payment, state=PaymentState(outcome.state.value), outcome=outcome, now=now)
        _follow(order, payment=payment, actor=actor, now=now)
    return PaymentAnswer(order=order, payment=payment, action_url=outcome.action_url)


def _is_named_late(payment: Payment, outcome: Outcome) -> bool:
    """Tell whether an attempt lives that was given up because nobody had heard the provider's name for it.

    Its page is open: without the name nobody could ask about it, nor close it.
    """
    was_given_up = payment.state == PaymentState.DECLINED and not payment.provider_reference
    return was_given_up and bool(outcome.provider_reference) and outcome.state is not OutcomeState.DECLINED


def _follow(order: Order, *, payment: Payment, actor: Actor, now: datetime) -> None:
    """Let the order show that money is set aside for it, or is not any more."""
    wanted = PaymentStatus.AUTHORISED if payment.state == PaymentState.AUTHORISED else PaymentStatus.UNPAID
    is_secured = order.payment_status == PaymentStatus.AUTHORISED
    is_over = (
        payment.state == PaymentState.DECLINED and not order.payments.filter(state=PaymentState.AUTHORISED).exists()
    )
    if may_pay(order.state) and (is_over if is_secured else wanted is PaymentStatus.AUTHORISED):
        kind = "payment_secured" if wanted is PaymentStatus.AUTHORISED else "payment_released"
        after = replace(order.state, payment=wanted)
        move(order, step=Step(kind=kind, after=after, about=_about(payment)), actor=actor, now=now)


@unit_of_work
def _capture(*, payment_id: UUID, outcome: Outcome, actor: Actor, now: datetime) -> PaymentAnswer:
    payment, order = _locked(payment_id)
    if _needs_no_stock(order, payment=payment, outcome=outcome, actor=actor, now=now):
        return PaymentAnswer(order=order, payment=payment)
    _take(order, payment=payment, outcome=outcome, actor=actor, now=now)
    client(Products).confirm(order_id=order.id)
    return PaymentAnswer(order=order, payment=payment)


def _needs_no_stock(order: Order, *, payment: Payment, outcome: Outcome, actor: Actor, now: datetime) -> bool:
    """Tell whether the money is on record already, or is none that the order asks for, which goes back."""
    if payment.state in ARRIVED:
        return True
    surplus = surplus_of(order.state, asked=payment.amount, arrived=outcome.amount or payment.amount)
    if surplus is not None:
        _owe_back(order, payment=payment, outcome=outcome, why=surplus, actor=actor, now=now)
    return surplus is not None


def _take(order: Order, *, payment: Payment, outcome: Outcome, actor: Actor, now: datetime) -> None:
    """Write down that the order has its money."""
    _set_state(payment, state=PaymentState.CAPTURED, outcome=outcome, now=now)
    order.paid_minor += payment.amount_minor
    order.expires_at = None
    move(
        order,
        step=Step(kind="paid", after=replace(order.state, payment=PaymentStatus.PAID), about=_about(payment)),
        actor=actor,
        now=now,
        tell=lambda moved: _paid(moved, payment=payment, now=now),
    )
    ask_soon(order, now=now)


@unit_of_work
def _capture_without_stock(*, payment_id: UUID, outcome: Outcome, actor: Actor, now: datetime) -> PaymentAnswer:
    """Take money for an order whose stock went to others: the order ends, and the money has to go back.

    Of one that is on its way already it is simply what was asked for.
    """
    payment, order = _locked(payment_id)
    if _needs_no_stock(order, payment=payment, outcome=outcome, actor=actor, now=now):  # others were here meanwhile
        return PaymentAnswer(order=order, payment=payment)
    has_left = order.status == Status.OPEN and order.state.fulfilment is not FulfilmentStatus.UNFULFILLED
    if has_left:
        _take(order, payment=payment, outcome=outcome, actor=actor, now=now)
        return PaymentAnswer(order=order, payment=payment)
    if order.status == Status.OPEN:
        cancel_locked(order, reason="expired", actor=actor, now=now)
    _owe_back(order, payment=payment, outcome=outcome, why=Surplus.LATE, actor=actor, now=now)
    return PaymentAnswer(order=order, payment=payment)


def _owe_back(order: Order, *, payment: Payment, outcome: Outcome, why: Surplus, actor: Actor, now: datetime) -> None:
    """Keep money that the order does not ask for, say that it has to go back, and let its provider give it back."""
    arrived = outcome.amount or payment.amount
    payment.amount_minor, payment.currency = arrived.minor, arrived.currency
    _set_state(payment, state=PaymentState.REFUND_DUE, outcome=outcome, now=now)
    if payment.currency == order.currency:
        order.paid_minor += payment.amount_minor
    is_owed = order.status == Status.CANCELLED or order.payment_status == PaymentStatus.REFUNDED
    after = replace(order.state, payment=PaymentStatus.REFUND_DUE) if is_owed else order.state
    refund = ask_back(order, payment=payment, reason="", actor=actor, now=now)
    about = {**_about(payment), "why": why.value}
    move(
        order,
        step=Step(kind="payment_to_return", after=after, about=about),
        actor=actor,
        now=now,
        tell=lambda moved: _surplus(moved, amount=arrived, why=why, is_automatic=refund is not None, now=now),
    )


def _locked(payment_id: UUID) -> tuple[Payment, Order]:
    """Lock the order of a payment, then read the payment."""
    order_id = Payment.objects.filter(id=payment_id).values_list("order_id", flat=True).first()
    if order_id is None:
        msg = "There is no such payment."
        raise NotFoundError(msg)
    order = lock_order(order_id)
    return Payment.objects.get(id=payment_id), order


def _set_state(payment: Payment, *, state: PaymentState, outcome: Outcome, now: datetime) -> None:
    payment.state = state
    payment.message = outcome.message[:200]
    payment.provider_reference = outcome.provider_reference[:255] or payment.provider_reference
    payment.updated_at = now
    payment.next_check_at = now + pause_between_checks(payment.checks) if _wants_checks(payment) else None
    payment.save(
        update_fields=[
            "state",
            "message",
            "provider_reference",
            "amount_minor",
            "currency",
            "updated_at",
            "next_check_at",
        ]
    )


def _wants_checks(payment: Payment) -> bool:
    """Tell whether the provider knows more than we do: a second step on our own page is nobody else's matter."""
    provider = payment_method(payment.method)
    is_ours = payment.state == PaymentState.REQUIRES_ACTION and not (provider and provider.is_hosted)
    return payment.state in UNDER_WAY and not is_ours


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


def _surplus(order: Order, *, amount: Money, why: Surplus, is_automatic: bool, now: datetime) -> SurplusPaid:
    return SurplusPaid(
        **identity(order),
        amount=amount,
        reason=why.value,
        goes_back_by_itself=is_automatic,
        arrived_at=now,
    )
