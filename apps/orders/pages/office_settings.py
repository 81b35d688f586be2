"""The back office: the shop's settings and its tax rates."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.orders.forms.office_settings import SettingsForm, TaxRateForm, per_cent_text, rate_initial, settings_initial
from apps.orders.models.settings import TaxRate
from apps.orders.pages.office_rows import REFUSED
from apps.orders.selectors.shop import present_settings, tax_rates
from apps.orders.services import tax_rates as rates
from apps.orders.services.settings import apply_shop_settings
from contracts.rights import Right
from kernel import clock
from kernel.errors import DomainError
from kernel.http.principals import actor_of, right_required

SETTINGS = "/office/settings/"
TAXES = "/office/settings/taxes/"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.SETTINGS)
def shop_settings(request: HttpRequest) -> HttpResponse:
    """Show the settings to be changed, and change them."""
    form = SettingsForm(posted(request), initial=settings_initial(present_settings()))
    if form.is_valid():
        try:
            version = form.cleaned_data["version"]
            apply_shop_settings(changes=form.as_changes(), actor=actor_of(request), now=clock.now(), version=version)
        except DomainError as error:
            form.refuse_stale(error, current=present_settings().version)
        else:
            messages.success(request, _("The settings are saved."))
            return redirect(SETTINGS)
    return render(request, "orders/office/settings.html", {"form": form}, status=REFUSED if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.SETTINGS)
def taxes(request: HttpRequest) -> HttpResponse:
    """List the tax rates, and add one."""
    form = TaxRateForm(posted(request), initial={"country": present_settings().country})
    if form.is_valid():
        try:
            rates.add_tax_rate(**form.as_rate(), actor=actor_of(request), now=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The tax rate is added."))
            return redirect(TAXES)
    context = {"form": form, "rates": _rates()}
    return render(request, "orders/office/taxes.html", context, status=REFUSED if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.SETTINGS)
def tax(request: HttpRequest, rate_id: UUID) -> HttpResponse:
    """Show a tax rate to be changed, and change it."""
    rate = _found(rate_id)
    form = TaxRateForm(posted(request), initial=rate_initial(rate))
    if form.is_valid():
        try:
            rates.change_tax_rate(
                rate_id=rate_id,
                **form.as_rate(),
                actor=actor_of(request),
                now=clock.now(),
                version=form.cleaned_data["version"],
            )
        except DomainError as error:
            form.refuse_stale(error, current=_found(rate_id).version)
        else:
            messages.success(request, _("The tax rate is saved."))
            return redirect(TAXES)
    context = {"form": form, "rate": rate}
    return render(request, "orders/office/tax.html", context, status=REFUSED if form.errors else 200)


@require_POST
@right_required(Right.SETTINGS)
def tax_delete(request: HttpRequest, rate_id: UUID) -> HttpResponse:
    """Remove a tax rate."""
    _found(rate_id)
    rates.remove_tax_rate(rate_id=rate_id, actor=actor_of(request))
    messages.success(request, _("The tax rate is deleted."))
    return redirect(TAXES)


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what was sent, even when it is empty; nothing when the page was only asked for."""
    return request.POST if request.method == "POST" else None


def _found(rate_id: UUID) -> TaxRate:
    rate = tax_rates().filter(id=rate_id).first()
    if rate is None:
        raise Http404
    return rate


def _rates() -> list[tuple[TaxRate, str]]:
    return [(rate, per_cent_text(rate)) for rate in tax_rates().order_by("country", "tax_class", "id")]
