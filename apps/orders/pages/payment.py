"""Paying an order online: the way to the provider's page, or the play card and its second step; and clear words."""

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
from apps.orders.pages.links import leads_to_providers, order_link, order_links, token_of
from apps.orders.rules.states import may_pay
from apps.orders.selectors.orders import find_order
from apps.orders.services.outcomes import PaymentAnswer
from apps.orders.services.payments import pay_order
from integrations.payments.registry import online_method
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
@leads_to_providers
def pay(request: HttpRequest, order_id: UUID) -> HttpResponse:
    order, token = visible_order(request, order_id), token_of(request)
    if not may_pay(order.state):
        return redirect(order_link("order", order_id, token=token))
    method = online_method(order.payment_method)
    if method is not None and method.is_hosted:
        return pay_hosted(request, order, token=token) if request.method == "POST" else _hosted_page(request, order)
    form = CardForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        answer = _attempt(request, order, form.details(), form=form)
        if answer is not None and answer.needs_action:
            return redirect(order_link("confirm_payment", order_id, token=token))
        if answer is not None and _has_arrived(answer):
            return paid(request, answer, token=token)
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
            return paid(request, answer, token=token)
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


def pay_hosted(request: HttpRequest, order: Order, *, token: str) -> HttpResponse:
    """Lead to the provider's page; without one, say why and offer to try again."""
    method = online_method(order.payment_method)
    answer = _attempt(request, order, {}, method=method.code if method else "", token=token)
    if answer is not None and answer.action_url:
        response = redirect(answer.action_url)
        response.status_code = 303
        return response
    if answer is not None and _has_arrived(answer):
        return paid(request, answer, token=token)
    if answer is not None and answer.payment.state == PaymentState.DECLINED:
        messages.error(request, _declined(answer))
    page = "payment_return" if answer is not None and answer.payment.state == PaymentState.PENDING else "pay"
    return redirect(order_link(page, order.id, token=token))


def _hosted_page(request: HttpRequest, order: Order) -> HttpResponse:
    return render(request, "orders/pay_hosted.html", _context(request, order))


def _attempt(
    request: HttpRequest,
    order: Order,
    details: Mapping[str, str],
    *,
    form: CardForm | ConfirmationForm | None = None,
    method: str = CARD,
    token: str | None = None,
) -> PaymentAnswer | None:
    """Try to pay; what is refused stands at its field, and there is no answer."""
    try:
        return pay_order(
            order_id=order.id,
            method=method,
            details=details,
            actor=actor_of(request),
            token=token_of(request) if token is None else token,
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


def paid(request: HttpRequest, answer: PaymentAnswer, *, token: str) -> HttpResponse:
    """Thank for money that arrived, or say that it comes back."""
    if answer.payment.state != PaymentState.CAPTURED:
        messages.warning(request, _("Your money is not what this order asks for; it comes back to you."))
        return redirect(order_link("order", answer.order.id, token=token))
    messages.success(request, _("Thank you, your payment has arrived."))
    return redirect(order_link("thanks", answer.order.id, token=token))


def _draw(request: HttpRequest, template: str, order: Order, *, form: CardForm | ConfirmationForm) -> HttpResponse:
    context = {**_context(request, order), "form": form}
    return render(request, template, context, status=REFUSED if form.errors else 200)


def _context(request: HttpRequest, order: Order) -> dict[str, object]:
    return {"order": order, "links": order_links(order.id, token=token_of(request))}
