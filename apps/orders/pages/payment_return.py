"""Coming back from a provider's page: the provider is asked, the browser is not believed."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.orders.models.payments import PaymentState
from apps.orders.pages.links import order_link, order_links, token_of
from apps.orders.pages.payment import paid, visible_order
from apps.orders.rules.states import may_pay
from apps.orders.selectors.attempts import latest_hosted
from apps.orders.services.settling import check_payment
from kernel import clock
from kernel.errors import DomainError
from kernel.http.principals import actor_of
from kernel.http.throttles import limited

LOOK_AGAIN = "5"
"""Seconds after which the browser asks again, without any script."""


@never_cache
@require_safe
@limited("checkout", when=lambda _request: True)  # each look asks the provider
def payment_return(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Say what became of the payment, or that the bank is not done."""
    order, token = visible_order(request, order_id), token_of(request)
    latest = latest_hosted(order)
    if latest is None:
        return redirect(order_link("order", order_id, token=token))
    try:
        answer = check_payment(payment_id=latest.id, actor=actor_of(request), now=clock.now())
    except DomainError:  # whatever keeps it from being written down: the worker goes on asking
        answer = None
    state = answer.payment.state if answer else PaymentState.PENDING
    if answer is not None and state in {PaymentState.CAPTURED, PaymentState.REFUND_DUE, PaymentState.REFUNDED}:
        return paid(request, answer, token=token)
    if answer is not None and state in {PaymentState.DECLINED, PaymentState.REQUIRES_ACTION}:
        if not may_pay(answer.order.state):
            return redirect(order_link("order", order_id, token=token))
        reason = answer.payment.message or _("The payment was not finished.")
        messages.warning(request, f"{reason} {_('Nothing was charged. You can try again.')}")
        return redirect(order_link("pay", order_id, token=token))
    context = {"order": order, "links": order_links(order_id, token=token)}
    response = render(request, "orders/payment_return.html", context)
    response.headers["Refresh"] = LOOK_AGAIN
    return response
