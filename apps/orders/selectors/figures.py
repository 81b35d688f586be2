"""Key figures of the shop: sums in the shop's currency, days in UTC, counted by the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from apps.orders.models.orders import Order
from apps.orders.rules.states import FulfilmentStatus, PaymentStatus, Status
from apps.orders.selectors.orders import ALIVE, overdue_at
from apps.orders.selectors.shop import shop
from contracts.orders import CustomerFigures, OrderStanding, OrderSummary
from kernel.money import Money

DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFigures:
    """What was sold within a period; cancelled orders do not count."""

    sales: Money
    order_count: int

    @property
    def average(self) -> Money:
        """What an order was worth on average, rounded down."""
        return Money(self.sales.minor // self.order_count if self.order_count else 0, self.sales.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigures:
    """The head of the back office."""

    present: PeriodFigures
    before: PeriodFigures
    """The period of the same length before."""
    to_fulfil: int
    overdue: int
    refunds_due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySales:
    """What was sold on one day."""

    day: date
    sales: Money
    order_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TabCounts:
    """How many orders wait for the staff, by what they wait for."""

    open: int
    to_fulfil: int
    unpaid: int
    overdue: int
    refund_due: int


def to_fulfil() -> Q:
    """Return what makes an order one to be shipped now."""
    is_covered = Q(payment_method="invoice") | Q(
        payment_status__in=(PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED),
    )
    is_waiting = Q(fulfilment_status__in=(FulfilmentStatus.UNFULFILLED, FulfilmentStatus.PARTIALLY_FULFILLED))
    return Q(status=Status.OPEN) & is_waiting & is_covered


def tab_counts(*, now: datetime) -> TabCounts:
    """Count what waits; one statement over the orders that are not over."""
    waiting = Order.objects.filter(Q(status=Status.OPEN) | Q(payment_status=PaymentStatus.REFUND_DUE) | overdue_at(now))
    counts = waiting.aggregate(
        open=Count("id", filter=Q(status=Status.OPEN)),
        to_fulfil=Count("id", filter=to_fulfil()),
        unpaid=Count("id", filter=Q(status=Status.OPEN, payment_status=PaymentStatus.UNPAID)),
        overdue=Count("id", filter=overdue_at(now)),
        refund_due=Count("id", filter=Q(payment_status=PaymentStatus.REFUND_DUE)),
    )
    return TabCounts(**counts)


def key_figures(*, now: datetime, days: int = DAYS) -> KeyFigures:
    """Compare the last days with the same number of days before; two statements."""
    middle = now - timedelta(days=days)
    start = middle - timedelta(days=days)
    is_present = Q(placed_at__gte=middle)
    sums = (
        _sold()
        .filter(placed_at__gte=start, placed_at__lte=now)
        .aggregate(
            sales=Sum("total_minor", filter=is_present),
            orders=Count("id", filter=is_present),
            sales_before=Sum("total_minor", filter=~is_present),
            orders_before=Count("id", filter=~is_present),
        )
    )
    waiting = tab_counts(now=now)
    currency = shop().settings.currency
    return KeyFigures(
        present=PeriodFigures(sales=Money(int(sums["sales"] or 0), currency), order_count=sums["orders"]),
        before=PeriodFigures(
            sales=Money(int(sums["sales_before"] or 0), currency),
            order_count=sums["orders_before"],
        ),
        to_fulfil=waiting.to_fulfil,
        overdue=waiting.overdue,
        refunds_due=waiting.refund_due,
    )


def sales_by_day(*, now: datetime, days: int = DAYS) -> list[DaySales]:
    """Return the last days, oldest first and today last, those without sales too."""
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=days - 1)
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    rows = (
        _sold()
        .filter(placed_at__gte=start, placed_at__lte=now)
        .annotate(day=TruncDate("placed_at", tzinfo=UTC))
        .values("day")
        .annotate(sales=Sum("total_minor"), orders=Count("id"))
        .order_by("day")
    )
    by_day = {row["day"]: row for row in rows}
    currency = shop().settings.currency
    return [_day(first + timedelta(days=offset), by_day=by_day, currency=currency) for offset in range(days)]


def _day(day: date, *, by_day: dict[date, dict[str, int]], currency: str) -> DaySales:
    row = by_day.get(day, {"sales": 0, "orders": 0})
    return DaySales(day=day, sales=Money(int(row["sales"]), currency), order_count=row["orders"])


def _sold() -> QuerySet[Order]:
    return Order.objects.filter(currency=shop().settings.currency, status__in=ALIVE)


def customer_figures(customer_ids: Sequence[UUID]) -> list[CustomerFigures]:
    """Return what each of these people bought; people without orders are absent."""
    rows = (
        _sold()
        .filter(customer_id__in=customer_ids)
        .values("customer_id")
        .annotate(orders=Count("id"), spent=Sum("total_minor"), last=Max("placed_at"))
        .order_by("customer_id")
    )
    currency = shop().settings.currency
    return [
        CustomerFigures(
            customer_id=row["customer_id"],
            order_count=row["orders"],
            total=Money(int(row["spent"]), currency),
            last_order_at=row["last"],
        )
        for row in rows
    ]


def orders_of_customer(customer_id: UUID) -> QuerySet[Order]:
    """Return a person's orders, newest first."""
    return Order.objects.filter(customer_id=customer_id).order_by("-placed_at", "-id")


def recent_orders(*, customer_id: UUID, limit: int) -> list[OrderSummary]:
    """Return the newest orders of a person as other services see them."""
    return [
        OrderSummary(
            id=order.id,
            number=order.number,
            status=order.status,
            payment_status=order.payment_status,
            fulfilment_status=order.fulfilment_status,
            total=order.total,
            placed_at=order.placed_at,
        )
        for order in orders_of_customer(customer_id)[:limit]
    ]


def standings(order_ids: Sequence[UUID]) -> list[OrderStanding]:
    """Return where these orders stand; those that do not exist are absent."""
    rows = Order.objects.filter(id__in=order_ids).order_by("id").values("id", "number", "status")
    return [OrderStanding(**row) for row in rows]
