"""Calling an order off, by its customer, the staff, or time."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from apps.orders.models.orders import Order
from apps.orders.rules.states import Status, may_cancel, payment_after_cancelling
from apps.orders.selectors.orders import check_owner
from apps.orders.services.moves import Step, identity, lock_order, move
from apps.orders.services.returning import ask_everything_back, ask_soon
from contracts.orders import OrderCancelled
from contracts.products import Products
from contracts.rights import Right
from kernel import clock
from kernel.actors import SYSTEM, Actor
from kernel.errors import DomainError
from kernel.periodic import every, work_off
from kernel.rpc import client
from kernel.topology import share_database
from kernel.transactions import unit_of_work

EXPIRY_BATCH = 200
EXPIRY_SECONDS = 18
"""How long one run goes on while orders are due: less than a worker takes to stop. The next begins within the minute."""


class NotCancellableError(DomainError):
    """The order is over, something was shipped, or its goods are back on the shelf already."""

    code = "order_not_cancellable"
    status = 409

    def __init__(self, *, order: Order) -> None:
        super().__init__(
            "This order cannot be cancelled any more.",
            extra={"order_status": order.status, "fulfilment_status": order.fulfilment_status},
        )


@unit_of_work
def cancel_order(*, order_id: UUID, actor: Actor, token: str, now: datetime) -> Order:
    """Call an order off while nothing has shipped; what was paid becomes due for a refund.

    :raises NotCancellableError: it is too late for that.
    """
    order = lock_order(order_id)
    check_owner(order, actor=actor, token=token)
    cancel_locked(order, reason="staff" if actor.may(Right.ORDERS) else "customer", actor=actor, now=now)
    return order


def cancel_locked(order: Order, *, reason: str, actor: Actor, now: datetime) -> None:
    """Call off an order that this transaction has locked, and give back its stock and what providers hold."""
    was_restocked = order.refunds.filter(restock=True).exists()
    if not may_cancel(order.state, was_restocked=was_restocked):
        raise NotCancellableError(order=order)
    skus = list(order.lines.order_by("position", "id").values_list("sku", flat=True))
    after = replace(
        order.state,
        status=Status.CANCELLED,
        payment=payment_after_cancelling(
            order.state.payment,
            kept_minor=order.paid_minor - order.refunded_minor,
        ),
    )
    order.expires_at = None
    ask_everything_back(order, actor=actor, now=now)
    move(
        order,
        step=Step(kind="cancelled", after=after, about={"reason": reason}),
        actor=actor,
        now=now,
        tell=lambda moved: _cancelled(moved, reason=reason, skus=skus),
    )
    ask_soon(order, now=now)
    if share_database("orders", "products"):  # else it would be free before the order is called off: the event frees it
        client(Products).cancel(order_id=order.id)


@every(minutes=1)
def expire_orders() -> None:
    """Call off orders whose money did not arrive in time."""
    now = clock.now()
    due = Order.objects.filter(status=Status.OPEN, expires_at__lt=now).order_by("expires_at", "id")
    work_off(
        lambda passed: list(due.exclude(id__in=passed).values_list("id", flat=True)[:EXPIRY_BATCH]),
        lambda order_id: expire_order(order_id=order_id, actor=SYSTEM, now=now),
        job="expire_orders",
        seconds=EXPIRY_SECONDS,
    )


@unit_of_work
def expire_order(*, order_id: UUID, actor: Actor, now: datetime) -> bool:
    """Call one order off if it is still waiting for its money: a payment may have been faster."""
    order = lock_order(order_id)
    is_waiting = order.status == Status.OPEN and order.expires_at is not None and order.expires_at < now
    if is_waiting:
        cancel_locked(order, reason="expired", actor=actor, now=now)
    return is_waiting


def _cancelled(order: Order, *, reason: str, skus: list[str]) -> OrderCancelled:
    return OrderCancelled(
        **identity(order),
        reason=reason,
        total=order.total,
        skus=skus,
    )
