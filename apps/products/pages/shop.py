"""The shop: first page, list of products, one product."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.products.forms.filters import CatalogueFilters
from apps.products.pages.cards import cards, category_link, price_texts, product_url, stock_note
from apps.products.selectors.catalogue import (
    ProductFilters,
    current_slug,
    list_products,
    product_detail,
)
from apps.products.selectors.front import front, menu, names_in
from contracts.orders import Orders, ShopProfile
from kernel.errors import DomainError
from kernel.http.paging import Page
from kernel.http.throttles import limited
from kernel.rpc import client

MOST_AT_ONCE = 999
NOTHING = Page(results=[], next_url=None, previous_url=None, count=None, count_is_capped=False)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the newest products and the categories."""
    shop, tree, shown = client(Orders).shop(), menu(), front()
    names = names_in(tree)
    context = {
        "categories": [{"slug": "", "name": _("All"), "url": "/products/"}, *map(category_link, tree)],
        "newest": cards(shown.newest, shop=shop, categories=names),
        "ready": cards(shown.ready, shop=shop, categories=names),
        "tiles": [category_link(shelf) | {"image": shelf["image"]} for shelf in shown.shelves],
    }
    return render(request, "products/home.html", context)


@require_safe
@limited("search", when=lambda request: bool(request.GET.get("search")))
def product_list(request: HttpRequest) -> HttpResponse:
    """Show a page of products, narrowed by what stands in the address."""
    shop, tree = client(Orders).shop(), menu()
    form = CatalogueFilters(request.GET, currency=shop.currency)
    place = _place(tree, request.GET.get("category", ""))
    if place is None:
        raise Http404
    page, status = _page(request, form)
    context = {
        "form": form,
        "cards": cards(page.results, shop=shop, categories=names_in(tree)),
        "next_url": page.next_url,
        "previous_url": page.previous_url,
        "reset_url": _reset_url(request),
        "is_everything": not request.GET,
        **place,
        **_heading(place, request.GET.get("search", "").strip()),
    }
    return render(request, "products/list.html", context, status=status)


@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one product; an address that it had before leads to the one it has now."""
    row = product_detail(slug)
    if row is None:
        now_at = current_slug(slug)
        if now_at is None:
            raise Http404
        return HttpResponsePermanentRedirect(product_url(now_at))
    if row["slug"] != slug:
        return HttpResponsePermanentRedirect(product_url(row["slug"]))
    return render(request, "products/detail.html", _detail(row, client(Orders).shop()))


def _page(request: HttpRequest, form: CatalogueFilters) -> tuple[Page, int]:
    if not form.is_valid():
        return NOTHING, 400
    cleaned = form.cleaned_data
    filters = ProductFilters(
        category=cleaned["category"],
        search=cleaned["search"],
        min_price=form.lowest,
        max_price=form.highest,
        in_stock=True if cleaned["in_stock"] else None,
    )
    params = {name: request.GET[name] for name in ("cursor", "ordering") if request.GET.get(name)}
    try:
        return list_products(filters, params=params, url=request.get_full_path()), 200
    except DomainError as error:
        form.add_error(None, error.message)
        return NOTHING, error.status


def _place(tree: list[dict[str, Any]], slug: str) -> dict[str, Any] | None:
    """Return the chosen category with its trail and the chips beside or below it; nothing when there is none."""
    everything = {"slug": "", "name": _("All"), "url": "/products/"}
    path = _path_to(tree, slug)
    if not slug:
        return {"chips": [everything, *map(category_link, tree)], "current": "", "trail": [], "category": None}
    if not path:
        return None
    category, above = path[-1], path[-2] if len(path) > 1 else None
    root = category if category["children"] else above
    whole = category_link(root) | {"name": _("All in %(name)s") % {"name": root["name"]}} if root else everything
    chips = root["children"] if root else tree
    return {
        "chips": [whole, *map(category_link, chips)],
        "current": slug,
        "trail": [category_link(step) for step in path[:-1]],
        "category": category,
    }


def _path_to(tree: list[dict[str, Any]], slug: str) -> list[dict[str, Any]]:
    for category in tree:
        if category["slug"] == slug:
            return [category]
        below = _path_to(category["children"], slug)
        if below:
            return [category, *below]
    return []


def _heading(place: Mapping[str, Any], search: str) -> dict[str, str]:
    category = place["category"]
    if search:
        return {"title": _("Results for “%(words)s”") % {"words": search[:80]}, "intro": ""}
    if category:
        return {"title": category["name"], "intro": category["description"]}
    return {"title": _("All products"), "intro": ""}


def _reset_url(request: HttpRequest) -> str:
    kept = {name: request.GET[name] for name in ("search", "category") if request.GET.get(name)}
    return "/products/" + ("?" + urlencode(kept) if kept else "")


def _detail(row: dict[str, Any], shop: ShopProfile) -> dict[str, Any]:
    variants = _variants(row, shop)
    has_choice = bool(row["options"])
    prices = price_texts(row)
    return prices | {
        "product": row,
        "pictures": row["pictures"],
        "trail": [category_link(step) for step in (row["category"] or {"path": []})["path"]],
        "attributes": list(row["attributes"].items()),
        "from_price": row["price_is_from"],
        "variants": variants,
        "only_sku": "" if has_choice or not variants else variants[0]["sku"],
        "choice_label": " / ".join(option["name"] for option in row["options"]),
        "is_available": row["in_stock"] and bool(variants),
        "availability": _availability(row, shop),
        "most": min(MOST_AT_ONCE, max((variant["available"] for variant in row["variants"]), default=1)) or 1,
    }


def _availability(row: Mapping[str, Any], shop: ShopProfile) -> str:
    if row["options"] and row["in_stock"]:
        return ""  # each variant says it
    if row["available"] <= shop.low_stock_mark:
        return stock_note(row["available"], low_mark=shop.low_stock_mark)
    return _("%(count)s in stock") % {"count": row["available"]}


def _variants(row: Mapping[str, Any], shop: ShopProfile) -> list[dict[str, Any]]:
    first = next((variant["sku"] for variant in row["variants"] if variant["in_stock"]), None)
    return [
        price_texts(variant)
        | {
            "sku": variant["sku"],
            "name": variant["name"] or row["name"],
            "note": stock_note(variant["available"], low_mark=shop.low_stock_mark),
            "is_available": variant["in_stock"],
            "is_chosen": variant["sku"] == first,
        }
        for variant in row["variants"]
    ]
