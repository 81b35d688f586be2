"""Places where a process of the shop may die: the seams of the product, wrapped from outside.

The product knows nothing of them. Each names a function by where it is looked up, and whether death comes before it
starts or after it returned; a test fails when a name is gone.
"""

import importlib
import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Any

FIRE = "under-fire"
"""The file in the run's folder while which stands faults happen: not at the beginning, and not at the end."""


class When(StrEnum):
    """On which side of the function the process dies."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Point:
    """One place."""

    name: str
    module: str
    attribute: str
    when: When
    needs: str = "placing"
    """What somebody has to do for it to be passed: see ``tests/``."""


POINTS = (
    Point("placing_begins", "apps.orders.services.placing", "_place", When.BEFORE),
    Point("answer_kept", "kernel.http.idempotency", "IdempotentRequest.store", When.AFTER),
    Point("cart_closed", "apps.orders.services.placing", "_close", When.AFTER),
    Point("event_published", "apps.orders.services.placing", "publish", When.AFTER),
    Point("stock_reserved", "apps.orders.services.placing", "_reserve", When.AFTER),
    Point("order_committed", "apps.orders.services.placing", "_place", When.AFTER),
    Point("attempt_committed", "apps.orders.services.payments", "_begin", When.AFTER, "card"),
    Point("provider_answered", "apps.orders.services.payments", "_ask", When.AFTER, "card"),
    Point("order_moved", "apps.orders.services.moves", "write_history", When.AFTER, "card"),
    Point("capture_committed", "apps.orders.services.outcomes", "_capture", When.AFTER, "card"),
    Point("arrival_committed", "apps.orders.services.payments", "_note_arrival", When.AFTER, "transfer"),
    Point("cancelled_inside", "apps.orders.services.cancelling", "cancel_locked", When.AFTER, "cancel"),
    Point("cancel_committed", "apps.orders.views.order_actions", "cancel_order", When.AFTER, "cancel"),
    Point("refund_written", "apps.orders.services.refunds", "_write", When.AFTER, "refund"),
    Point("refund_before_commit", "apps.orders.views.order_actions", "refund_order", When.AFTER, "refund"),
    Point("return_claimed", "apps.orders.services.returning", "_claim", When.AFTER, "refund"),
    Point("return_answered", "apps.orders.services.returning", "record_return", When.BEFORE, "refund"),
    Point("order_expired", "apps.orders.services.cancelling", "expire_order", When.AFTER, "expiry"),
    Point("relay_leased", "kernel.events.relay", "_lease", When.AFTER, "events"),
    Point("relay_before_delete", "kernel.events.relay", "_forget", When.BEFORE, "events"),
    Point("inbox_written", "kernel.events.envelope", "Envelope.event", When.BEFORE, "events"),
    Point("event_handled", "kernel.events.inbox", "handle_once", When.AFTER, "events"),
    Point("before_ack", "kernel.events.receiving", "deliver", When.AFTER, "events"),
    Point("mail_claimed", "apps.notifications.services.sending", "_claim", When.AFTER, "events"),
    Point("mail_sent", "apps.notifications.services.sending", "_hand_over", When.AFTER, "events"),
)


def wrap(module: str, attribute: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put another function in the place of one of the product.

    :raises AttributeError: there is no such function any more.
    """
    holder: Any = importlib.import_module(module)
    *owners, name = attribute.split(".")
    for owner in owners:
        holder = getattr(holder, owner)
    function = getattr(holder, name)
    setattr(holder, name, wraps(function)(make(function)))


def install(wanted: dict[str, float], *, folder: Path, dice: random.Random) -> None:
    """Arm these points: with a probability, or, given 1, once for the whole run."""
    for point in POINTS:
        if point.name in wanted:
            wrap(point.module, point.attribute, _armed(point, wanted[point.name], folder=folder, dice=dice))


def _armed(
    point: Point, probability: float, *, folder: Path, dice: random.Random
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(function: Callable[..., Any]) -> Callable[..., Any]:
        def before(*args: Any, **kwargs: Any) -> Any:
            _maybe_die(point, probability, folder=folder, dice=dice)
            return function(*args, **kwargs)

        def after(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            if result is not False and result != []:  # a lease of nothing and a claim that failed are no seam
                _maybe_die(point, probability, folder=folder, dice=dice)
            return result

        return before if point.when is When.BEFORE else after

    return make


def _maybe_die(point: Point, probability: float, *, folder: Path, dice: random.Random) -> None:
    if not (folder / FIRE).exists():
        return
    if probability >= 1:
        _die_once(folder / f"died-at-{point.name}")
    elif dice.random() < probability:
        os.kill(os.getpid(), signal.SIGKILL)


def _die_once(mark: Path) -> None:
    """Only one process of the run gets to make the mark."""
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
