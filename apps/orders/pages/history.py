"""Orders as their customers see them: the thank-you, the list, one order, and calling it off."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.orders.forms.payment import CardForm
from apps.orders.models.orders import Order
from apps.orders.pages.links import leads_to_providers, order_link, order_links, token_of
from apps.orders.pages.moments import moments_of
from apps.orders.pages.payment import CARD, visible_order
from apps.orders.rules.states import may_pay
from apps.orders.selectors.figures import orders_of_customer
from apps.orders.selectors.orders import history_of, order_detail
from apps.orders.selectors.shop import shop
from apps.orders.services.cancelling import cancel_order
from integrations.payments.registry import online_method
from kernel import clock
from kernel.errors import DomainError, NotFoundError
from kernel.http.paging import KeysetPagination, page_of
from kernel.http.principals import actor_of


class OwnOrders(KeysetPagination):
    """A person's orders, newest first."""

    page_size = 20
    orderings = {"newest": ("-placed_at", "-id")}
    default_ordering = "newest"


@never_cache
@require_safe
def order_list(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if actor.id is None:
        return render(request, "orders/find.html")
    try:
        page = page_of(
            orders_of_customer(actor.id).order_by(),
            params={name: request.GET[name] for name in ("cursor",) if request.GET.get(name)},
            url=request.get_full_path(),
            pages=OwnOrders,
        )
    except DomainError as error:
        raise Http404 from error
    return render(request, "orders/list.html", {"page": page})


@never_cache
@require_safe
def order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    found = visible_order(request, order_id)
    detail = order_detail(found, now=clock.now())
    context = {
        **_about(request, found),
        "detail": detail,
        "moments": moments_of(history_of(found), order=found),
        "pays_by_card": detail.rights.can_pay and _is_online(found),
        "can_pay_online": online_method(found.payment_method) is not None,
    }
    return render(request, "orders/order.html", context)


@never_cache
@require_safe
@leads_to_providers
def thanks(request: HttpRequest, order_id: UUID) -> HttpResponse:
    found = visible_order(request, order_id)
    context = {
        **_about(request, found),
        "lines": order_detail(found, now=clock.now()).lines,
        "card_form": CardForm() if may_pay(found.state) and found.payment_method == CARD else None,
        "pays_elsewhere": may_pay(found.state) and _is_online(found) and found.payment_method != CARD,
    }
    return render(request, "orders/thanks.html", context)


@require_POST
def cancel(request: HttpRequest, order_id: UUID) -> HttpResponse:
    token = token_of(request)
    try:
        cancel_order(order_id=order_id, actor=actor_of(request), token=token, now=clock.now())
    except NotFoundError as error:
        raise Http404 from error
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The order is cancelled."))
    return redirect(order_link("order", order_id, token=token))


def _is_online(order: Order) -> bool:
    method = online_method(order.payment_method)
    return method is not None and method.code == order.payment_method


def _about(request: HttpRequest, found: Order) -> dict[str, object]:
    return {
        "order": found,
        "links": order_links(found.id, token=token_of(request)),
        "bank": shop().settings,
        "is_payable": may_pay(found.state),
    }
