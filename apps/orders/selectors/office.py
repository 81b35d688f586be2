"""What the back office sees of orders: lists by what they wait for, one order with everything that can be done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from apps.orders.models.orders import Order, OrderLine
from apps.orders.rules.states import FulfilmentStatus, PaymentStatus, Status
from apps.orders.selectors.figures import DAYS, DaySales, KeyFigures, key_figures, sales_by_day, to_fulfil
from apps.orders.selectors.orders import OrderDetail, OrderFilter, order_detail, orders_matching, overdue_at
from apps.orders.selectors.timelines import TimelineEntry, timeline_of
from contracts.notifications import Notifications
from contracts.products import Products
from contracts.rights import Right
from integrations.payments.registry import payment_method
from kernel.actors import Actor
from kernel.events.figures import dead_letter_count
from kernel.rpc import client

WEEK: Final = 7
"""The days that the line of averages looks back on."""

NEWEST: Final = 8
HITS: Final = 10

REFUNDED = (PaymentStatus.REFUND_DUE, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED)

_TABS: Final[Mapping[str, Callable[[datetime], Q]]] = {
    "all": lambda _now: Q(),
    "unfulfilled": lambda _now: to_fulfil(),
    "unpaid": lambda _now: Q(status=Status.OPEN, payment_status=PaymentStatus.UNPAID),
    "overdue": overdue_at,
    "refund_due": lambda _now: Q(payment_status=PaymentStatus.REFUND_DUE),
    "shipped": lambda _now: Q(fulfilment_status=FulfilmentStatus.FULFILLED),
    "cancelled": lambda _now: Q(status=Status.CANCELLED),
    "refunded": lambda _now: Q(payment_status__in=REFUNDED),
}
TABS: Final = tuple(_TABS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """How business goes, for those who work with orders."""

    figures: KeyFigures
    days: list[DaySales]
    """The days to be drawn, and before them those that the first average needs."""
    newest: list[Order]
    failed_messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHome:
    """What staff sees first: of each part only what the person works with."""

    business: Business | None
    low_stock: int
    dead_letters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeOrder:
    """One order as staff works on it."""

    order: Order
    detail: OrderDetail
    timeline: list[TimelineEntry]
    actions: frozenset[str]
    """What is possible now, of ``fulfil``, ``pay``, ``refund`` and ``cancel``."""

    @property
    def messages(self) -> list[TimelineEntry]:
        """The mails about the order, newest first."""
        return [entry for entry in self.timeline if entry.kind == "message"]


def office_orders(*, tab: str, search: str, actor: Actor, now: datetime) -> QuerySet[Order]:
    """Return the orders of a tab that mention a text, with their lines, unordered."""
    found = orders_matching(actor=actor, narrow=OrderFilter(search=search), now=now)
    return _with_lines(found.filter(_TABS[tab](now)))


def orders_found(*, search: str, actor: Actor, now: datetime) -> list[Order]:
    """Return the newest orders that mention a text; one more than is shown tells that there are others."""
    found = office_orders(tab="all", search=search, actor=actor, now=now)
    return list(found.order_by("-placed_at", "-id")[: HITS + 1])


def office_home(*, actor: Actor, now: datetime) -> OfficeHome:
    """Return what waits for somebody, and how business goes if orders are his part; at most eight statements."""
    return OfficeHome(
        business=_business(now=now) if actor.may(Right.ORDERS) else None,
        low_stock=client(Products).low_stock_count() if actor.may(Right.CATALOGUE) else 0,
        dead_letters=dead_letter_count() if actor.may(Right.SETTINGS) else 0,
    )


def _business(*, now: datetime) -> Business:
    newest = _with_lines(Order.objects.order_by("-placed_at", "-id"))
    return Business(
        figures=key_figures(now=now),
        days=sales_by_day(now=now, days=DAYS + WEEK - 1),
        newest=list(newest[:NEWEST]),
        failed_messages=client(Notifications).failed_count(),
    )


def office_order(order_id: UUID, *, actor: Actor, now: datetime) -> OfficeOrder | None:
    """Return one order with everything about it and what the actor can do with it, or nothing."""
    order = Order.objects.filter(id=order_id).first()
    if order is None:
        return None
    detail = order_detail(order, now=now)
    actions = _actions(order, detail=detail, actor=actor)
    return OfficeOrder(order=order, detail=detail, timeline=timeline_of(order), actions=actions)


def _actions(order: Order, *, detail: OrderDetail, actor: Actor) -> frozenset[str]:
    rights = detail.rights
    possible = {"fulfil": rights.can_fulfil, "cancel": rights.can_cancel}
    possible["refund"] = rights.can_refund and actor.may(Right.REFUNDS)
    possible["pay"] = _can_record(order, can_pay=rights.can_pay)
    return frozenset(name for name, is_possible in possible.items() if is_possible)


def _can_record(order: Order, *, can_pay: bool) -> bool:
    """Tell whether money from the bank may be written down: for a cancelled order, too, for it has to go back."""
    method = payment_method(order.payment_method)
    is_recorded = method is not None and method.is_recorded_by_staff
    return is_recorded and (can_pay or order.status == Status.CANCELLED)


def _with_lines(orders: QuerySet[Order]) -> QuerySet[Order]:
    return orders.prefetch_related(Prefetch("lines", OrderLine.objects.order_by("position", "id")))
