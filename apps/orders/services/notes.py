"""What the staff tells itself about an order."""

from datetime import datetime
from uuid import UUID

from apps.orders.models.orders import Order, OrderNote
from contracts.orders import OrdersAction
from contracts.rights import Right
from kernel import audit
from kernel.actors import Actor
from kernel.errors import ForbiddenError, NotFoundError
from kernel.transactions import unit_of_work


@unit_of_work
def add_note(*, order_id: UUID, text: str, actor: Actor, now: datetime) -> OrderNote:
    """Write a note that customers never see."""
    if not actor.may(Right.ORDERS):
        msg = "Only staff writes notes."
        raise ForbiddenError(msg)
    if not Order.objects.filter(id=order_id).exists():
        msg = "There is no such order."
        raise NotFoundError(msg)
    note = OrderNote.objects.create(
        order_id=order_id,
        text=text,
        actor_id=actor.id,
        actor_label=actor.label,
        created_at=now,
    )
    audit.record(
        OrdersAction, "order_note_added", about=("order", order_id), actor=actor, now=now, after={"note": note.id}
    )
    return note
