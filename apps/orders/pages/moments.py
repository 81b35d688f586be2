"""The life of an order in a customer's words; who of the staff did what is not told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.orders.models.orders import Order, OrderChange
from apps.orders.rules.states import FulfilmentStatus
from kernel.formatting import money_text
from kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One step as it is shown."""

    title: str
    at: datetime
    body: str = ""
    kind: str = ""


def moments_of(changes: Iterable[OrderChange], *, order: Order) -> list[Moment]:
    """Return what happened to an order, newest first."""
    return [_moment(change, order=order) for change in changes][::-1]


def _moment(change: OrderChange, *, order: Order) -> Moment:
    words = {
        "placed": lambda: Moment(title=_("We have your order"), at=change.at, kind="accent"),
        "paid": lambda: Moment(
            title=_("Your payment arrived"), at=change.at, kind="success", body=_amount(change.data)
        ),
        "payment_to_return": lambda: Moment(
            title=_("A payment arrived that your order does not ask for; it comes back to you"),
            at=change.at,
            kind="warning",
            body=_amount(change.data),
        ),
        "payment_secured": lambda: Moment(title=_("Your bank set the money aside"), at=change.at),
        "refund_requested": lambda: _returning(change),
        "refund_retried": lambda: _returning(change),
        "refund_failed": lambda: Moment(title=_("Your refund takes longer; we look into it"), at=change.at),
        "shipped": lambda: _shipped(change),
        "refunded": lambda: Moment(title=_("You got money back"), at=change.at, body=_amount(change.data)),
        "cancelled": lambda: _cancelled(change, order=order),
    }
    return words.get(change.kind, lambda: Moment(title=_("Your order was updated"), at=change.at))()


def _returning(change: OrderChange) -> Moment:
    return Moment(title=_("Your money is on its way back"), at=change.at, body=_amount(change.data))


def _shipped(change: OrderChange) -> Moment:
    after = change.data.get("fulfilment_status", ["", ""])[-1]
    is_part = after == FulfilmentStatus.PARTIALLY_FULFILLED
    title = _("A part of your order is on its way") if is_part else _("Your order is on its way")
    return Moment(title=title, at=change.at, kind="success")


def _cancelled(change: OrderChange, *, order: Order) -> Moment:
    bodies = {
        "expired": _("It was not paid in time, so the goods went back to the shelf."),
        "customer": _("You called it off."),
        "staff": _("The shop called it off."),
    }
    body = bodies.get(change.data.get("reason", ""), "")
    if order.payment_status == "refund_due":
        body = f"{body} {_('Your money comes back to you.')}".strip()
    return Moment(title=_("The order was cancelled"), at=change.at, kind="danger", body=body)


def _amount(about: Mapping[str, Any]) -> str:
    written = about.get("amount")
    if not written:
        return ""
    return money_text(Money.of(written["amount"], written["currency"]), get_language() or "en")
