"""Stock as staff move it: received, counted, corrected. Sales are in ``services.reservations``."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db.models import F

from apps.products.models.catalogue import Variant
from apps.products.models.stock import MovementKind, Stock, StockMovement
from apps.products.rules.stock import MAX_QUANTITY
from apps.products.services.checking import check_row
from apps.products.services.locking import locked_variant
from apps.products.services.projection import refresh_availability
from apps.products.services.rights import require_staff
from contracts.products import ProductsAction
from kernel import audit, clock
from kernel.actors import Actor
from kernel.errors import ConflictError, InvalidInputError, NotFoundError
from kernel.http.etags import check_version
from kernel.transactions import unit_of_work


class BelowReservedError(ConflictError):
    """Less would be on the shelf than is held for orders."""

    code = "below_reserved"

    def __init__(self, *, reserved: int) -> None:
        message = f"{reserved} are held for orders; there cannot be fewer."
        super().__init__(message, extra={"reserved": reserved}, fields={"on_hand": [message]})


SEEN = ("on_hand", "low_stock_mark")
"""What the audit log keeps of stock."""


@unit_of_work
def receive_stock(
    *, sku: str, quantity: int, actor: Actor, now: datetime, reason: str = "", reference: UUID | None = None
) -> Stock:
    """Put new goods on the shelf.

    :raises NotFoundError: there is no such SKU.
    """
    _require(1 <= quantity <= MAX_QUANTITY, f"Must be between 1 and {MAX_QUANTITY}.", field="quantity")
    movement = _movement(sku, MovementKind.RECEIVED, quantity, reason=reason, reference=reference, actor=actor, now=now)
    return _move(movement, actor=actor)


@unit_of_work
def adjust_stock(
    *, sku: str, quantity: int, actor: Actor, now: datetime, reason: str = "", reference: UUID | None = None
) -> Stock:
    """Correct what is on the shelf by a difference.

    :raises BelowReservedError: less would be left than orders hold.
    :raises NotFoundError: there is no such SKU.
    """
    _require(
        0 < abs(quantity) <= MAX_QUANTITY, f"Must be between -{MAX_QUANTITY} and {MAX_QUANTITY}, not 0.", "quantity"
    )
    movement = _movement(sku, MovementKind.ADJUSTED, quantity, reason=reason, reference=reference, actor=actor, now=now)
    return _move(movement, actor=actor)


@unit_of_work
def set_stock(
    *, sku: str, on_hand: int, actor: Actor, now: datetime, reason: str = "", reference: UUID | None = None
) -> Stock:
    """Write down what was counted; the difference goes into the ledger.

    :raises BelowReservedError: less was counted than orders hold.
    :raises NotFoundError: there is no such SKU.
    """
    require_staff(actor)
    _lock_product_of(sku)
    before = _stock(sku)
    after = _count(sku, on_hand=on_hand, reason=reason, reference=reference, actor=actor, now=now)
    _record(before, after, actor=actor, now=now, reason=reason)
    return after


def _count(sku: str, *, on_hand: int, reason: str, actor: Actor, now: datetime, reference: UUID | None = None) -> Stock:
    _require(0 <= on_hand <= MAX_QUANTITY, f"Must be between 0 and {MAX_QUANTITY}.", field="on_hand")
    while True:  # a sale may come between the look and the write; then look again
        seen = _stock(sku)
        if seen.on_hand == on_hand:
            return seen
        if on_hand < seen.reserved:
            raise BelowReservedError(reserved=seen.reserved)
        moved = Stock.objects.filter(sku=sku, on_hand=seen.on_hand, reserved__lte=on_hand).update(
            on_hand=on_hand, **_told_again(on_hand - seen.on_hand)
        )
        if moved:
            break
    quantity = on_hand - seen.on_hand
    _movement(
        sku, MovementKind.ADJUSTED, quantity, reason=reason or "counted", reference=reference, actor=actor, now=now
    ).save(force_insert=True)
    return _shown(sku)


@unit_of_work
def set_low_stock_mark(*, sku: str, mark: int | None, actor: Actor) -> Stock:
    """Choose when to be told that a SKU runs low; ``None`` leaves it to the shop's setting.

    :raises NotFoundError: there is no such SKU.
    """
    require_staff(actor)
    _lock_product_of(sku)
    before = _stock(sku)
    after = _mark(sku, mark)
    _record(before, after, actor=actor, now=clock.now())
    return after


def _mark(sku: str, mark: int | None) -> Stock:
    row = _stock(sku)
    row.low_stock_mark = mark
    check_row(row, fields={"low_stock_mark"})
    Stock.objects.filter(sku=sku).update(low_stock_mark=mark, is_low=False)
    return _stock(sku)


class StockChanges(TypedDict, total=False):
    """What staff may say about the stock of a SKU; what is absent stays as it is."""

    on_hand: int
    low_stock_mark: int | None
    reason: str


@unit_of_work
def change_stock(*, sku: str, changes: StockChanges, actor: Actor, now: datetime, version: str | None = None) -> Stock:
    """Write down what was counted and the low-stock mark, in one step.

    :raises BelowReservedError: less was counted than orders hold.
    :raises NotFoundError: there is no such SKU.
    :raises PreconditionFailedError: ``version`` is given and not the current one.
    """
    require_staff(actor)
    _lock_product_of(sku)
    before = _stock(sku)
    check_version(current=before.version, expected=version)
    reason = changes.get("reason", "")
    if "low_stock_mark" in changes:
        _mark(sku, changes["low_stock_mark"])
    if "on_hand" in changes:
        _count(sku, on_hand=changes["on_hand"], reason=reason, actor=actor, now=now)
    after = _stock(sku)
    _record(before, after, actor=actor, now=now, reason=reason)
    return after


def _record(before: Stock, after: Stock, *, actor: Actor, now: datetime, reason: str = "") -> None:
    changed = audit.difference(audit.seen(before, SEEN), audit.seen(after, SEEN))
    if reason:
        changed["after"]["reason"] = reason
    audit.record(ProductsAction, "stock_changed", about=("sku", after.sku), actor=actor, now=now, **changed)


def _move(movement: StockMovement, *, actor: Actor) -> Stock:
    require_staff(actor)
    sku, quantity = movement.sku, movement.quantity
    _lock_product_of(sku)
    movement.save(force_insert=True)
    fitting = Stock.objects.filter(
        sku=sku, on_hand__gte=F("reserved") - quantity, on_hand__lte=MAX_QUANTITY - max(quantity, 0)
    )
    if not fitting.update(on_hand=F("on_hand") + quantity, **_told_again(quantity)):
        row = _stock(sku)
        _require(row.on_hand + quantity <= MAX_QUANTITY, f"There cannot be more than {MAX_QUANTITY}.", field="quantity")
        raise BelowReservedError(reserved=row.reserved)
    shown = _shown(sku)
    audit.record(
        ProductsAction,
        "stock_received" if movement.kind == MovementKind.RECEIVED else "stock_changed",
        about=("sku", sku),
        actor=actor,
        now=movement.created_at,
        before={"on_hand": shown.on_hand - quantity},
        after={"on_hand": shown.on_hand, **({"reason": movement.reason} if movement.reason else {})},
    )
    return shown


def _lock_product_of(sku: str) -> None:
    """Lock the product before its stock, as every writer does who changes both."""
    variant_id = Variant.objects.filter(sku=sku).values_list("id", flat=True).first()
    if variant_id is None:
        raise NotFoundError("There is no such SKU.")
    locked_variant(variant_id)


def _told_again(quantity: int) -> dict[str, bool]:
    """After filling up, low stock is told again."""
    return {"is_low": False} if quantity > 0 else {}


def _shown(sku: str) -> Stock:
    refresh_availability(skus=[sku])
    return _stock(sku)


def _stock(sku: str) -> Stock:
    row = Stock.objects.filter(sku=sku).first()
    if row is None:
        raise NotFoundError("There is no such SKU.")
    return row


def _movement(
    sku: str,
    kind: MovementKind,
    quantity: int,
    *,
    reason: str,
    reference: UUID | None,
    actor: Actor,
    now: datetime,
) -> StockMovement:
    movement = StockMovement(
        sku=sku,
        kind=kind,
        quantity=quantity,
        reason=reason,
        reference=reference,
        actor_id=actor.id,
        actor_label=actor.label,
        created_at=now,
    )
    check_row(movement, fields={"reason"})
    return movement


def _require(condition: bool, message: str, field: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not condition:
        raise InvalidInputError(message, fields={field: [message]})
