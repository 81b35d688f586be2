"""What staff does with an order on its page: against the order as it was shown, and with the reason written down."""

from datetime import datetime
from uuid import UUID

from apps.orders.models.fulfilments import Fulfilment
from apps.orders.models.orders import Order
from apps.orders.services.cancelling import cancel_order
from apps.orders.services.fulfilments import Parcel, fulfil_order
from apps.orders.services.moves import lock_order
from apps.orders.services.notes import add_note
from contracts.rights import Right
from kernel.actors import Actor
from kernel.errors import ConflictError, ForbiddenError
from kernel.transactions import unit_of_work


@unit_of_work
def fulfil_as_seen(*, order_id: UUID, version: int | None, parcel: Parcel, actor: Actor, now: datetime) -> Fulfilment:
    """Write down a parcel, unless the order changed since it was shown: a form that is sent twice ships once.

    :raises ConflictError: the order is not the one that was shown.
    """
    order = lock_order(order_id)
    if version is not None and order.version != version:
        msg = "The order changed meanwhile. Look again at what is left to ship."
        raise ConflictError(msg)
    return fulfil_order(order_id=order_id, parcel=parcel, actor=actor, now=now)


@unit_of_work
def cancel_with_reason(*, order_id: UUID, reason: str, actor: Actor, now: datetime) -> Order:
    """Call an order off, and keep the reason as a note.

    :raises NotCancellableError: it is too late for that.
    """
    if not actor.may(Right.ORDERS):
        msg = "Only staff gives reasons."
        raise ForbiddenError(msg)
    order = cancel_order(order_id=order_id, actor=actor, token="", now=now)
    if reason:
        add_note(order_id=order_id, text=reason, actor=actor, now=now)
    return order
