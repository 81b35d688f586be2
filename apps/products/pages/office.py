"""The back office: all products, a new one, one as a whole."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.products.forms.filters import OfficeFilters
from apps.products.forms.products import NewProductForm, ProductForm, product_initial
from apps.products.models.catalogue import Product
from apps.products.pages.cards import price_texts
from apps.products.pages.parts import OFFICE, REFUSED, found, office_url, posted, product_page
from apps.products.selectors.catalogue import ProductFilters, list_products, shop_currency
from apps.products.selectors.front import menu, names_in
from apps.products.selectors.office import category_choices
from apps.products.services import products
from contracts.orders import Orders
from contracts.rights import Right
from kernel import clock
from kernel.errors import DomainError
from kernel.http.paging import Page
from kernel.http.principals import actor_of, right_required
from kernel.rpc import client

NOTHING = Page(results=[], next_url=None, previous_url=None, count=None, count_is_capped=False)
PUBLISHED = {"yes": True, "no": False}


@require_safe
@right_required(Right.CATALOGUE)
def product_list(request: HttpRequest) -> HttpResponse:
    """Show all products, narrowed by what stands in the address."""
    form = OfficeFilters(request.GET, categories=category_choices())
    page, status = _page(request, form)
    context = {
        "form": form,
        "products": _rows(page, runs_out=bool(request.GET.get("low"))),
        "next_url": page.next_url,
        "previous_url": page.previous_url,
        "summary": _summary(page),
        "tabs": _tabs(request.GET),
        "is_narrowed": any(request.GET.get(name) for name in ("q", "category", "published", "low")),
    }
    return render(request, "products/office/list.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.CATALOGUE)
def product_new(request: HttpRequest) -> HttpResponse:
    """Ask for a new product, and make it."""
    form = NewProductForm(posted(request), categories=category_choices(), currency=shop_currency())
    if request.method == "POST" and form.is_valid():
        product = _made(request, form)
        if product is not None:
            messages.success(request, _("“%(name)s” is in the catalogue.") % {"name": product.name})
            return redirect(office_url(product.id))
    return render(request, "products/office/new.html", {"form": form}, status=REFUSED if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.CATALOGUE)
def product_edit(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show a product to be changed, and change it."""
    shown = found(product_id)
    initial = product_initial(shown.product)
    form = ProductForm(posted(request), initial=initial, categories=category_choices())
    if request.method == "POST" and form.is_valid():
        try:
            products.update_product(
                product_id=product_id,
                changes=form.as_fields(),
                actor=actor_of(request),
                now=clock.now(),
                version=form.cleaned_data["version"],
            )
        except DomainError as error:
            form.refuse_stale(error, current=found(product_id).product.version)
        else:
            messages.success(request, _("The product is saved."))
            return redirect(office_url(product_id))
    return product_page(request, shown, "details", status=REFUSED if form.errors else 200, form=form)


@require_POST
@right_required(Right.CATALOGUE)
def product_publish(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show the product in the shop, or take it out."""
    found(product_id)
    actor, now = actor_of(request), clock.now()
    if request.POST.get("publish") == "yes":
        products.publish_product(product_id=product_id, actor=actor, now=now)
        messages.success(request, _("The product is in the shop now."))
    else:
        products.unpublish_product(product_id=product_id, actor=actor, now=now)
        messages.success(request, _("The product is not in the shop any more."))
    return redirect(office_url(product_id))


@require_POST
@right_required(Right.CATALOGUE)
def product_delete(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Delete the product, or say why that cannot be."""
    shown = found(product_id)
    try:
        products.delete_product(product_id=product_id, actor=actor_of(request))
    except DomainError as error:
        advice = _("Take it out of the shop instead.")
        messages.error(request, f"{error.message} {advice}")
        return redirect(office_url(product_id))
    messages.success(request, _("“%(name)s” is deleted.") % {"name": shown.product.name})
    return redirect(OFFICE)


def _made(request: HttpRequest, form: NewProductForm) -> Product | None:
    try:
        return products.create_product(
            fields=form.as_fields(), variants=[form.as_draft()], actor=actor_of(request), now=clock.now()
        )
    except DomainError as error:
        form.refuse(error)
        return None


def _page(request: HttpRequest, form: OfficeFilters) -> tuple[Page, int]:
    if not form.is_valid():
        return NOTHING, 400
    cleaned = form.cleaned_data
    filters = ProductFilters(
        category=cleaned["category"],
        search=cleaned["q"],
        is_published=PUBLISHED.get(cleaned["published"]),
        is_low=bool(cleaned["low"]),
    )
    params = {"count": "true"} | {name: request.GET[name] for name in ("cursor",) if request.GET.get(name)}
    try:
        return list_products(filters, params=params, url=request.get_full_path()), 200
    except DomainError as error:
        form.add_error(None, error.message)
        return NOTHING, error.status


def _rows(page: Page, *, runs_out: bool) -> list[dict[str, Any]]:
    names, low_mark = names_in(menu()), client(Orders).shop().low_stock_mark
    return [
        row
        | price_texts(row)
        | {
            "url": office_url(row["id"]),
            "category_name": names.get(row["category"] or "", ""),
            "image": row["picture"]["url"] if row["picture"] else "",
            "stock_state": _stock_state(row["available"], low_mark=low_mark, runs_out=runs_out),
        }
        for row in page.results
    ]


def _stock_state(available: int, *, low_mark: int, runs_out: bool) -> str:
    """Tell the state of a product; in the list of what runs out, one of its variants is low."""
    if available <= 0:
        return "sold_out"
    return "low_stock" if runs_out or available <= low_mark else ""


def _summary(page: Page) -> str:
    if not page.count:
        return ""
    if page.count_is_capped:
        return _("more than %(count)s products") % {"count": f"{page.count:,}"}
    return _("1 product") if page.count == 1 else _("%(count)s products") % {"count": f"{page.count:,}"}


def _tabs(query: QueryDict) -> list[dict[str, Any]]:
    present = {name: value for name in ("published", "low") if (value := query.get(name))}
    kept = {name: value for name in ("q", "category") if (value := query.get(name))}
    views: tuple[tuple[str, dict[str, str]], ...] = (
        (_("All"), {}),
        (_("Published"), {"published": "yes"}),
        (_("Drafts"), {"published": "no"}),
        (_("Low stock"), {"low": "1"}),
    )
    return [
        {"label": label, "url": "?" + urlencode(kept | view), "is_current": view == present} for label, view in views
    ]
