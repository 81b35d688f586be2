"""Orders as those see them who may."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from apps.orders.models.fulfilments import Fulfilment, FulfilmentLine
from apps.orders.models.orders import Order, OrderChange, OrderLine, OrderNote
from apps.orders.models.payments import Payment
from apps.orders.models.refunds import Refund, RefundLine
from apps.orders.rules.payments import is_overdue
from apps.orders.rules.states import PaymentStatus, Status, may_cancel, may_fulfil, may_pay
from contracts.rights import Right
from integrations.payments.registry import payment_method
from kernel.actors import Actor
from kernel.errors import NotFoundError

ALIVE = (Status.OPEN, Status.COMPLETED)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """What a list of orders is narrowed by; empty means no matter."""

    status: str = ""
    payment_status: str = ""
    fulfilment_status: str = ""
    search: str = ""
    """Part of the e-mail address, the beginning of the number, or a whole SKU."""
    overdue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRights:
    """What can be done with an order now."""

    can_cancel: bool
    can_pay: bool
    can_fulfil: bool
    can_refund: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDetail:
    """Everything about one order."""

    order: Order
    lines: Sequence[OrderLine]
    fulfilments: Sequence[Fulfilment]
    refunds: Sequence[Refund]
    payments: Sequence[Payment]
    rights: OrderRights
    is_overdue: bool


def is_owner(order: Order, *, actor: Actor, token: str) -> bool:
    """Tell whether an order is one's own: as its customer, or by the token of its mails."""
    if actor.id is not None and actor.id == order.customer_id:
        return True
    return bool(token) and secrets.compare_digest(order.access_token.encode(), token.encode())


def check_owner(order: Order | None, *, actor: Actor, token: str) -> Order:
    """Return the order if it exists and the actor may see it; staff sees all.

    :raises NotFoundError: neither is told from the other.
    """
    if order is None or not (actor.may(Right.ORDERS) or is_owner(order, actor=actor, token=token)):
        msg = "There is no such order."
        raise NotFoundError(msg)
    return order


def find_order(*, order_id: UUID, actor: Actor, token: str) -> Order:
    """Return an order that somebody may see.

    :raises NotFoundError: there is none, or it is another's.
    """
    return check_owner(Order.objects.filter(id=order_id).first(), actor=actor, token=token)


def orders_visible_to(actor: Actor) -> QuerySet[Order]:
    """Return all orders for staff, their own for people, none for guests: those read one by its token."""
    if actor.may(Right.ORDERS):
        return Order.objects.all()
    return Order.objects.filter(customer_id=actor.id) if actor.id is not None else Order.objects.none()


def orders_matching(*, actor: Actor, narrow: OrderFilter, now: datetime) -> QuerySet[Order]:
    """Return the visible orders that fit a filter, unordered."""
    found = orders_visible_to(actor)
    exact = {
        "status": narrow.status,
        "payment_status": narrow.payment_status,
        "fulfilment_status": narrow.fulfilment_status,
    }
    found = found.filter(**{name: value for name, value in exact.items() if value})
    if narrow.overdue:
        found = found.filter(overdue_at(now))
    return found.filter(_mentions(narrow.search.strip())) if narrow.search.strip() else found


def overdue_at(now: datetime) -> Q:
    """Return what makes an order overdue at a moment."""
    return Q(payment_status=PaymentStatus.UNPAID, due_at__lt=now, status__in=ALIVE)


def _mentions(text: str) -> Q:
    has_sku = Exists(OrderLine.objects.filter(order=OuterRef("pk"), sku=text))
    by_name = Q(number__istartswith=text.removeprefix("#")) | Q(email__icontains=text)
    return by_name | Q(has_sku)


def order_detail(order: Order, *, now: datetime) -> OrderDetail:
    """Read everything about an order that its owner may see."""
    lines = list(order.lines.order_by("position", "id"))
    return OrderDetail(
        order=order,
        lines=lines,
        fulfilments=list(fulfilments_of(order)),
        refunds=list(refunds_of(order)),
        payments=list(order.payments.order_by("created_at", "id")),
        rights=_rights(order, lines=lines),
        is_overdue=order_is_overdue(order, now=now),
    )


def placed_detail(order: Order, *, lines: Sequence[OrderLine]) -> OrderDetail:
    """Return the same for an order that was placed this moment, without reading anything."""
    return OrderDetail(
        order=order,
        lines=lines,
        fulfilments=[],
        refunds=[],
        payments=[],
        rights=_rights(order, lines=lines),
        is_overdue=False,
    )


def order_is_overdue(order: Order, *, now: datetime) -> bool:
    """Tell whether an order should have been paid by now."""
    return is_overdue(
        due_at=order.due_at,
        is_unpaid=order.payment_status == PaymentStatus.UNPAID,
        is_alive=order.status in ALIVE,
        now=now,
    )


def _rights(order: Order, *, lines: Sequence[OrderLine]) -> OrderRights:
    method = payment_method(order.payment_method)
    was_restocked = any(line.refunded_quantity for line in lines) and order.refunds.filter(restock=True).exists()
    return OrderRights(
        can_cancel=may_cancel(order.state, was_restocked=was_restocked),
        can_pay=may_pay(order.state),
        can_fulfil=may_fulfil(order.state, ships_before_payment=bool(method and method.ships_before_payment))
        and any(line.left_to_ship for line in lines),
        can_refund=bool(order.refundable),
    )


def fulfilments_of(order: Order) -> QuerySet[Fulfilment]:
    """Return the parcels of an order, oldest first, with their lines."""
    lines = Prefetch("lines", FulfilmentLine.objects.select_related("order_line").order_by("order_line__position"))
    return order.fulfilments.prefetch_related(lines).order_by("shipped_at", "id")


def refunds_of(order: Order) -> QuerySet[Refund]:
    """Return the refunds of an order, oldest first, with their lines."""
    lines = Prefetch("lines", RefundLine.objects.select_related("order_line").order_by("order_line__position"))
    return order.refunds.prefetch_related(lines).order_by("refunded_at", "id")


def fulfilment_with_lines(fulfilment_id: UUID) -> Fulfilment:
    """Return one parcel with its lines at hand."""
    return Fulfilment.objects.prefetch_related("lines__order_line").get(id=fulfilment_id)


def refund_with_lines(refund_id: UUID) -> Refund:
    """Return one refund with its lines at hand."""
    return Refund.objects.prefetch_related("lines__order_line").get(id=refund_id)


def history_of(order: Order) -> QuerySet[OrderChange]:
    """Return every change of an order, oldest first."""
    return order.changes.order_by("version")


def notes_of(order: Order) -> QuerySet[OrderNote]:
    """Return the staff's notes, newest first."""
    return order.notes.order_by("-created_at", "-id")
