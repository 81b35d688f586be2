"""Paying: an attempt is written down, the provider is asked outside any transaction, and its answer is recorded."""

from collections.abc import Mapping
from datetime import datetime
from itertools import count
from uuid import UUID

from django.db import IntegrityError

from apps.orders.models.orders import Order
from apps.orders.models.payments import Payment, PaymentState
from apps.orders.rules.states import Status, may_pay
from apps.orders.selectors.attempts import attempt_of
from apps.orders.selectors.orders import check_owner
from apps.orders.services.moves import lock_order
from apps.orders.services.outcomes import FIRST_CHECK, UNDER_WAY, PaymentAnswer, record_outcome
from apps.orders.services.settling import ask_where_it_stands, finish
from contracts.rights import Right
from integrations.payments.offline import PaidOutsideError
from integrations.payments.port import Outcome, OutcomeState, PaymentMethod, ProviderRefusedError
from integrations.payments.registry import payment_method, payment_methods
from kernel.actors import Actor
from kernel.errors import DomainError, ForbiddenError, InvalidInputError
from kernel.transactions import TwinWasFasterError, unit_of_work


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
    :raises PaidOutsideError: this money arrives at the bank.
    :raises PaymentDetailsError: names the field that is wrong.
    """
    payment = _begin(order_id=order_id, method=method, actor=actor, token=token, now=now)
    if payment.provider_reference:
        known = finish(payment_id=payment.id, outcome=ask_where_it_stands(payment), actor=actor, now=now)
        if known.payment.state != PaymentState.DECLINED:
            return known
        payment = _begin(order_id=order_id, method=method, actor=actor, token=token, now=now)
    outcome = _ask(payment, details=details)
    return finish(payment_id=payment.id, outcome=outcome, actor=actor, now=now)


def _ask(payment: Payment, *, details: Mapping[str, str]) -> Outcome:
    """Ask the provider; what it will never do ends the attempt, and another one may begin."""
    provider = _provider(payment.method)
    attempt = attempt_of(payment, order=payment.order)
    try:
        if payment.state == PaymentState.REQUIRES_ACTION and details.get("confirmation_code"):
            return provider.confirm(attempt, details=details)
        return provider.authorise(attempt, details=details)
    except ProviderRefusedError as error:
        return Outcome(state=OutcomeState.DECLINED, message=error.message)


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


@unit_of_work
def _begin(*, order_id: UUID, method: str, actor: Actor, token: str, now: datetime) -> Payment:
    """Return the attempt that is under way, or a new one, under the order's lock."""
    order = lock_order(order_id)
    check_owner(order, actor=actor, token=token)
    _check_payable(order)
    provider = _provider(method or order.payment_method)
    if provider not in payment_methods():
        raise _unknown_method()
    if provider.is_recorded_by_staff:
        raise PaidOutsideError
    under_way = order.payments.filter(method=provider.code, state__in=UNDER_WAY).order_by("-created_at", "-id").first()
    payment = under_way or _new_payment(order, method=provider.code, now=now, next_check_at=now + FIRST_CHECK)
    payment.order = order
    return payment


def _new_payment(
    order: Order, *, method: str, now: datetime, reference: str = "", next_check_at: datetime | None = None
) -> Payment:
    payment = Payment(
        order=order,
        method=method,
        reference=reference or _next_reference(order),
        amount_minor=order.total_minor,
        currency=order.currency,
        created_at=now,
        updated_at=now,
        next_check_at=next_check_at,
    )
    try:
        payment.save(force_insert=True)
    except IntegrityError as error:  # another order's got that reference at this moment
        raise TwinWasFasterError from error
    return payment


def _next_reference(order: Order) -> str:
    """Number the attempts of an order, past a name that a bank statement happens to bear."""
    names = (f"{order.number}-{number}" for number in count(order.payments.count() + 1))
    return next(name for name in names if not Payment.objects.filter(reference=name).exists())


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
        begun = None if reference else _begun_arrival(order, method=provider.code)
        return begun or _new_payment(order, method=provider.code, now=now, reference=reference)
    raise AlreadyPaidError


def _begun_arrival(order: Order, *, method: str) -> Payment | None:
    """Return an arrival without a reference that a twin of this call has noted and not yet recorded: the same money."""
    begun = order.payments.filter(method=method, state=PaymentState.PENDING, reference__startswith=f"{order.number}-")
    return begun.order_by("created_at", "id").first()


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
