"""The back office: all orders by what they wait for, and the search."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.orders.forms.office import SearchForm
from apps.orders.forms.office_orders import OrderFilters
from apps.orders.pages.office_rows import NOTHING, rows_of
from apps.orders.selectors.figures import tab_counts
from apps.orders.selectors.office import HITS, office_orders, orders_found
from contracts.rights import Right
from kernel import clock
from kernel.errors import DomainError
from kernel.http.paging import KeysetPagination, Page, page_of
from kernel.http.principals import actor_of, right_required, staff_required


class OfficeOrders(KeysetPagination):
    """All orders, newest first."""

    page_size = 25
    orderings = {"newest": ("-placed_at", "-id")}
    default_ordering = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One saved view."""

    label: str
    url: str
    is_current: bool
    count: int | None = None


@never_cache
@require_safe
@right_required(Right.ORDERS)
def order_list(request: HttpRequest) -> HttpResponse:
    """Show all orders, narrowed by what stands in the address."""
    form, now = OrderFilters(request.GET), clock.now()
    page, status = _page(request, form, now=now)
    context = {
        "form": form,
        "rows": rows_of(page.results, now=now),
        "page": page,
        "summary": _summary(page),
        "tabs": _tabs(request.GET, now=now),
        "is_narrowed": bool(request.GET.get("q") or request.GET.get("tab", "all") != "all"),
    }
    return render(request, "orders/office/list.html", context, status=status)


@never_cache
@require_safe
@staff_required
def search(request: HttpRequest) -> HttpResponse:
    """Show the orders that mention a text, and where to look for other things."""
    form, now = SearchForm(request.GET), clock.now()
    text = form.cleaned_data["q"].strip() if form.is_valid() else ""
    actor = actor_of(request)
    hits = orders_found(search=text, actor=actor, now=now) if text and actor.may(Right.ORDERS) else []
    context = {
        "form": form,
        "text": text,
        "rows": rows_of(hits[:HITS], now=now),
        "has_more": len(hits) > HITS,
        "links": {
            name: f"/office/{name}/?{_query(q=text).urlencode()}"
            for name in ("orders", "products", "customers", "messages")
        },
    }
    return render(request, "orders/office/search.html", context, status=400 if form.errors else 200)


def _page(request: HttpRequest, form: OrderFilters, *, now: datetime) -> tuple[Page, int]:
    if not form.is_valid():
        return NOTHING, 400
    found = office_orders(
        tab=form.cleaned_data["tab"] or "all", search=form.cleaned_data["q"], actor=actor_of(request), now=now
    )
    params = {"count": "true"} | {name: request.GET[name] for name in ("cursor",) if request.GET.get(name)}
    try:
        return page_of(found, params=params, url=request.get_full_path(), pages=OfficeOrders), 200
    except DomainError as error:
        form.add_error(None, error.message)
        return NOTHING, error.status


def _summary(page: Page) -> str:
    if page.count is None:
        return ""
    if page.count_is_capped:
        return _("more than %(count)s orders") % {"count": f"{page.count:,}"}
    return ngettext("%(count)s order", "%(count)s orders", page.count) % {"count": f"{page.count:,}"}


def _tabs(query: QueryDict, *, now: datetime) -> list[Tab]:
    waiting = tab_counts(now=now)
    views = [
        ("all", _("All"), None),
        ("unfulfilled", _("To fulfil"), waiting.to_fulfil),
        ("unpaid", _("Unpaid"), waiting.unpaid),
        ("overdue", _("Overdue"), waiting.overdue),
        ("refund_due", _("To refund"), waiting.refund_due),
        ("shipped", _("Shipped"), None),
        ("cancelled", _("Cancelled"), None),
        ("refunded", _("Refunded"), None),
    ]
    chosen, text = query.get("tab") or "all", query.get("q", "")
    return [
        Tab(
            label=label,
            url="?" + _query(tab="" if name == "all" else name, q=text).urlencode(),
            is_current=name == chosen,
            count=count,
        )
        for name, label, count in views
    ]


def _query(**values: str) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in values.items() if value})
    return query
