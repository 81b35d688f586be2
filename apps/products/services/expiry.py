"""Holds that were never paid give their stock back: the safety net below the orders' own expiry."""

from datetime import datetime
from uuid import UUID

from apps.products.models.stock import Reservation, ReservationLine, ReservationState
from apps.products.services.projection import refresh_availability
from apps.products.services.reservations import expire_hold
from apps.products.services.rights import require_staff
from contracts.products import ProductsAction
from kernel import audit, clock
from kernel.actors import Actor
from kernel.errors import ConflictError, NotFoundError
from kernel.periodic import every, work_off
from kernel.transactions import unit_of_work

BATCH = 200
SECONDS = 10
"""How long one run goes on while holds are due; the next run begins within the minute."""


class HoldNotOverError(ConflictError):
    """The hold lasts until its time is over, or is none any more."""

    code = "hold_not_over"


@every(minutes=1)
def expire_holds() -> None:
    """Expire the holds whose time is over, each in a transaction of its own."""
    now = clock.now()
    due = Reservation.objects.filter(state=ReservationState.HELD, expires_at__lte=now).order_by(
        "expires_at", "order_id"
    )
    expired = work_off(
        lambda passed: list(due.exclude(order_id__in=passed).values_list("order_id", flat=True)[:BATCH]),
        lambda order_id: expire_hold(order_id=order_id, now=now),
        job="expire_holds",
        seconds=SECONDS,
    )
    for first in range(0, len(expired), BATCH):
        _show_what_is_back(expired[first : first + BATCH])


def release_hold(*, order_id: UUID, actor: Actor, now: datetime) -> None:
    """Expire one hold whose time is over, where nobody wants to wait for the worker.

    The catalogue follows in a transaction of its own: it locks the product before the stock, and here stock is last.

    :raises HoldNotOverError: its time is not over, or it is no hold any more.
    :raises NotFoundError: no order of this id ever claimed stock.
    """
    require_staff(actor)
    _release(order_id=order_id, actor=actor, now=now)
    _show_what_is_back([order_id])


@unit_of_work
def _release(*, order_id: UUID, actor: Actor, now: datetime) -> None:
    audit.record(ProductsAction, "hold_released", about=("order", order_id), actor=actor, now=now)
    if not expire_hold(order_id=order_id, now=now):
        raise _refusal(order_id)


def _refusal(order_id: UUID) -> HoldNotOverError | NotFoundError:
    state = Reservation.objects.filter(order_id=order_id).values_list("state", flat=True).first()
    if state is None:
        return NotFoundError("There is no such reservation.")
    if state == ReservationState.HELD:
        return HoldNotOverError("The time of this hold is not over. To end it now, cancel the order.")
    return HoldNotOverError("This is no hold any more.")


def _show_what_is_back(order_ids: list[UUID]) -> None:
    lines = ReservationLine.objects.filter(reservation_id__in=order_ids)
    refresh_availability(skus=set(lines.values_list("sku", flat=True)))
