"""The back office: what to do with a refund that its payment provider refused."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.orders.models.refunds import Refund
from apps.orders.services.returning import settle_refund_by_hand, try_refund_again
from contracts.rights import Right
from kernel import clock
from kernel.errors import DomainError
from kernel.http.principals import actor_of, right_required


@require_POST
@right_required(Right.ORDERS)
@right_required(Right.REFUNDS)
def decide(request: HttpRequest, order_id: UUID, refund_id: UUID) -> HttpResponse:
    """Ask the provider once more, or write down that the money went back another way."""
    if not Refund.objects.filter(id=refund_id, order_id=order_id).exists():
        raise Http404
    is_settled = request.POST.get("decision") == "settled"
    act = settle_refund_by_hand if is_settled else try_refund_again
    try:
        act(refund_id=refund_id, actor=actor_of(request), now=clock.now())
    except DomainError as error:
        messages.warning(request, error.message)
    else:
        done, again = _("The refund is recorded."), _("The payment provider is asked once more.")
        messages.success(request, done if is_settled else again)
    return redirect("orders:office_order", order_id)
