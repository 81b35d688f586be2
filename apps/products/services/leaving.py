"""A SKU that leaves the catalogue takes its pieces off the shelf; one that comes again begins with nothing."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Sum

from apps.products.models.stock import MovementKind, Stock, StockMovement
from kernel.actors import SYSTEM, Actor


def take_off_shelf(variant_ids: Collection[UUID], *, actor: Actor, now: datetime) -> list[str]:
    """Delete the stock of variants whose product is locked, and write into the ledger what goes with it.

    Return the SKUs that orders hold; their stock stays, and the caller must let nothing of this commit.
    """
    rows = Stock.objects.filter(variant__in=variant_ids).order_by("sku").values_list("sku", "on_hand")
    gone = {sku: _deleted(sku, on_hand) for sku, on_hand in list(rows)}
    StockMovement.objects.bulk_create(
        _correction(sku, -pieces, "deleted", actor=actor, now=now) for sku, pieces in gone.items() if pieces
    )
    return [sku for sku, pieces in gone.items() if pieces is None]


def left_over(skus: Collection[str], *, actor: Actor, now: datetime) -> list[StockMovement]:
    """Return what brings the ledger of SKUs that come again to nothing: a return may have come while there was no shelf."""
    of_skus = StockMovement.objects.filter(sku__in=skus).order_by("sku").values_list("sku")
    sums = of_skus.annotate(total=Sum("quantity")).exclude(total=0)
    return [_correction(sku, -total, "left over", actor=actor, now=now) for sku, total in sums]


def without_shelf(pieces: Mapping[str, int], *, now: datetime) -> None:
    """Write down that pieces came back for which there is no shelf, at once: a SKU that comes again begins with nothing."""
    StockMovement.objects.bulk_create(
        _correction(sku, -quantity, "left over", actor=SYSTEM, now=now) for sku, quantity in pieces.items()
    )


def _deleted(sku: str, on_hand: int) -> int | None:
    """Return how many pieces went with the row; None when they are held for orders."""
    while not Stock.objects.filter(sku=sku, on_hand=on_hand, reserved=0).delete()[0]:  # a sale may come in between
        seen = Stock.objects.get(sku=sku)
        if seen.reserved:
            return None
        on_hand = seen.on_hand
    return on_hand


def _correction(sku: str, quantity: int, reason: str, *, actor: Actor, now: datetime) -> StockMovement:
    return StockMovement(
        sku=sku,
        kind=MovementKind.ADJUSTED,
        quantity=quantity,
        reason=reason,
        actor_id=actor.id,
        actor_label=actor.label,
        created_at=now,
    )
