"""What the notifications service writes when something happens elsewhere."""

from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.conf import settings

from apps.notifications.services import retention, sending  # noqa: F401 - their periodic jobs register themselves
from apps.notifications.services.erasing import strip_messages_about, strip_messages_to
from apps.notifications.services.writing import write_message
from contracts.orders import (
    OrderCancelled,
    OrderFact,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    Orders,
    OrdersErased,
    OrderShipped,
    RefundFailed,
    SurplusPaid,
)
from contracts.products import StockLow
from contracts.users import AccountMailRequested, UserErased, UserRegistered
from kernel import clock
from kernel.events.base import Event
from kernel.events.handling import handles
from kernel.rpc import client


@handles(OrderPlaced)
def confirm_order(event: OrderPlaced) -> None:
    wants_transfer = event.payment_method in {"invoice", "bank_transfer"}
    _tell_customer("order_placed", event, wants_transfer=wants_transfer)
    _tell_shop("order_notice", event, about=event.order_id, office_path=f"/office/orders/{event.order_id}/")


@handles(OrderPaid)
def confirm_payment(event: OrderPaid) -> None:
    _tell_customer("order_paid", event)


@handles(OrderShipped)
def announce_parcel(event: OrderShipped) -> None:
    is_link = urlsplit(event.tracking_url).scheme in {"http", "https"}
    _tell_customer("order_shipped", event, tracking_url=event.tracking_url if is_link else "")


@handles(OrderCancelled)
def announce_cancellation(event: OrderCancelled) -> None:
    _tell_customer("order_cancelled", event)


@handles(OrderRefunded)
def announce_refund(event: OrderRefunded) -> None:
    _tell_customer("order_refunded", event)


@handles(SurplusPaid)
def warn_of_surplus(event: SurplusPaid) -> None:
    _tell_shop("surplus_paid", event, about=event.order_id, office_path=f"/office/orders/{event.order_id}/")


@handles(RefundFailed)
def warn_of_failed_refund(event: RefundFailed) -> None:
    _tell_shop("refund_failed", event, about=event.order_id, office_path=f"/office/orders/{event.order_id}/")


@handles(UserRegistered)
def welcome(event: UserRegistered) -> None:
    context = {"event": event, "dashboard_url": f"{settings.PUBLIC_URL}/dashboard/"}
    _write("welcome", event, to=event.email, about=event.user_id, context=context)


@handles(AccountMailRequested)
def pass_on_account_mail(event: AccountMailRequested) -> None:
    _write("account", event, to=event.to, about=None, context={"event": event}, is_secret=True)


@handles(UserErased)
def forget_person(event: UserErased) -> None:
    strip_messages_to(emails=event.emails, unproven=event.unproven)
    strip_messages_about(things=[event.user_id])


@handles(OrdersErased)
def forget_orders(event: OrdersErased) -> None:
    strip_messages_about(things=event.order_ids)


@handles(StockLow)
def warn_of_low_stock(event: StockLow) -> None:
    _tell_shop("stock_low", event, about=event.variant_id, office_path="/office/products/", may_recur=True)


def _tell_customer(kind: str, event: OrderFact, **context: Any) -> None:
    if not event.email:
        return  # whose order it was is forgotten
    query = urlencode({"token": event.access_token})
    order_url = f"{settings.PUBLIC_URL}/orders/{event.order_id}/?{query}"
    _write(
        kind, event, to=event.email, about=event.order_id, context={"event": event, "order_url": order_url, **context}
    )


def _tell_shop(kind: str, event: Event, *, about: UUID, office_path: str, may_recur: bool = False) -> None:
    address = client(Orders).shop().notify_email
    if address:
        context = {"event": event, "office_url": f"{settings.PUBLIC_URL}{office_path}"}
        _write(kind, event, to=address, about=about, context=context, may_recur=may_recur)


def _write(
    kind: str,
    event: Event,
    *,
    to: str,
    about: UUID | None,
    context: dict[str, Any],
    is_secret: bool = False,
    may_recur: bool = False,
) -> None:
    """Write once for each version of the subject; what recurs without a new version leans on the inbox alone."""
    cause = None if may_recur else f"{event.type}:{getattr(event, event.subject)}:{event.version}:{kind}"
    write_message(kind=kind, cause=cause, to=to, about=about, context=context, is_secret=is_secret, now=clock.now())
