"""What the back-office pages of one product share: finding it, and the head that all of them show."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from apps.products.selectors.office import OfficeProduct, office_product

REFUSED = 422
OFFICE = "/office/products/"
TAB_NAMES = {
    "variants": _("Variants"),
    "variant": _("Variant"),
    "options": _("Options"),
    "stock": _("Stock"),
    "pictures": _("Pictures"),
}


def found(product_id: UUID) -> OfficeProduct:
    """Return the product with its variants, or end in a 404."""
    shown = office_product(product_id)
    if shown is None:
        raise Http404
    return shown


def product_page(
    request: HttpRequest, shown: OfficeProduct, tab: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """Render one tab of a product: ``details``, ``variants``, ``stock`` or ``pictures``."""
    root = office_url(shown.product.id)
    head = {
        "product": shown.product,
        "variants": shown.variants,
        "tab": tab,
        "tab_name": TAB_NAMES.get(tab, ""),
        "root": root,
        "shop_url": f"/products/{shown.product.slug}/",
    }
    return render(request, f"products/office/{tab}.html", head | context, status=status)


def office_url(product_id: UUID, tab: str = "") -> str:
    """Return where staff find a product, or one of its tabs."""
    return f"{OFFICE}{product_id}/{tab}"


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what was sent, even when it is empty; nothing when the page was only asked for."""
    return request.POST if request.method == "POST" else None
