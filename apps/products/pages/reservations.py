"""The back office: which orders hold stock and for how long, and giving back a hold whose time is over."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.products.forms.filters import ReservationFilters
from apps.products.models.stock import Reservation, ReservationLine, ReservationState
from apps.products.selectors.reservations import HoldFigures, hold_figures, overdue, reservations
from apps.products.services.expiry import release_hold
from contracts.rights import Right
from kernel import clock
from kernel.errors import DomainError
from kernel.formatting import age_text
from kernel.http.paging import KeysetPagination, Page, page_of
from kernel.http.principals import actor_of, right_required

NOTHING = Page(results=[], next_url=None, previous_url=None, count=None, count_is_capped=False)
SHOWN_LINES = 4
"""Of an order with many, the others are counted."""


class OfficePages(KeysetPagination):
    """The newest order first."""

    page_size = 50
    orderings = {"newest": ("-order_id",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationRow:
    """One reservation in the words of the back office."""

    order_id: UUID
    state: str
    is_overdue: bool
    lines: list[ReservationLine]
    more: int
    """How many lines are not shown."""
    created_at: datetime
    expires_at: datetime | None
    """Of holds: until when."""
    age: str
    """Of holds."""


@never_cache
@require_safe
@right_required(Right.CATALOGUE)
def reservation_list(request: HttpRequest) -> HttpResponse:
    """Show what orders hold and took, narrowed by what stands in the address."""
    now = clock.now()
    form = ReservationFilters(request.GET)
    page, status = _page(request, form, now=now)
    figures = hold_figures(now=now)
    shown = form.shown_state() if form.is_valid() else str(ReservationState.HELD)
    context = {
        "form": form,
        "rows": [_row(reservation, now=now) for reservation in page.results],
        "page": page,
        "figures": figures,
        "age": age_text(figures.oldest_at, now=now),
        "tabs": _tabs(figures, sku=request.GET.get("sku", ""), current=shown),
        "shown": shown,
        "is_narrowed": any(request.GET.get(name) for name in ("sku", "order")),
    }
    return render(request, "products/office/reservations.html", context, status=status)


@require_POST
@right_required(Right.CATALOGUE)
def release(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Give back the stock of a hold whose time is over."""
    try:
        release_hold(order_id=order_id, actor=actor_of(request), now=clock.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The hold is over; its stock can be sold again."))
    form = ReservationFilters(request.POST)
    kept = {name: value for name in form.fields if (value := form.data.get(name))}
    return redirect(f"{reverse('products_office:reservations')}{'?' if kept else ''}{urlencode(kept)}")


def _page(request: HttpRequest, form: ReservationFilters, *, now: datetime) -> tuple[Page, int]:
    if not form.is_valid():
        return NOTHING, 400
    shown, given = form.shown_state(), form.cleaned_data
    is_state = shown in ReservationState.values
    rows = reservations(state=shown if is_state else "", sku=given["sku"], order_id=given["order"])
    if shown == form.OVERDUE:
        rows = rows.filter(overdue(now=now))
    params = {name: request.GET[name] for name in ("cursor",) if request.GET.get(name)}
    try:
        return page_of(rows, params=params, url=request.get_full_path(), pages=OfficePages), 200
    except DomainError as error:
        form.add_error(None, error.message)
        return NOTHING, error.status


def _row(reservation: Reservation, *, now: datetime) -> ReservationRow:
    lines = list(reservation.lines.all())
    is_held = reservation.state == ReservationState.HELD
    return ReservationRow(
        order_id=reservation.order_id,
        state=reservation.state,
        is_overdue=is_held and reservation.expires_at is not None and reservation.expires_at <= now,
        lines=lines[:SHOWN_LINES],
        more=max(0, len(lines) - SHOWN_LINES),
        created_at=reservation.created_at,
        expires_at=reservation.expires_at if is_held else None,
        age=age_text(reservation.created_at, now=now) if is_held else "",
    )


def _tabs(figures: HoldFigures, *, sku: str, current: str) -> list[dict[str, Any]]:
    """Return the views; a SKU is kept in all of them, and only the view of all SKUs is counted."""
    views = (
        (ReservationState.HELD, _("Held"), figures.held),
        (ReservationFilters.OVERDUE, _("Overdue"), figures.overdue),
        (ReservationState.CONFIRMED, _("Confirmed"), 0),
        (ReservationState.CANCELLED, _("Cancelled"), 0),
        (ReservationState.EXPIRED, _("Expired"), 0),
        (ReservationFilters.ALL, _("All"), 0),
    )
    kept = {"sku": sku} if sku else {}
    return [
        {
            "label": label,
            "url": "?" + urlencode({"state": str(name)} | kept),
            "count": 0 if sku else count,
            "is_current": str(name) == current,
        }
        for name, label, count in views
    ]
