"""Every step in the life of an order goes through here: locked, checked, counted, written down and told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.orders.models.orders import Order, OrderChange
from apps.orders.rules.states import OrderState, Status, check_step, status_after
from apps.orders.services.redeeming import give_back
from contracts.orders import OrderFact, OrdersAction
from kernel import audit
from kernel.actors import Actor
from kernel.errors import NotFoundError
from kernel.events.publish import publish

FREE_WORDS = frozenset({"reason", "tracking_number"})
"""What somebody typed, or that leads to an address: it goes with the customer, so the audit log never has it."""
CALLED_OFF = frozenset({Status.CANCELLED, Status.REJECTED})
"""Where an order's voucher can be used again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happens to an order, and where it stands afterwards."""

    kind: str
    after: OrderState
    about: Mapping[str, Any]
    """JSON values for the history."""


def lock_order(order_id: UUID) -> Order:
    """Return an order that nobody else can change before this transaction ends.

    :raises NotFoundError: there is none.
    """
    order = Order.objects.select_for_update().filter(id=order_id).first()
    if order is None:
        msg = "There is no such order."
        raise NotFoundError(msg)
    return order


def move(
    order: Order,
    *,
    step: Step,
    actor: Actor,
    now: datetime,
    tell: Callable[[Order], OrderFact] | None = None,
) -> None:
    """Take a locked order one step on: its states, version and sums, one row of history, and its event.

    :raises TransitionRefusedError: the tables of states do not permit it.
    """
    after = replace(step.after, status=status_after(step.after))
    check_step(before=order.state, after=after)
    changes = _changes(order.state, after)
    is_called_off = "status" in changes and after.status in CALLED_OFF
    about = {**step.about, **changes}
    order.status, order.payment_status, order.fulfilment_status = after.status, after.payment, after.fulfilment
    order.version += 1
    order.updated_at = now
    order.save(
        update_fields=[
            "status",
            "payment_status",
            "fulfilment_status",
            "version",
            "updated_at",
            "paid_minor",
            "refunded_minor",
            "returning_minor",
            "expires_at",
        ],
    )
    write_history(order, kind=step.kind, about=about, actor=actor, now=now)
    _audit(order, step=step, changes=changes, actor=actor, now=now)
    if tell is not None:
        publish(tell(order))
    if is_called_off:
        give_back(order)


def _audit(order: Order, *, step: Step, changes: Mapping[str, list[str]], actor: Actor, now: datetime) -> None:
    audit.record(
        OrdersAction,
        f"order_{step.kind}",
        about=("order", order.id),
        actor=actor,
        now=now,
        before={name: old for name, (old, _new) in changes.items()},
        after={**without_free_words(step.about), **{name: new for name, (_old, new) in changes.items()}},
    )


def write_history(order: Order, *, kind: str, about: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    """Write the row of history that belongs to the order's version."""
    OrderChange.objects.create(
        order=order,
        version=order.version,
        kind=kind,
        actor_id=actor.id,
        actor_label=actor.label[:254],
        data=dict(about),
        at=now,
    )


def without_free_words(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stays of a row of history when nobody may be recognised by it."""
    return {name: value for name, value in about.items() if name not in FREE_WORDS}


def identity(order: Order) -> dict[str, Any]:
    """Return what every event of an order tells."""
    return {
        "version": order.version,
        "order_id": order.id,
        "number": order.number,
        "email": order.email,
        "customer_id": order.customer_id,
        "access_token": order.access_token,
    }


def _changes(before: OrderState, after: OrderState) -> dict[str, list[str]]:
    """Name the states that moved, as ``[from, to]``."""
    pairs = {
        "status": (before.status, after.status),
        "payment_status": (before.payment, after.payment),
        "fulfilment_status": (before.fulfilment, after.fulfilment),
    }
    return {name: [old.value, new.value] for name, (old, new) in pairs.items() if old != new}
