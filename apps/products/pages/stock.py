"""The back office: what is on the shelf of each variant, and how it came to be."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.products.forms.stock import StockForm
from apps.products.pages.parts import REFUSED, found, office_url, posted, product_page
from apps.products.rules.stock import is_low
from apps.products.selectors.office import OfficeProduct, movements_of
from apps.products.services.stock import set_stock
from contracts.orders import Orders
from contracts.rights import Right
from kernel import clock
from kernel.errors import DomainError
from kernel.http.principals import actor_of, right_required
from kernel.rpc import client

TAB = "stock/"


@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.CATALOGUE)
def stock(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show stock and its last movements, and write down what was counted."""
    shown = found(product_id)
    form = StockForm(posted(request), skus=shown.skus, initial={"sku": request.GET.get("sku")})
    if request.method == "POST" and form.is_valid():
        try:
            set_stock(**form.cleaned_data, actor=actor_of(request), now=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Stock of %(sku)s is written down.") % {"sku": form.cleaned_data["sku"]})
            return redirect(office_url(product_id, TAB))
    return product_page(
        request,
        shown,
        "stock",
        status=REFUSED if form.errors else 200,
        form=form,
        rows=_rows(shown),
        movements=movements_of(shown.skus),
    )


def _rows(shown: OfficeProduct) -> list[dict[str, object]]:
    default_mark = client(Orders).shop().low_stock_mark
    return [
        {
            "variant": variant,
            "stock": variant.stock,
            "state": _state(variant.stock.available, variant.stock.low_stock_mark, default_mark),
        }
        for variant in shown.variants
    ]


def _state(available: int, mark: int | None, default_mark: int) -> str:
    if available <= 0:
        return "sold_out"
    return "low_stock" if is_low(available=available, mark=mark, default_mark=default_mark) else "in_stock"
