"""The back office: the variants of a product and what they differ in."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.products.forms.variants import NewVariantForm, OptionsForm, VariantForm, variant_initial
from apps.products.models.catalogue import Variant
from apps.products.pages.parts import REFUSED, found, office_url, posted, product_page
from apps.products.selectors.office import OfficeProduct
from apps.products.services.products import set_options
from apps.products.services.typed_choices import add_typed_variant, update_typed_variant
from apps.products.services.variants import remove_variant
from contracts.rights import Right
from kernel import clock
from kernel.errors import DomainError
from kernel.forms import ServiceForm
from kernel.http.principals import actor_of, right_required

TAB = "variants/"


@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.CATALOGUE)
def variant_list(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show the variants, and add one."""
    shown = found(product_id)
    product = shown.product
    form = NewVariantForm(posted(request), options=product.options, currency=product.currency)

    def add() -> None:
        add_typed_variant(product_id=product_id, draft=form.as_draft(), actor=actor_of(request), now=clock.now())

    if request.method == "POST" and form.is_valid() and _done(form, add):
        messages.success(request, _("The variant is added."))
        return redirect(office_url(product_id, TAB))
    return _page(request, shown, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.CATALOGUE)
def variant_edit(request: HttpRequest, product_id: UUID, variant_id: UUID) -> HttpResponse:
    """Show a variant to be changed, and change it."""
    shown = found(product_id)
    variant = _variant(shown, variant_id)
    form = VariantForm(
        posted(request),
        initial=variant_initial(variant, low_stock_mark=variant.stock.low_stock_mark),
        options=shown.product.options,
        currency=shown.product.currency,
    )
    if request.method == "POST" and form.is_valid():
        try:
            update_typed_variant(
                variant_id=variant_id,
                changes=form.as_fields(),
                actor=actor_of(request),
                now=clock.now(),
                version=form.cleaned_data["version"],
            )
        except DomainError as error:
            form.refuse_stale(error, current=_variant(found(product_id), variant_id).version)
        else:
            messages.success(request, _("The variant is saved."))
            return redirect(office_url(product_id, TAB))
    status = REFUSED if form.errors else 200
    return product_page(request, shown, "variant", status=status, form=form, variant=variant)


@require_POST
@right_required(Right.CATALOGUE)
def variant_remove(request: HttpRequest, product_id: UUID, variant_id: UUID) -> HttpResponse:
    """Remove a variant, or say why that cannot be."""
    variant = _variant(found(product_id), variant_id)
    try:
        remove_variant(variant_id=variant.id, actor=actor_of(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("%(sku)s is removed.") % {"sku": variant.sku})
    return redirect(office_url(product_id, TAB))


@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.CATALOGUE)
def option_list(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show what the variants differ in, and change it."""
    shown = found(product_id)
    form = OptionsForm(posted(request), product=shown.product, variants=shown.variants)

    def change() -> None:
        set_options(
            product_id=product_id,
            options=form.options(),
            choices=form.choices(),
            actor=actor_of(request),
            now=clock.now(),
        )

    if request.method == "POST" and form.is_valid() and _done(form, change):
        messages.success(request, _("The options are saved."))
        return redirect(office_url(product_id, TAB))
    return product_page(request, shown, "options", status=REFUSED if form.errors else 200, form=form)


def _page(request: HttpRequest, shown: OfficeProduct, *, form: NewVariantForm) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "has_options": bool(shown.product.options)}
    return product_page(request, shown, "variants", status=REFUSED if form.errors else 200, **context)


def _done(form: ServiceForm, work: Callable[[], None]) -> bool:
    try:
        work()
    except DomainError as error:
        form.refuse(error)
        return False
    return True


def _variant(shown: OfficeProduct, variant_id: UUID) -> Variant:
    variant = shown.variant(variant_id)
    if variant is None:
        raise Http404
    return variant
