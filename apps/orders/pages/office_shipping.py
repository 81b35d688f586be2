"""The back office: the ways to deliver."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.orders.forms.office_shipping import KINDS, ShippingForm, shipping_initial
from apps.orders.models.settings import ShippingMethod
from apps.orders.pages.office_rows import REFUSED
from apps.orders.pages.office_settings import posted
from apps.orders.selectors.shop import present_settings, shipping_methods
from apps.orders.services import shipping_methods as methods
from contracts.rights import Right
from kernel import clock
from kernel.errors import DomainError
from kernel.http.principals import actor_of, right_required

SHIPPING = "/office/settings/shipping/"


@never_cache
@require_safe
@right_required(Right.SETTINGS)
def shipping(request: HttpRequest) -> HttpResponse:
    """List the delivery methods."""
    names = dict(KINDS)
    found = shipping_methods(actor=actor_of(request)).order_by("position", "id")
    rows = [{"method": method, "kind": names[method.tariff.kind.value]} for method in found]
    return render(request, "orders/office/shipping.html", {"rows": rows})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.SETTINGS)
def shipping_new(request: HttpRequest) -> HttpResponse:
    """Ask for a new delivery method, and make it."""
    form = ShippingForm(posted(request), currency=present_settings().currency)
    if form.is_valid():
        try:
            method = methods.add_shipping_method(terms=form.as_terms(), actor=actor_of(request), now=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("“%(name)s” is added.") % {"name": method.name})
            return redirect(SHIPPING)
    context = {"form": form, "currency": form.currency}
    return render(request, "orders/office/shipping_method.html", context, status=REFUSED if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.SETTINGS)
def shipping_edit(request: HttpRequest, method_id: UUID) -> HttpResponse:
    """Show a delivery method to be changed, and change it."""
    method = _found(request, method_id)
    form = ShippingForm(posted(request), initial=shipping_initial(method), currency=present_settings().currency)
    if form.is_valid():
        try:
            methods.change_shipping_method(
                method_id=method_id,
                terms=form.as_terms(),
                actor=actor_of(request),
                now=clock.now(),
                version=form.cleaned_data["version"],
            )
        except DomainError as error:
            form.refuse_stale(error, current=_found(request, method_id).version)
        else:
            messages.success(request, _("The delivery method is saved."))
            return redirect(SHIPPING)
    context = {"form": form, "method": method, "currency": form.currency}
    return render(request, "orders/office/shipping_method.html", context, status=REFUSED if form.errors else 200)


@require_POST
@right_required(Right.SETTINGS)
def shipping_delete(request: HttpRequest, method_id: UUID) -> HttpResponse:
    """Remove a delivery method."""
    method = _found(request, method_id)
    methods.remove_shipping_method(method_id=method_id, actor=actor_of(request))
    messages.success(request, _("“%(name)s” is deleted.") % {"name": method.name})
    return redirect(SHIPPING)


def _found(request: HttpRequest, method_id: UUID) -> ShippingMethod:
    method = shipping_methods(actor=actor_of(request)).filter(id=method_id).first()
    if method is None:
        raise Http404
    return method
