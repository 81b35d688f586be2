"""Parcels: some or all lines of an order leave the house."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from apps.orders.models.fulfilments import Fulfilment, FulfilmentLine
from apps.orders.models.orders import Order, OrderLine
from apps.orders.rules.states import fulfilment_after, may_fulfil
from apps.orders.rules.tracking import NAMES, is_safe_url, tracking_url
from apps.orders.services.moves import Step, identity, lock_order, move
from contracts.orders import OrderShipped
from contracts.rights import Right
from integrations.payments.registry import payment_method
from kernel.actors import Actor
from kernel.errors import DomainError, ForbiddenError, InvalidInputError
from kernel.transactions import unit_of_work


class NotFulfillableError(DomainError):
    """The order is over, complete, or has to be paid first."""

    code = "order_not_fulfillable"
    status = 409

    def __init__(self, *, order: Order) -> None:
        super().__init__(
            "This order cannot be shipped now.",
            extra={
                "order_status": order.status,
                "payment_status": order.payment_status,
                "fulfilment_status": order.fulfilment_status,
            },
        )


class TooManyToShipError(DomainError):
    """More was packed than is left to ship."""

    code = "too_many_to_ship"
    status = 409

    def __init__(self, *, left: Mapping[str, int]) -> None:
        super().__init__("More than what is left to ship.", extra={"left": dict(left)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What is in it and how it travels; without quantities it holds everything that is left."""

    quantities: Mapping[str, int] | None = None
    """Pieces by SKU."""
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""


@unit_of_work
def fulfil_order(*, order_id: UUID, parcel: Parcel, actor: Actor, now: datetime) -> Fulfilment:
    """Write down a parcel that left the house.

    :raises NotFulfillableError: the order is over, complete or waits for its money.
    :raises TooManyToShipError: names what is left of each SKU.
    """
    if not actor.may(Right.ORDERS):
        msg = "Only staff ships orders."
        raise ForbiddenError(msg)
    order = lock_order(order_id)
    if not may_fulfil(order.state, ships_before_payment=_ships_before_payment(order)):
        raise NotFulfillableError(order=order)
    lines = list(order.lines.order_by("position", "id"))
    packed = _packed(lines, quantities=parcel.quantities)
    fulfilment = _write(order, parcel=parcel, packed=packed, now=now)
    left = sum(line.left_to_ship for line in lines)
    after = replace(order.state, fulfilment=fulfilment_after(left_to_ship=left))
    move(
        order,
        step=Step(kind="shipped", after=after, about=_about(fulfilment, packed=packed)),
        actor=actor,
        now=now,
        tell=lambda moved: _shipped(moved, fulfilment=fulfilment, packed=packed, is_complete=left == 0),
    )
    return fulfilment


def _ships_before_payment(order: Order) -> bool:
    method = payment_method(order.payment_method)
    return method is not None and method.ships_before_payment


def _packed(lines: list[OrderLine], *, quantities: Mapping[str, int] | None) -> list[tuple[OrderLine, int]]:
    """Return the lines in the parcel with their pieces."""
    left = {line.sku: line.left_to_ship for line in lines}
    wanted = quantities if quantities is not None else {sku: count for sku, count in left.items() if count}
    unknown = sorted(set(wanted) - set(left))
    if unknown or not wanted:
        msg = "Not in this order: " + ", ".join(unknown) + "." if unknown else "A parcel holds at least one piece."
        raise InvalidInputError(msg, fields={"lines": [msg]})
    if any(count > left[sku] for sku, count in wanted.items()):
        raise TooManyToShipError(left={sku: left[sku] for sku in wanted})
    return [(line, wanted[line.sku]) for line in lines if line.sku in wanted]


def _write(order: Order, *, parcel: Parcel, packed: list[tuple[OrderLine, int]], now: datetime) -> Fulfilment:
    fulfilment = Fulfilment.objects.create(
        order=order,
        carrier=NAMES.get(parcel.carrier.strip().lower(), parcel.carrier.strip()),
        tracking_number=parcel.tracking_number,
        tracking_url=_link(parcel),
        shipped_at=now,
    )
    FulfilmentLine.objects.bulk_create(
        FulfilmentLine(fulfilment=fulfilment, order_line=line, quantity=count) for line, count in packed
    )
    for line, count in packed:
        line.fulfilled_quantity += count
    OrderLine.objects.bulk_update([line for line, _ in packed], ["fulfilled_quantity"])
    return fulfilment


def _link(parcel: Parcel) -> str:
    if not parcel.tracking_url:
        return tracking_url(carrier=parcel.carrier, number=parcel.tracking_number)
    if not is_safe_url(parcel.tracking_url):
        msg = "A tracking link is an https address."
        raise InvalidInputError(msg, fields={"tracking_url": [msg]})
    return parcel.tracking_url


def _about(fulfilment: Fulfilment, *, packed: list[tuple[OrderLine, int]]) -> dict[str, object]:
    return {
        "fulfilment": str(fulfilment.id),
        "carrier": fulfilment.carrier,
        "tracking_number": fulfilment.tracking_number,
        "lines": {line.sku: count for line, count in packed},
    }


def _shipped(
    order: Order,
    *,
    fulfilment: Fulfilment,
    packed: list[tuple[OrderLine, int]],
    is_complete: bool,
) -> OrderShipped:
    return OrderShipped(
        **identity(order),
        fulfilment_id=fulfilment.id,
        carrier=fulfilment.carrier,
        tracking_number=fulfilment.tracking_number,
        tracking_url=fulfilment.tracking_url,
        lines=[line.as_ordered(quantity=count) for line, count in packed],
        is_complete=is_complete,
        shipped_at=fulfilment.shipped_at,
    )
