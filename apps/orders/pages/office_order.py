"""The back office: one order, and everything that staff can do with it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.orders.forms.office import OfficeForm
from apps.orders.forms.office_orders import CancelForm, FulfilForm, NoteForm, PayForm, RefundForm
from apps.orders.pages.office_moments import office_moments
from apps.orders.pages.office_rows import REFUSED
from apps.orders.rules.tracking import NAMES
from apps.orders.selectors.office import OfficeOrder, office_order
from apps.orders.services.notes import add_note
from apps.orders.services.payments import record_payment
from apps.orders.services.refunds import refund_order, refundable_at_once
from apps.orders.services.staff_steps import cancel_with_reason, fulfil_as_seen
from contracts.notifications import Notifications
from contracts.rights import Right
from kernel import clock
from kernel.errors import ConflictError, DomainError
from kernel.http.principals import actor_of, right_required
from kernel.rpc import client

ALWAYS = frozenset({"note"})


@dataclass(slots=True, kw_only=True)
class OrderForms:
    """The forms of the page; the one that was refused keeps what was typed."""

    shown: OfficeOrder
    refused: dict[str, OfficeForm] = field(default_factory=dict)

    def form(self, name: str) -> OfficeForm | None:
        """Return a form of something that is possible now."""
        if name in self.refused:
            return self.refused[name]
        return form_of(name, self.shown) if name in self.shown.actions | ALWAYS else None

    def as_context(self) -> dict[str, OfficeForm | None]:
        """Return all forms by the names that the template uses."""
        return {f"{name}_form": self.form(name) for name in ("fulfil", "pay", "refund", "cancel", "note")}


@never_cache
@require_safe
@right_required(Right.ORDERS)
def order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Show one order."""
    shown = _found(request, order_id)
    return _draw(request, shown, OrderForms(shown=shown))


@require_POST
@right_required(Right.ORDERS)
def fulfil(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Write down a parcel."""

    def ship(form: Any) -> None:
        fulfil_as_seen(
            order_id=order_id,
            version=form.cleaned_data["version"],
            parcel=form.as_parcel(),
            actor=actor_of(request),
            now=clock.now(),
        )

    return _act(request, order_id, "fulfil", work=ship, done=_("The parcel is written down; the customer gets a mail."))


@require_POST
@right_required(Right.ORDERS)
def pay(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Write down money that arrived at the bank."""

    def record(form: Any) -> None:
        reference = form.cleaned_data["reference"]
        record_payment(order_id=order_id, reference=reference, actor=actor_of(request), now=clock.now())

    return _act(request, order_id, "pay", work=record, done=_("The payment is recorded."))


@require_POST
@right_required(Right.ORDERS)
@right_required(Right.REFUNDS)
def refund(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Give money back."""

    def give_back(form: Any) -> None:
        refund_order(order_id=order_id, wish=form.as_wish(), actor=actor_of(request), now=clock.now())

    return _act(request, order_id, "refund", work=give_back, done=_("The refund is recorded."))


@require_POST
@right_required(Right.ORDERS)
def cancel(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Call the order off."""

    def call_off(form: Any) -> None:
        reason = form.cleaned_data["reason"]
        cancel_with_reason(order_id=order_id, reason=reason, actor=actor_of(request), now=clock.now())

    return _act(request, order_id, "cancel", work=call_off, done=_("The order is cancelled; its stock is free again."))


@require_POST
@right_required(Right.ORDERS)
def note(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Write a note for the staff."""

    def write(form: Any) -> None:
        add_note(order_id=order_id, text=form.cleaned_data["text"], actor=actor_of(request), now=clock.now())

    return _act(request, order_id, "note", work=write, done=_("The note is kept."))


@require_POST
@right_required(Right.ORDERS)
def send_again(request: HttpRequest, order_id: UUID, message_id: UUID) -> HttpResponse:
    """Send a mail about this order once more."""
    shown = _found(request, order_id)
    if message_id not in {entry.message_id for entry in shown.messages}:
        raise Http404
    try:
        client(Notifications).send_again(message_id=message_id, actor=actor_of(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The mail goes out once more."))
    return redirect(_address(order_id))


def form_of(name: str, shown: OfficeOrder, data: Any = None) -> OfficeForm:
    """Return one form of the page."""
    order, lines = shown.order, shown.detail.lines
    makers: dict[str, Callable[[], OfficeForm]] = {
        "fulfil": lambda: FulfilForm(data, order=order, order_lines=lines),
        "refund": lambda: RefundForm(data, order=order, order_lines=lines, at_once=refundable_at_once(order)),
        "pay": lambda: PayForm(data),
        "cancel": lambda: CancelForm(data),
        "note": lambda: NoteForm(data),
    }
    return makers[name]()


def _act(request: HttpRequest, order_id: UUID, name: str, *, work: Callable[[Any], None], done: str) -> HttpResponse:
    """Do one thing with the order; what is refused stands in its form, or above a page where it is over."""
    shown = _found(request, order_id)
    form = form_of(name, shown, request.POST)
    if form.is_valid():
        try:
            work(form)
        except ConflictError as error:
            messages.warning(request, error.message)
            return redirect(_address(order_id))
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, done)
            return redirect(_address(order_id))
    if name not in shown.actions | ALWAYS:
        reasons = [*form.non_field_errors(), _("That is not possible any more: look where the order stands.")]
        messages.warning(request, reasons[0])
        return redirect(_address(order_id))
    return _draw(request, shown, OrderForms(shown=shown, refused={name: form}), status=REFUSED)


def _draw(request: HttpRequest, shown: OfficeOrder, forms: OrderForms, *, status: int = 200) -> HttpResponse:
    context = {
        "order": shown.order,
        "detail": shown.detail,
        "moments": office_moments(shown.timeline),
        "mails": shown.messages,
        "carriers": NAMES.values(),
        **forms.as_context(),
    }
    return render(request, "orders/office/order.html", context, status=status)


def _found(request: HttpRequest, order_id: UUID) -> OfficeOrder:
    shown = office_order(order_id, actor=actor_of(request), now=clock.now())
    if shown is None:
        raise Http404
    return shown


def _address(order_id: UUID) -> str:
    return reverse("orders:office_order", args=[order_id])
