"""Paying an order by the play card: the form, the second step, and clear words when it does not work."""

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.orders.forms.payment import CardForm, ConfirmationForm
from apps.orders.models.orders import Order
from apps.orders.models.payments import PaymentState
from apps.orders.pages.links import order_link, order_links, token_of
from apps.orders.rules.states import may_pay
from apps.orders.selectors.orders import find_order
from apps.orders.services.payments import PaymentAnswer, pay_order
from kernel import clock
from kernel.errors import DomainError, NotFoundError
from kernel.http.principals import actor_of
from kernel.http.throttles import limited

CARD = "sandbox_card"
REFUSED = 422
DECLINE = "declined by the customer"
"""No bank sends such a code: the sandbox declines it."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited("checkout")
def pay(request: HttpRequest, order_id: UUID) -> HttpResponse:
    order, token = visible_order(request, order_id), token_of(request)
    if not may_pay(order.state):
        return redirect(order_link("order", order_id, token=token))
    form = CardForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        answer = _attempt(request, order, form.details(), form=form)
        if answer is not None and answer.needs_action:
            return redirect(order_link("confirm_payment", order_id, token=token))
        if answer is not None and _has_arrived(answer):
            return _paid(request, answer, token=token)
        if answer is not None:
            form.add_error(None, _declined(answer))
    return _draw(request, "orders/pay.html", order, form=form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited("checkout")
def confirm_payment(request: HttpRequest, order_id: UUID) -> HttpResponse:
    order, token = visible_order(request, order_id), token_of(request)
    if not may_pay(order.state):
        return redirect(order_link("order", order_id, token=token))
    if request.POST.get("decision") == "decline":
        _attempt(request, order, {"confirmation_code": DECLINE})
        messages.warning(request, _("You stopped the payment. Nothing was charged."))
        return redirect(order_link("pay", order_id, token=token))
    form = ConfirmationForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        answer = _attempt(request, order, form.cleaned_data, form=form)
        if answer is not None and _has_arrived(answer):
            return _paid(request, answer, token=token)
        if answer is not None:
            messages.error(request, _declined(answer))
            return redirect(order_link("pay", order_id, token=token))
    return _draw(request, "orders/confirm_payment.html", order, form=form)


def visible_order(request: HttpRequest, order_id: UUID) -> Order:
    """Return the order if it is one's own; anything else is not found."""
    try:
        return find_order(order_id=order_id, actor=actor_of(request), token=token_of(request))
    except NotFoundError as error:
        raise Http404 from error


def _attempt(
    request: HttpRequest,
    order: Order,
    details: Mapping[str, str],
    *,
    form: CardForm | ConfirmationForm | None = None,
) -> PaymentAnswer | None:
    """Try to pay; what is refused stands at its field, and there is no answer."""
    try:
        return pay_order(
            order_id=order.id,
            method=CARD,
            details=details,
            actor=actor_of(request),
            token=token_of(request),
            now=clock.now(),
        )
    except DomainError as error:
        if form is None:
            messages.error(request, error.message)
        else:
            _show_at_its_field(form, error)
        return None


def _show_at_its_field(form: CardForm | ConfirmationForm, error: DomainError) -> None:
    fields = {name: texts for name, texts in error.fields.items() if name in form.fields}
    for name, texts in fields.items():
        form.add_error(name, texts)
    if not fields:
        form.add_error(None, error.message)


def _has_arrived(answer: PaymentAnswer) -> bool:
    return answer.payment.state in {PaymentState.CAPTURED, PaymentState.REFUND_DUE}


def _declined(answer: PaymentAnswer) -> str:
    reason = answer.payment.message or _("The payment was declined.")
    return f"{reason} {_('Nothing was charged. Try again, or take another card.')}"


def _paid(request: HttpRequest, answer: PaymentAnswer, *, token: str) -> HttpResponse:
    if answer.payment.state == PaymentState.REFUND_DUE:
        messages.warning(request, _("Your money arrived too late for this order; it comes back to you."))
        return redirect(order_link("order", answer.order.id, token=token))
    messages.success(request, _("Thank you, your payment has arrived."))
    return redirect(order_link("thanks", answer.order.id, token=token))


def _draw(request: HttpRequest, template: str, order: Order, *, form: CardForm | ConfirmationForm) -> HttpResponse:
    context = {"order": order, "form": form, "links": order_links(order.id, token=token_of(request))}
    return render(request, template, context, status=REFUSED if form.errors else 200)
