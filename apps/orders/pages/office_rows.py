"""Orders as rows of the back office's tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.orders.models.orders import Order
from apps.orders.selectors.orders import order_is_overdue
from kernel.http.paging import Page

REFUSED = 422
NOTHING = Page(results=[], next_url=None, previous_url=None, count=None, count_is_capped=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One order with what its row says besides."""

    order: Order
    customer: str
    goods: str
    is_overdue: bool


def rows_of(orders: Iterable[Order], *, now: datetime) -> list[OrderRow]:
    """Return the rows of orders whose lines are at hand."""
    return [_row(order, now=now) for order in orders]


def _row(order: Order, *, now: datetime) -> OrderRow:
    lines = list(order.lines.all())
    return OrderRow(
        order=order,
        customer=order.shipping_address.get("name") or order.email,
        goods=_goods([line.product_name for line in lines]),
        is_overdue=order_is_overdue(order, now=now),
    )


def _goods(names: list[str]) -> str:
    if len(names) <= 1:
        return "".join(names)
    return _("%(name)s and %(count)d more") % {"name": names[0], "count": len(names) - 1}
