"""Reads of what orders hold and took."""

from collections import defaultdict
from uuid import UUID

from apps.products.models.stock import Reservation, ReservationLine
from contracts.products import ItemWanted, StockClaim


def claims(order_ids: list[UUID]) -> list[StockClaim]:
    """Return what these orders claim; see ``contracts.products``."""
    found = Reservation.objects.filter(order_id__in=order_ids).values_list("order_id", "state")
    lines: defaultdict[UUID, list[ItemWanted]] = defaultdict(list)
    rows = ReservationLine.objects.filter(reservation__in=order_ids).order_by("sku")
    for order_id, sku, quantity in rows.values_list("reservation_id", "sku", "quantity"):
        lines[order_id].append(ItemWanted(sku=sku, quantity=quantity))
    return [StockClaim(order_id=order_id, state=state, lines=lines[order_id]) for order_id, state in found]
