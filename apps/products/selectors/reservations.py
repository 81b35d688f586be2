"""Reads of what orders hold and took."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min, Prefetch, Q, QuerySet

from apps.products.models.stock import Reservation, ReservationLine, ReservationState
from contracts.products import ItemWanted, StockClaim
from kernel.metrics import CAP


def claims(order_ids: list[UUID]) -> list[StockClaim]:
    """Return what these orders claim; see ``contracts.products``."""
    found = Reservation.objects.filter(order_id__in=order_ids).values_list("order_id", "state")
    lines: defaultdict[UUID, list[ItemWanted]] = defaultdict(list)
    rows = ReservationLine.objects.filter(reservation__in=order_ids).order_by("sku")
    for order_id, sku, quantity in rows.values_list("reservation_id", "sku", "quantity"):
        lines[order_id].append(ItemWanted(sku=sku, quantity=quantity))
    return [StockClaim(order_id=order_id, state=state, lines=lines[order_id]) for order_id, state in found]


def reservations(*, state: str = "", sku: str = "", order_id: UUID | None = None) -> QuerySet[Reservation]:
    """Return reservations with their lines, each narrowed by what is given."""
    found = Reservation.objects.prefetch_related(Prefetch("lines", ReservationLine.objects.order_by("sku")))
    if state:
        found = found.filter(state=state)
    if sku:
        found = found.filter(lines__sku=sku)  # at most one line of each reservation
    return found.filter(order_id=order_id) if order_id else found


def overdue(*, now: datetime) -> Q:
    """Return the condition for holds whose time is over; the worker ends them every minute."""
    return Q(state=ReservationState.HELD, expires_at__lte=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFigures:
    """How many orders hold stock; counting ends at ``CAP``, those that end first are counted first."""

    held: int
    overdue: int
    oldest_at: datetime | None


def hold_figures(*, now: datetime) -> HoldFigures:
    """Count the holds; one statement, over the index of what is held."""
    held = Reservation.objects.filter(state=ReservationState.HELD).order_by("expires_at")[:CAP]
    found = held.aggregate(
        held=Count("order_id"), overdue=Count("order_id", filter=overdue(now=now)), oldest_at=Min("created_at")
    )
    return HoldFigures(**found)
