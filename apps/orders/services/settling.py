"""Payments of which nobody wrote down the end: their provider is asked, and what it says is recorded."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import Q

from apps.orders.models.payments import Payment, PaymentState
from apps.orders.rules.payments import LONGEST_PAUSE, pause_between_checks
from apps.orders.rules.states import may_pay
from apps.orders.selectors.attempts import attempt_of
from apps.orders.services.outcomes import ARRIVED, UNDER_WAY, PaymentAnswer, record_outcome
from integrations.payments.port import Outcome, OutcomeState, ProviderAwayError, ProviderRefusedError
from integrations.payments.registry import payment_method
from kernel import clock
from kernel.actors import SYSTEM, Actor
from kernel.errors import DomainError
from kernel.periodic import every
from kernel.transactions import unit_of_work

log = structlog.get_logger(__name__)

BATCH = 20
LEASE = timedelta(minutes=2)
"""How long one payment is a worker's own; longer than all calls that it takes."""


@every(seconds=5, is_alone=False)
def settle_payments() -> int:
    """Ask for what is due; return how many payments were asked for."""
    return settle_due(now=clock.now())


def settle_due(*, now: datetime) -> int:
    """Ask for one batch of what is due: first of all for attempts of orders that are over."""
    is_due = Q(next_check_at__lte=now) | Q(next_check_at__gt=now + 2 * LONGEST_PAUSE)  # by a wrong clock
    due = Payment.objects.filter(is_due, state__in=UNDER_WAY).order_by("next_check_at", "id")
    count = 0
    for payment in due[:BATCH]:
        if _claim(payment, now=max(now, clock.now())):
            count += 1
            if not _settle(payment, now=now):
                break  # a silent provider takes its time with each, and other jobs wait for the thread
    return count


def _settle(payment: Payment, *, now: datetime) -> bool:
    """Ask for one payment; tell whether its provider is there."""
    try:
        check_payment(payment_id=payment.id, actor=SYSTEM, now=now)
    except DomainError as error:  # whatever is wrong with one payment, the others are not kept waiting
        log.warning("payment_not_settled", payment=str(payment.id), code=error.code)
        _note_silence(payment, now=now)
        return not isinstance(error, ProviderAwayError)
    return True


def check_payment(
    *, payment_id: UUID, actor: Actor, now: datetime, provider_reference: str = ""
) -> PaymentAnswer | None:
    """Ask the provider where a payment stands and record it; None where there is no such payment.

    :raises ProviderAwayError: the provider does not answer; nothing is changed.
    """
    payment = Payment.objects.select_related("order").filter(id=payment_id).first()
    if payment is None:
        return None
    if payment.state in ARRIVED:
        return PaymentAnswer(order=payment.order, payment=payment)
    payment.provider_reference = payment.provider_reference or provider_reference
    outcome = ask_where_it_stands(payment)
    return finish(payment_id=payment.id, outcome=outcome, actor=actor, now=now)


def finish(*, payment_id: UUID, outcome: Outcome, actor: Actor, now: datetime) -> PaymentAnswer:
    """Record an outcome, and collect what was only set aside if the order still asks for it."""
    answer = record_outcome(payment_id=payment_id, outcome=outcome, actor=actor, now=now)
    if answer.payment.state != PaymentState.AUTHORISED:
        return answer
    outcome = ask_where_it_stands(answer.payment)
    return record_outcome(payment_id=payment_id, outcome=outcome, actor=actor, now=now)


def ask_where_it_stands(payment: Payment) -> Outcome:
    """Ask the provider: for the state, for the money that is set aside, or to let go when the order wants none."""
    provider = payment_method(payment.method)
    if provider is None or provider.is_recorded_by_staff:  # nobody can be asked: staff notes the money when it comes
        return Outcome(state=OutcomeState.DECLINED)
    attempt = attempt_of(payment, order=payment.order)
    is_wanted = may_pay(payment.order.state)
    ask = provider.retrieve
    if not is_wanted:
        ask = provider.void
    elif payment.state == PaymentState.AUTHORISED:
        ask = provider.capture
    try:
        return ask(attempt)
    except ProviderRefusedError as error:
        return Outcome(state=OutcomeState.DECLINED, message=error.message)


@unit_of_work
def _claim(payment: Payment, *, now: datetime) -> bool:
    """Take the payment unless another worker did."""
    free = Payment.objects.filter(id=payment.id, next_check_at=payment.next_check_at, state__in=UNDER_WAY)
    return bool(free.update(next_check_at=now + LEASE, checks=payment.checks + 1))


@unit_of_work
def _note_silence(payment: Payment, *, now: datetime) -> None:
    pause = pause_between_checks(payment.checks + 1)
    Payment.objects.filter(id=payment.id, state__in=UNDER_WAY).update(next_check_at=now + pause)
