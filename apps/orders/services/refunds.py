"""Giving money back, by lines or as an amount, never more than what arrived."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError

from apps.orders.models.orders import Order, OrderLine
from apps.orders.models.payments import Payment, PaymentState
from apps.orders.models.refunds import Refund, RefundLine, RefundState
from apps.orders.rules.refunds import line_refund, refundable_quantity, removed_by_refund, returned_quantity
from apps.orders.rules.states import (
    OrderState,
    PaymentStatus,
    Status,
    payment_after_refund,
    payment_while_returning,
    without_goods,
)
from apps.orders.services.moves import Step, lock_order, move
from apps.orders.services.returning import close_returned, gives_back, left_of, refunded
from contracts.orders import GoodsReturned, ReturnedPieces
from contracts.products import ItemWanted, Products
from contracts.rights import Right
from kernel.actors import Actor
from kernel.errors import DomainError, ForbiddenError, InvalidInputError
from kernel.events.publish import publish
from kernel.ids import uuid7
from kernel.money import CurrencyMismatchError, Money
from kernel.rpc import client
from kernel.topology import share_database
from kernel.transactions import TwinWasFasterError, unit_of_work


class RefundTooLargeError(DomainError):
    """More was asked back than is left of the payment."""

    code = "refund_too_large"
    status = 409

    def __init__(self, *, left: Money, is_in_parts: bool = False) -> None:
        words = f"At most {left} at once: the money came in several ways." if is_in_parts else ""
        super().__init__(
            words or f"At most {left} can be refunded.",
            extra={"left": {"amount": left.as_text(), "currency": left.currency}},
        )


class TooManyToRefundError(DomainError):
    """More pieces were asked back than are left of a line."""

    code = "too_many_to_refund"
    status = 409

    def __init__(self, *, left: Mapping[str, int]) -> None:
        super().__init__("More pieces than were not refunded yet.", extra={"left": dict(left)})


class RefundReferenceUsedError(DomainError):
    """Another order's refund bears that reference."""

    code = "refund_reference_used"
    status = 409

    def __init__(self) -> None:
        super().__init__("This name belongs to a refund of another order.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundWish:
    """What to give back: pieces by SKU, an amount, or pieces for another amount than their worth."""

    quantities: Mapping[str, int]
    amount: Money | None = None
    reason: str = ""
    restock: bool = False
    reference: str = ""
    """Something unique of the caller: the same reference gives back once."""


@unit_of_work
def refund_order(*, order_id: UUID, wish: RefundWish, actor: Actor, now: datetime) -> Refund:
    """Give back part or all of what was paid; all of it ends the order, for nothing is left to ship then.

    What a provider holds, it is asked for afterwards (``returning``); else staff gives it back at the bank.

    :raises RefundTooLargeError: the amount exceeds what is left, or what can go back in one way.
    :raises TooManyToRefundError: names what is left of each SKU.
    :raises RefundReferenceUsedError: the reference belongs to another order.
    """
    if not actor.may(Right.REFUNDS):
        msg = "Only staff refunds orders."
        raise ForbiddenError(msg)
    order = lock_order(order_id)
    was_cancelled = order.status == Status.CANCELLED
    known = _known(order, reference=wish.reference)
    if known is not None:
        return known
    lines = list(order.lines.order_by("position", "id"))
    named = _named(lines, quantities=wish.quantities)
    amount = _amount(order, returned=named, wish=wish)
    returned = _returned(order, lines=lines, named=wish.quantities, amount=amount)
    payment = _source(order, amount=amount, wish=wish)
    refund = _write(order, returned=returned, amount=amount, wish=wish, payment=payment, actor=actor, now=now)
    _take_off(lines=lines, returned=returned)
    if refund.state == RefundState.DONE:
        _give_back(order, refund=refund, lines=lines, returned=returned, actor=actor, now=now)
    else:
        order.returning_minor += amount.minor
        left, present = order.refundable.minor, order.state.payment
        after = _after(order, lines=lines, payment=payment_while_returning(left_minor=left, present=present))
        step = Step(kind="refund_requested", after=after, about=_about(refund, returned=returned))
        move(order, step=step, actor=actor, now=now)
    if refund.restock and not was_cancelled:  # else its stock went back then
        _restock(order, refund=refund, returned=returned)
    return refund


def _known(order: Order, *, reference: str) -> Refund | None:
    known = Refund.objects.filter(reference=reference).first() if reference else None
    if known is not None and known.order_id != order.id:
        raise RefundReferenceUsedError
    return known


def _give_back(
    order: Order,
    *,
    refund: Refund,
    lines: list[OrderLine],
    returned: list[tuple[OrderLine, int]],
    actor: Actor,
    now: datetime,
) -> None:
    """Write down that staff gave the money back."""
    order.refunded_minor += refund.amount_minor
    close_returned(order, refund=refund, now=now)
    payment = payment_after_refund(
        paid_minor=order.paid_minor,
        refunded_minor=order.refunded_minor,
        present=PaymentStatus(order.payment_status),
        is_surplus=refund.payment is not None,
    )
    skus = sorted(line.sku for line, _ in returned) if refund.restock else []
    step = Step(
        kind="refunded", after=_after(order, lines=lines, payment=payment), about=_about(refund, returned=returned)
    )
    move(order, step=step, actor=actor, now=now, tell=lambda moved: refunded(moved, refund=refund, skus=skus))


def _source(order: Order, *, amount: Money, wish: RefundWish) -> Payment | None:
    """Return the payment of which so much goes back, by its provider or as surplus by staff; None for any other by staff.

    Exactly what is left of a surplus at the bank is that surplus: staff was told to send it back and to write it down,
    and the provider of the order's own money would give it back a second time.

    :raises RefundTooLargeError: neither a provider nor the bank holds as much.
    """
    payments = _with_money(order)
    surplus = [one for one in payments if one.state == PaymentState.REFUND_DUE and not gives_back(one)]
    if not wish.quantities:
        for payment in surplus:
            if left_of(payment) == amount.minor:
                return payment
    held = {payment: left_of(payment) for payment in payments if gives_back(payment)}
    most = _most_at_once(order, held=held.values())
    if amount > most:
        raise RefundTooLargeError(left=most, is_in_parts=True)
    return next((payment for payment, left in held.items() if left >= amount.minor), None)


def refundable_at_once(order: Order) -> Money:
    """Return what one refund can give back at most: what came by card and at the bank goes back each by itself."""
    return _most_at_once(order, held=[left_of(payment) for payment in _with_money(order) if gives_back(payment)])


def _with_money(order: Order) -> list[Payment]:
    arrived = order.payments.filter(state__in=(PaymentState.CAPTURED, PaymentState.REFUND_DUE), currency=order.currency)
    return list(arrived.order_by("created_at", "id"))


def _most_at_once(order: Order, *, held: Collection[int]) -> Money:
    at_the_bank = order.refundable.minor - sum(held)
    return min(order.refundable, Money(max(at_the_bank, *held, 0), order.currency))


def _named(lines: list[OrderLine], *, quantities: Mapping[str, int]) -> list[tuple[OrderLine, int]]:
    left = {line.sku: refundable_quantity(line.to_refund) for line in lines}
    unknown = sorted(set(quantities) - set(left))
    if unknown:
        msg = "Not in this order: " + ", ".join(unknown) + "."
        raise InvalidInputError(msg, fields={"lines": [msg]})
    if any(count > left[sku] for sku, count in quantities.items()):
        raise TooManyToRefundError(left={sku: left[sku] for sku in quantities})
    return [(line, quantities[line.sku]) for line in lines if line.sku in quantities]


def _returned(
    order: Order,
    *,
    lines: list[OrderLine],
    named: Mapping[str, int],
    amount: Money,
) -> list[tuple[OrderLine, int]]:
    is_everything = order.status == Status.OPEN and amount == order.refundable
    counts = [
        (line, returned_quantity(line.to_refund, named=named.get(line.sku, 0), is_everything=is_everything))
        for line in lines
    ]
    return [(line, count) for line, count in counts if count]


def _amount(order: Order, *, returned: list[tuple[OrderLine, int]], wish: RefundWish) -> Money:
    """Return what goes back: the amount that was named, else the worth of the pieces."""
    worth = sum(line_refund(line.to_refund, quantity=count) for line, count in returned)
    amount = Money(worth, order.currency) if wish.amount is None else wish.amount
    if amount.currency != order.currency:
        raise CurrencyMismatchError(order.currency, amount.currency)
    if amount.minor < 1:
        msg = "Name lines or an amount above zero."
        raise InvalidInputError(msg, fields={"amount": [msg]})
    if amount > order.refundable:
        raise RefundTooLargeError(left=order.refundable)
    return amount


def _write(
    order: Order,
    *,
    returned: list[tuple[OrderLine, int]],
    amount: Money,
    wish: RefundWish,
    payment: Payment | None,
    actor: Actor,
    now: datetime,
) -> Refund:
    refund_id = uuid7()
    is_asked_for = payment is not None and gives_back(payment)
    refund = Refund(
        id=refund_id,
        order=order,
        reference=wish.reference or str(refund_id),
        payment=payment,
        state=RefundState.REQUESTED if is_asked_for else RefundState.DONE,
        next_attempt_at=now if is_asked_for else None,
        amount_minor=amount.minor,
        currency=amount.currency,
        reason=wish.reason,
        restock=wish.restock and bool(returned),
        actor_id=actor.id,
        actor_label=actor.label,
        refunded_at=now,
    )
    _insert(refund)
    RefundLine.objects.bulk_create(
        RefundLine(
            refund=refund,
            order_line=line,
            quantity=count,
            amount_minor=line_refund(line.to_refund, quantity=count),
        )
        for line, count in returned
    )
    return refund


def _insert(refund: Refund) -> None:
    try:
        refund.save(force_insert=True)
    except IntegrityError as error:  # another order's got that reference at this moment
        raise TwinWasFasterError from error


def _take_off(*, lines: list[OrderLine], returned: list[tuple[OrderLine, int]]) -> None:
    for line, count in returned:
        line.removed_quantity += removed_by_refund(line.to_refund, quantity=count)
        line.refunded_quantity += count
    OrderLine.objects.bulk_update(lines, ["removed_quantity", "refunded_quantity"])


def _after(order: Order, *, lines: list[OrderLine], payment: PaymentStatus) -> OrderState:
    """Return where the order stands: what will not be shipped any more may have been all that was missing."""
    after = replace(order.state, payment=payment)
    return after if any(line.left_to_ship for line in lines) else without_goods(after)


def _restock(order: Order, *, refund: Refund, returned: list[tuple[OrderLine, int]]) -> None:
    """Put the pieces back in this very step where that is possible; else the event does, once."""
    pieces = [ReturnedPieces(sku=line.sku, quantity=count) for line, count in returned]
    publish(GoodsReturned(version=order.version, order_id=order.id, refund_id=refund.id, lines=pieces))
    if share_database("orders", "products"):
        items = [ItemWanted(sku=one.sku, quantity=one.quantity) for one in pieces]
        client(Products).restock(restock_id=refund.id, order_id=order.id, lines=items)


def _about(refund: Refund, *, returned: list[tuple[OrderLine, int]]) -> dict[str, object]:
    return {
        "refund": str(refund.id),
        "amount": {"amount": refund.amount.as_text(), "currency": refund.currency},
        "reason": refund.reason,
        "restock": refund.restock,
        "lines": {line.sku: count for line, count in returned},
    }
