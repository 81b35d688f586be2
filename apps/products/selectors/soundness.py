"""What has to hold for stock and reservations; ``manage.py doctor`` looks."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from apps.products.models.catalogue import Product
from apps.products.models.stock import (
    MovementKind,
    Reservation,
    ReservationLine,
    ReservationState,
    Stock,
    StockMovement,
)
from contracts.orders import Orders
from kernel import clock
from kernel.doctor import Finding, check, pages
from kernel.rpc import client

GRACE = timedelta(minutes=10)
"""The worker ends holds every minute."""
UNDER_WAY = timedelta(minutes=5)
"""So long after stock moved, the catalogue may still show what was there before."""
RETURNED = "returned"
"""The reason of a movement by which goods of an order came back; those of one that was called off have another."""
LIVE = (ReservationState.HELD, ReservationState.CONFIRMED)


@check()
def stock_is_never_oversold() -> Iterator[Finding]:
    """No SKU is held for more orders than there are pieces, and nothing is below zero."""
    for row in Stock.objects.filter(Q(reserved__lt=0) | Q(on_hand__lt=F("reserved"))).order_by("sku").iterator():
        yield Finding(
            about=row.sku,
            problem=f"{row.on_hand} are on hand and {row.reserved} are reserved.",
            mend="The database lost its CHECK products_stock_never_oversold: put it back (manage.py sqlmigrate products "
            f"0001 shows it). Then count the shelf and cancel orders of {row.sku} that it cannot serve.",
        )


@check()
def ledger_explains_stock() -> Iterator[Finding]:
    """What is on hand and what is reserved are the sums of the ledger's movements."""
    rows = Stock.objects.annotate(
        moved=_sum_of(StockMovement.objects, "quantity"), held=_sum_of(StockMovement.objects, "reserved_quantity")
    ).values("sku", "on_hand", "reserved", "moved", "held")
    for page in pages(rows, by="sku"):
        for row in page:
            if (row["on_hand"], row["reserved"]) != (row["moved"], row["held"]):
                yield Finding(
                    about=row["sku"],
                    problem=f"The shelf says {row['on_hand']} on hand, {row['reserved']} reserved; "
                    f"the ledger adds up to {row['moved']} and {row['held']}.",
                    mend=f"Something wrote past the ledger. Count the shelf, compare with the movements of {row['sku']} "
                    "(/office/, the variant's stock), and see who has direct access to the database.",
                )


@check()
def holds_explain_what_is_reserved() -> Iterator[Finding]:
    """What is reserved of a SKU is the sum of the holds on it."""
    held = ReservationLine.objects.filter(reservation__state=ReservationState.HELD)
    rows = Stock.objects.annotate(held=_sum_of(held, "quantity")).values("sku", "reserved", "held")
    for page in pages(rows, by="sku"):
        for row in page:
            if row["reserved"] != row["held"]:
                yield Finding(
                    about=row["sku"],
                    problem=f"{row['reserved']} are reserved, but the holds add up to {row['held']}.",
                    mend=f"Look at the holds and the movements of {row['sku']} in the back office: "
                    "the difference is stock that nobody can buy, or that is promised twice.",
                )


@check(is_about_time=True)
def holds_end_in_time() -> Iterator[Finding]:
    """No hold outlives its time by more than ten minutes."""
    late = Q(expires_at__lt=clock.now() - GRACE) | Q(expires_at=None)
    for row in Reservation.objects.filter(late, state=ReservationState.HELD).order_by("expires_at").iterator():
        until = f"{row.expires_at:%Y-%m-%d %H:%M}" if row.expires_at else "for ever"
        yield Finding(
            about=f"order {row.order_id}",
            problem=f"Its hold on stock should have ended: {until}.",
            mend="Start the worker: manage.py worker. It ends holds every minute.",
        )


@check()
def reservations_have_orders() -> Iterator[Finding]:
    """Whatever holds or took stock is an order that exists."""
    rows = Reservation.objects.filter(state__in=LIVE).values("order_id", "state", "created_at")
    for page in pages(rows, by="order_id"):
        known = {order.id for order in client(Orders).standings(order_ids=[row["order_id"] for row in page])}
        yield from (_without_order(row) for row in page if row["order_id"] not in known)


@check()
def reservations_count_what_came_back() -> Iterator[Finding]:
    """Each reservation counts the returned pieces that the ledger says came back for its order."""
    lines = ReservationLine.objects.filter(reservation=OuterRef("pk")).order_by().values("reservation")
    moved = StockMovement.objects.filter(kind=MovementKind.RETURNED, reason=RETURNED, reference=OuterRef("pk"))
    rows = Reservation.objects.annotate(
        counted=_or_nothing(Subquery(lines.annotate(total=Sum("returned_quantity")).values("total"))),
        moved=_or_nothing(
            Subquery(moved.order_by().values("reference").annotate(total=Sum("quantity")).values("total"))
        ),
    )
    wrong = rows.exclude(counted=F("moved")).order_by("order_id").values("order_id", "counted", "moved")
    for row in wrong.iterator():
        yield Finding(
            about=f"order {row['order_id']}",
            problem=f"Its reservation counts {row['counted']} returned pieces, and the ledger {row['moved']}.",
            mend="Compare its refunds with the movements of its SKUs in /office/, and count the shelf: pieces that are "
            "not counted as returned can come back a second time.",
        )


@check(is_about_time=True)
def catalogue_shows_what_is_there() -> Iterator[Finding]:
    """The catalogue shows as many as can be bought."""
    moving = StockMovement.objects.filter(created_at__gt=clock.now() - UNDER_WAY).values("sku")
    there = Stock.objects.filter(variant__product=OuterRef("pk")).values("variant__product")
    counted = there.annotate(total=Sum(F("on_hand") - F("reserved"))).values("total")
    rows = (
        Product.objects.exclude(variants__sku__in=moving)
        .annotate(counted=_or_nothing(Subquery(counted)))
        .values("id", "slug", "available", "counted")
    )
    for page in pages(rows, by="id"):
        for row in page:
            if row["available"] != row["counted"]:
                yield Finding(
                    about=row["slug"],
                    problem=f"The catalogue shows {row['available']}, and {row['counted']} can be bought.",
                    mend=f"Save the product once in the back office (search for {row['slug']}); "
                    "if there are many, look for events that were given up: manage.py events dead",
                )


def _without_order(row: dict[str, Any]) -> Finding:
    order_id: UUID = row["order_id"]
    return Finding(
        about=f"order {order_id}",
        problem=f"Stock is {row['state']} for it since {row['created_at']:%Y-%m-%d %H:%M}, but there is no such order.",
        mend=f"Look for {order_id} in the backups and logs of the orders service. A hold ends by itself at its time; "
        "what was taken has to be counted back.",
    )


def _sum_of(rows: Any, column: str) -> Coalesce:
    of_sku: QuerySet[Any, Any] = rows.filter(sku=OuterRef("sku")).order_by().values("sku")
    return _or_nothing(Subquery(of_sku.annotate(total=Sum(column)).values("total")))


def _or_nothing(total: Subquery) -> Coalesce:
    return Coalesce(total, Value(0), output_field=IntegerField())
