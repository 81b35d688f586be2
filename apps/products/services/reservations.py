"""Stock as orders move it. Nothing is sold twice: one conditional update a SKU decides, and a CHECK stands below it.

The updates are the last statements of the transaction, sorted by SKU, so that a hot row is locked for a moment only
and two orders never wait for each other in a ring.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from apps.products.models.stock import (
    MovementKind,
    Reservation,
    ReservationLine,
    ReservationState,
    Restock,
    Stock,
    StockMovement,
)
from apps.products.rules.stock import MAX_QUANTITY, short, summed
from apps.products.services.leaving import without_shelf
from contracts.products import ItemWanted, OutOfStockError, ReservationGoneError, UnknownSkuError
from kernel.errors import ConflictError, InvalidInputError, NotFoundError
from kernel.topology import database_of
from kernel.transactions import TwinWasFasterError, unit_of_work

GONE = frozenset({ReservationState.CANCELLED, ReservationState.EXPIRED})


class RestockTooLargeError(ConflictError):
    """More would come back than the order took."""

    code = "restock_too_large"


@unit_of_work
def reserve(*, order_id: UUID, lines: list[ItemWanted], expires_at: datetime | None, now: datetime) -> None:
    """Take stock for an order; see ``contracts.products``."""
    wanted = _wanted(lines)
    state = ReservationState.CONFIRMED if expires_at is None else ReservationState.HELD
    if not _insert_once(Reservation(order_id=order_id, state=state, expires_at=expires_at, created_at=now)):
        _accept_repetition(order_id)
        return
    ReservationLine.objects.bulk_create(
        ReservationLine(reservation_id=order_id, sku=sku, quantity=quantity) for sku, quantity in wanted.items()
    )
    _take(order_id, wanted, expires_at=expires_at, now=now)


@unit_of_work
def confirm(*, order_id: UUID, now: datetime) -> None:
    """Turn a hold into a sale; see ``contracts.products``."""
    reservation = _locked(order_id)
    if reservation is None:
        raise NotFoundError("There is no such reservation.")
    if reservation.state == ReservationState.CONFIRMED:
        return
    if reservation.state == ReservationState.CANCELLED:
        raise ReservationGoneError("The order was cancelled.")
    was_held = reservation.state == ReservationState.HELD
    wanted = _held_quantities(order_id)
    _set_state(order_id, ReservationState.CONFIRMED)
    if was_held:
        _record(MovementKind.SOLD, order_id, wanted, shelf=-1, held=-1, now=now)
        for sku, quantity in wanted.items():
            Stock.objects.filter(sku=sku).update(on_hand=F("on_hand") - quantity, reserved=F("reserved") - quantity)
    else:
        _take(order_id, wanted, expires_at=None, now=now)


@unit_of_work
def cancel(*, order_id: UUID, now: datetime) -> None:
    """Give back what an order holds or took; see ``contracts.products``."""
    reservation = _locked(order_id)
    if reservation is None:
        if not _insert_once(Reservation(order_id=order_id, state=ReservationState.CANCELLED, created_at=now)):
            raise TwinWasFasterError
        return
    if reservation.state == ReservationState.CANCELLED:
        return
    _set_state(order_id, ReservationState.CANCELLED)
    if reservation.state == ReservationState.HELD:
        _release(order_id, reason="cancelled", now=now)
    elif reservation.state == ReservationState.CONFIRMED:
        _put_back(order_id, _outstanding(order_id), reason="cancelled", now=now)


@unit_of_work
def restock(*, restock_id: UUID, order_id: UUID, lines: list[ItemWanted], now: datetime) -> None:
    """Put returned items back on the shelf; see ``contracts.products``.

    :raises RestockTooLargeError: more would come back than the order took.
    """
    wanted = _wanted(lines)
    reservation = _locked(order_id)
    if reservation is None:
        raise ReservationGoneError(
            "This order took nothing of the shelf that could come back: refund without restocking."
        )
    if not _insert_once(Restock(id=restock_id, order_id=order_id, created_at=now)):
        return
    if reservation.state != ReservationState.CONFIRMED:
        raise ReservationGoneError("This order has taken nothing.")
    for sku, quantity in wanted.items():
        line = ReservationLine.objects.filter(
            reservation_id=order_id, sku=sku, quantity__gte=F("returned_quantity") + quantity
        )
        if not line.update(returned_quantity=F("returned_quantity") + quantity):
            raise RestockTooLargeError("More would come back than the order took.", extra={"skus": [sku]})
    _put_back(order_id, wanted, reason="returned", now=now)


@unit_of_work
def expire_hold(*, order_id: UUID, now: datetime) -> bool:
    """Give back what a hold claims, if it is still a hold and its time is over."""
    reservation = _locked(order_id)
    if reservation is None or reservation.state != ReservationState.HELD:
        return False
    if reservation.expires_at is None or reservation.expires_at > now:
        return False
    _set_state(order_id, ReservationState.EXPIRED)
    _release(order_id, reason="expired", now=now)
    return True


def _take(order_id: UUID, wanted: Mapping[str, int], *, expires_at: datetime | None, now: datetime) -> None:
    if expires_at is None:
        _record(MovementKind.SOLD, order_id, wanted, shelf=-1, held=0, now=now)
        _move_each(wanted, _sell_one)
    else:
        _record(MovementKind.RESERVED, order_id, wanted, shelf=0, held=1, now=now)
        _move_each(wanted, _hold_one)


def _sell_one(sku: str, quantity: int) -> int:
    return Stock.objects.filter(sku=sku, on_hand__gte=F("reserved") + quantity).update(on_hand=F("on_hand") - quantity)


def _hold_one(sku: str, quantity: int) -> int:
    return Stock.objects.filter(sku=sku, on_hand__gte=F("reserved") + quantity).update(
        reserved=F("reserved") + quantity
    )


def _move_each(wanted: Mapping[str, int], move: Callable[[str, int], int]) -> None:
    left = dict(wanted)
    for sku, quantity in wanted.items():
        if not move(sku, quantity):
            raise _refusal(left)
        del left[sku]


def _refusal(wanted: Mapping[str, int]) -> OutOfStockError | UnknownSkuError:
    rows = Stock.objects.filter(sku__in=wanted).values_list("sku", "on_hand", "reserved")
    available = {sku: on_hand - reserved for sku, on_hand, reserved in rows}
    unknown = sorted(set(wanted) - set(available))
    if unknown:
        return UnknownSkuError(skus=unknown)
    return OutOfStockError(skus=short(wanted, available) or [next(iter(wanted))])


def _release(order_id: UUID, *, reason: str, now: datetime) -> None:
    held = _held_quantities(order_id)
    _record(MovementKind.RELEASED, order_id, held, shelf=0, held=-1, now=now, reason=reason)
    for sku, quantity in held.items():
        Stock.objects.filter(sku=sku).update(reserved=F("reserved") - quantity)


def _put_back(order_id: UUID, quantities: Mapping[str, int], *, reason: str, now: datetime) -> None:
    _record(MovementKind.RETURNED, order_id, quantities, shelf=1, held=0, now=now, reason=reason)
    shelf = Stock.objects.all()
    homeless = {
        sku: quantity
        for sku, quantity in quantities.items()
        if not shelf.filter(sku=sku).update(on_hand=F("on_hand") + quantity)
    }
    without_shelf(homeless, now=now)


def _record(
    kind: MovementKind,
    order_id: UUID,
    quantities: Mapping[str, int],
    *,
    shelf: int,
    held: int,
    now: datetime,
    reason: str = "",
) -> None:
    StockMovement.objects.bulk_create(
        StockMovement(
            sku=sku,
            kind=kind,
            quantity=shelf * quantity,
            reserved_quantity=held * quantity,
            reason=reason,
            reference=order_id,
            actor_label="order",
            created_at=now,
        )
        for sku, quantity in quantities.items()
    )


def _wanted(lines: list[ItemWanted]) -> dict[str, int]:
    wanted = summed((line.sku, line.quantity) for line in lines)
    if not wanted or any(line.quantity < 1 for line in lines) or max(wanted.values()) > MAX_QUANTITY:
        message = f"Each quantity must be between 1 and {MAX_QUANTITY}."
        raise InvalidInputError(message, fields={"quantity": [message]})
    return wanted


def _insert_once(row: Reservation | Restock) -> bool:
    """Insert unless it is there; a twin that is not committed yet is waited for."""
    try:
        with transaction.atomic(using=database_of("products")):
            row.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _accept_repetition(order_id: UUID) -> None:
    state = Reservation.objects.values_list("state", flat=True).get(order_id=order_id)
    if state in GONE:
        raise ReservationGoneError("The order was cancelled or its hold ran out.")


def _locked(order_id: UUID) -> Reservation | None:
    return Reservation.objects.select_for_update().filter(order_id=order_id).first()


def _set_state(order_id: UUID, state: ReservationState) -> None:
    Reservation.objects.filter(order_id=order_id).update(state=state)


def _held_quantities(order_id: UUID) -> dict[str, int]:
    return summed(ReservationLine.objects.filter(reservation_id=order_id).values_list("sku", "quantity"))


def _outstanding(order_id: UUID) -> dict[str, int]:
    lines = ReservationLine.objects.filter(reservation_id=order_id, quantity__gt=F("returned_quantity"))
    return summed((line.sku, line.quantity - line.returned_quantity) for line in lines)
