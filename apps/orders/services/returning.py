"""Money that its provider gives back: written down first, asked for outside any transaction, until the provider says.

A worker takes a refund by moving its next attempt behind a lease, asks the provider under the refund's own key and
writes down the answer. One that dies meanwhile leaves the lease, after which another asks again and gets the same.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, count
from uuid import UUID

import structlog
from django.db.models import Q, Sum

from apps.orders.models.orders import Order
from apps.orders.models.payments import Payment, PaymentState
from apps.orders.models.refunds import Refund, RefundState
from apps.orders.rules.refunds import LONGEST_PAUSE, pause_after_attempts
from apps.orders.rules.states import (
    OrderState,
    PaymentStatus,
    payment_after_failed_refund,
    payment_after_refund,
)
from apps.orders.selectors.attempts import attempt_of
from apps.orders.services.moves import Step, identity, lock_order, move
from contracts.orders import OrderRefunded, RefundFailed
from contracts.rights import Right
from integrations.payments.port import (
    ProviderAwayError,
    ProviderRefusedError,
    RefundOutcome,
    Return,
    ShopUnknownError,
)
from integrations.payments.port import RefundState as Answered
from integrations.payments.registry import payment_method
from kernel import clock
from kernel.actors import SYSTEM, Actor
from kernel.errors import DomainError, ForbiddenError, NotFoundError
from kernel.periodic import every
from kernel.transactions import unit_of_work

BATCH = 20
LEASE = timedelta(minutes=2)
"""How long one refund is a worker's own; longer than all calls that it takes."""

log = structlog.get_logger(__name__)

PATIENCE = 8
"""How often a provider that does not let the shop in is asked, an hour in all and twice in a row, before staff decides."""
NOT_TOLD = "The payment provider does not tell this shop what became of the refund."
UNDER_WAY = (PaymentState.PENDING, PaymentState.REQUIRES_ACTION, PaymentState.AUTHORISED)


class RefundNotFailedError(DomainError):
    """Only a refund that the provider refused needs somebody to decide."""

    code = "refund_not_failed"
    status = 409

    def __init__(self) -> None:
        super().__init__("This refund did not fail; there is nothing to decide.")


def gives_back(payment: Payment) -> bool:
    """Tell whether the provider of a payment gives its money back; else staff does, at the bank."""
    provider = payment_method(payment.method)
    return provider is not None and not provider.is_recorded_by_staff


def left_of(payment: Payment) -> int:
    """Return what of a payment's money nobody asked back yet, in minor units."""
    asked = payment.refunds.aggregate(asked=Sum("amount_minor"))["asked"]
    return payment.amount_minor - (asked or 0)


def ask_back(order: Order, *, payment: Payment, reason: str, actor: Actor, now: datetime) -> Refund | None:
    """Write down that a provider has to give back what is left of a payment; the caller has locked the order."""
    left = left_of(payment) if gives_back(payment) else 0
    if payment.currency == order.currency:
        left = min(left, order.refundable.minor)
        order.returning_minor += left
    if not left:
        return None
    return Refund.objects.create(
        order=order,
        reference=_back_reference(payment),
        payment=payment,
        state=RefundState.REQUESTED,
        next_attempt_at=now,
        amount_minor=left,
        currency=payment.currency,
        reason=reason,
        actor_id=actor.id,
        actor_label=actor.label,
        refunded_at=now,
    )


def _back_reference(payment: Payment) -> str:
    """Name a refund after its payment, past a name that somebody has given to a refund of his own."""
    stem = f"{payment.reference}-back"
    names = chain([stem], (f"{stem}-{number}" for number in count(2)))
    return next(name for name in names if not Refund.objects.filter(reference=name).exists())


def ask_everything_back(order: Order, *, actor: Actor, now: datetime) -> None:
    """Let the providers give back all that they hold for an order that is called off."""
    for payment in order.payments.filter(state__in=(PaymentState.CAPTURED, PaymentState.REFUND_DUE)).order_by("id"):
        ask_back(order, payment=payment, reason="", actor=actor, now=now)


def ask_soon(order: Order, *, now: datetime) -> None:
    """Have attempts that nobody needs any more looked after: money may be set aside, or a page still open."""
    order.payments.filter(state__in=UNDER_WAY).update(next_check_at=now)


@every(seconds=2, is_alone=False)
def return_money() -> int:
    """Ask providers to give back what is due; return how many refunds were worked on."""
    return return_due(now=clock.now())


def return_due(*, now: datetime) -> int:
    """Work on one batch of what is due."""
    is_due = Q(next_attempt_at__lte=now) | Q(next_attempt_at__gt=now + 2 * LONGEST_PAUSE)  # by a wrong clock
    due = Refund.objects.filter(is_due, state=RefundState.REQUESTED).order_by("next_attempt_at", "id")
    count = 0
    for refund in due.select_related("payment", "order")[:BATCH]:
        if _claim(refund, now=max(now, clock.now())):
            count += 1
            if not ask_provider(refund, now=now):
                break  # a silent provider takes its time with each, and other jobs wait for the thread
    return count


def ask_provider(refund: Refund, *, now: datetime) -> bool:
    """Ask once, and write down the answer; without one, it is asked again later. Tell whether somebody answered.

    :raises ProviderAwayError: nobody asks again for a refund that is done or given up: who had news has to bring them again.
    """
    payment = refund.payment
    provider = payment_method(payment.method) if payment else None
    if payment is None or provider is None:
        return True
    wanted = Return(
        refund_id=refund.id,
        attempt=attempt_of(payment, order=refund.order),
        amount=refund.amount,
        provider_reference=refund.provider_reference,
        round=refund.round,
        is_only_asked_about=refund.state != RefundState.REQUESTED,
    )
    is_there = True
    try:
        outcome = provider.refund(wanted)
    except (ProviderAwayError, ProviderRefusedError) as error:
        is_there = isinstance(error, ProviderRefusedError)
        if refund.state != RefundState.REQUESTED:
            if not is_there:
                raise
            log.warning("refund_cannot_be_asked_about", refund=str(refund.id), error=error.message)
            return True
        outcome = _without_answer(refund, error)
    record_return(refund_id=refund.id, asked_round=refund.round, outcome=outcome, now=now)
    return is_there


def _without_answer(refund: Refund, error: ProviderAwayError | ProviderRefusedError) -> RefundOutcome:
    """Tell what to write down when a provider said nothing of a refund.

    One that it has a name for was not refused when it is not found, say by another account's key.
    """
    is_lost = isinstance(error, ShopUnknownError) or (
        isinstance(error, ProviderRefusedError) and bool(refund.provider_reference)
    )
    if is_lost:
        is_given_up = refund.attempts >= PATIENCE and refund.message == NOT_TOLD
        return RefundOutcome(state=Answered.FAILED if is_given_up else Answered.PENDING, message=NOT_TOLD)
    is_refused = isinstance(error, ProviderRefusedError)
    return RefundOutcome(state=Answered.FAILED if is_refused else Answered.PENDING, message=error.message)


@unit_of_work
def _claim(refund: Refund, *, now: datetime) -> bool:
    """Take the refund unless another worker did."""
    free = Refund.objects.filter(id=refund.id, next_attempt_at=refund.next_attempt_at, state=RefundState.REQUESTED)
    return bool(free.update(next_attempt_at=now + LEASE, attempts=refund.attempts + 1))


@unit_of_work
def record_return(*, refund_id: UUID, asked_round: int, outcome: RefundOutcome, now: datetime) -> None:
    """Write down what a provider said of a refund; said again, it changes nothing.

    What it says of an earlier round counts for nothing: staff has decided since.
    """
    refund, order = _locked(refund_id)
    if refund.round != asked_round:
        return
    is_asked_for = refund.state == RefundState.REQUESTED
    refund.provider_reference = outcome.provider_reference[:255] or refund.provider_reference
    if is_asked_for or outcome.state is not Answered.PENDING:
        refund.message = outcome.message[:200]
    if outcome.state is Answered.DONE and (is_asked_for or refund.is_given_up):
        _finish(order, refund=refund, actor=SYSTEM, now=now)
    elif outcome.state is Answered.FAILED:
        refund.is_given_up = outcome.message == NOT_TOLD
        if refund.state != RefundState.FAILED:
            _fail(order, refund=refund, now=now)
    elif outcome.state is Answered.PENDING and is_asked_for:
        refund.next_attempt_at = now + pause_after_attempts(refund.attempts)
    refund.save()


@unit_of_work
def try_refund_again(*, refund_id: UUID, actor: Actor, now: datetime) -> Refund:
    """Ask the provider once more for a refund that it refused."""
    refund, order = _failed(refund_id, actor=actor)
    refund.state, refund.round, refund.attempts = RefundState.REQUESTED, refund.round + 1, 0
    refund.provider_reference, refund.message, refund.next_attempt_at = "", "", now
    refund.is_given_up = False
    refund.save()
    move(order, step=Step(kind="refund_retried", after=order.state, about=_about(refund)), actor=actor, now=now)
    return refund


@unit_of_work
def settle_refund_by_hand(*, refund_id: UUID, actor: Actor, now: datetime) -> Refund:
    """Write down that staff gave the money back by another way than the provider that refused."""
    refund, order = _failed(refund_id, actor=actor)
    refund.round, refund.provider_reference = refund.round + 1, ""  # what the provider says of it is of no account now
    _finish(order, refund=refund, actor=actor, now=now)
    refund.save()
    return refund


def _failed(refund_id: UUID, *, actor: Actor) -> tuple[Refund, Order]:
    if not actor.may(Right.REFUNDS):
        msg = "Only staff refunds orders."
        raise ForbiddenError(msg)
    refund, order = _locked(refund_id)
    if refund.state != RefundState.FAILED:
        raise RefundNotFailedError
    return refund, order


def _locked(refund_id: UUID) -> tuple[Refund, Order]:
    order_id = Refund.objects.filter(id=refund_id).values_list("order_id", flat=True).first()
    if order_id is None:
        msg = "There is no such refund."
        raise NotFoundError(msg)
    order = lock_order(order_id)
    return Refund.objects.select_related("payment").get(id=refund_id), order


def _finish(order: Order, *, refund: Refund, actor: Actor, now: datetime) -> None:
    refund.state, refund.refunded_at, refund.next_attempt_at = RefundState.DONE, now, None
    refund.is_given_up = False
    if refund.currency == order.currency:
        order.returning_minor -= refund.amount_minor
        order.refunded_minor += refund.amount_minor
    payment = refund.payment
    is_surplus = payment is not None and payment.state == PaymentState.REFUND_DUE
    close_returned(order, refund=refund, now=now)
    after = payment_after_refund(
        paid_minor=order.paid_minor,
        refunded_minor=order.refunded_minor,
        present=PaymentStatus(order.payment_status),
        is_surplus=is_surplus,
    )
    skus = [line.order_line.sku for line in refund.lines.select_related("order_line")] if refund.restock else []
    move(
        order,
        step=Step(kind="refunded", after=replace(order.state, payment=after), about=_about(refund)),
        actor=actor,
        now=now,
        tell=lambda moved: refunded(moved, refund=refund, skus=sorted(skus)),
    )


def close_returned(order: Order, *, refund: Refund, now: datetime) -> None:
    """Mark the payments all of whose money is back now."""
    if order.refunded_minor == order.paid_minor:
        due = order.payments.filter(state=PaymentState.REFUND_DUE, currency=order.currency)
        due.update(state=PaymentState.REFUNDED, updated_at=now)
    if refund.payment is not None:
        _close_if_returned(refund.payment, refund=refund, now=now)


def _close_if_returned(payment: Payment, *, refund: Refund, now: datetime) -> None:
    done = payment.refunds.filter(state=RefundState.DONE).exclude(id=refund.id)
    back = (done.aggregate(done=Sum("amount_minor"))["done"] or 0) + refund.amount_minor
    if back >= payment.amount_minor:
        payment.state, payment.updated_at = PaymentState.REFUNDED, now
        payment.save(update_fields=["state", "updated_at"])


def _fail(order: Order, *, refund: Refund, now: datetime) -> None:
    """Say that somebody has to decide; the money is still owed."""
    was_done = refund.state == RefundState.DONE
    refund.state, refund.next_attempt_at = RefundState.FAILED, None
    after = _owed_again(order, refund=refund, now=now) if was_done else order.state
    move(
        order,
        step=Step(kind="refund_failed", after=after, about={**_about(refund), "message": refund.message}),
        actor=SYSTEM,
        now=now,
        tell=lambda moved: RefundFailed(
            **identity(moved), refund_id=refund.id, amount=refund.amount, message=refund.message, failed_at=now
        ),
    )


def _owed_again(order: Order, *, refund: Refund, now: datetime) -> OrderState:
    """Take back that a refund was done; return where the order stands then."""
    if refund.currency == order.currency:
        order.refunded_minor -= refund.amount_minor
        order.returning_minor += refund.amount_minor
    if refund.payment is not None and refund.payment.state == PaymentState.REFUNDED:
        refund.payment.state, refund.payment.updated_at = PaymentState.REFUND_DUE, now
        refund.payment.save(update_fields=["state", "updated_at"])
    payment = payment_after_failed_refund(
        order.state.payment,
        total_minor=order.total_minor,
        refunded_minor=order.refunded_minor,
        kept_minor=order.paid_minor - order.refunded_minor - _surplus_here(order, failed=refund),
    )
    return replace(order.state, payment=payment)


def _surplus_here(order: Order, *, failed: Refund) -> int:
    """Return how much is here that the order never asked for, in minor units."""
    surplus = order.payments.filter(state=PaymentState.REFUND_DUE, currency=order.currency)
    back = order.refunds.filter(payment__in=surplus, state=RefundState.DONE).exclude(id=failed.id)
    arrived, returned = (rows.aggregate(total=Sum("amount_minor"))["total"] or 0 for rows in (surplus, back))
    return int(arrived - returned)


def _about(refund: Refund) -> dict[str, object]:
    return {
        "refund": str(refund.id),
        "amount": {"amount": refund.amount.as_text(), "currency": refund.currency},
        "reason": refund.reason,
    }


def refunded(order: Order, *, refund: Refund, skus: list[str]) -> OrderRefunded:
    """Return the fact that money went back."""
    return OrderRefunded(
        **identity(order),
        refund_id=refund.id,
        amount=refund.amount,
        reason=refund.reason,
        is_full=order.payment_status == PaymentStatus.REFUNDED,
        skus=skus,
        refunded_at=refund.refunded_at,
    )
