"""The basket: filling it, changing it, and putting right what changed since."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.orders.forms.cart import AddLineForm, QuantityForm, VoucherForm
from apps.orders.pages.baskets import Basket, basket_of, remember, remember_count
from apps.orders.selectors.carts import CartContents, CartView, cart_view, contents_of
from apps.orders.services import carts
from contracts.products import OutOfStockError
from kernel import clock
from kernel.errors import DomainError, InvalidInputError, NotFoundError

REFUSED = 422
FIELD = "quantity-"


@dataclass(frozen=True, slots=True)
class Refused:
    """A new quantity that cannot be had, kept as it was typed."""

    line_id: str
    typed: str
    errors: Sequence[str]


@require_POST
def add_line(request: HttpRequest) -> HttpResponse:
    form = AddLineForm(request.POST)
    if form.is_valid():
        try:
            contents, basket = _added(request, form)
        except DomainError as error:
            form.add_error(_field_of(error), in_words(error))
        else:
            messages.success(request, _("It is in your basket."))
            response = redirect("orders:cart")
            remember(response, cart_view(contents, now=clock.now()), actor=basket.actor)
            return response
    return render(request, "orders/add_line.html", {"form": form}, status=REFUSED)


def _added(request: HttpRequest, form: AddLineForm) -> tuple[CartContents, Basket]:
    now = clock.now()
    basket = basket_of(request, now=now)
    cart = basket.cart or carts.create_cart(actor=basket.actor, now=now)
    contents = carts.add_line(
        cart_id=cart.id,
        sku=form.cleaned_data["sku"],
        quantity=form.cleaned_data["quantity"],
        actor=basket.actor,
        token=cart.token,
        now=now,
    )
    return contents, basket


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cart(request: HttpRequest) -> HttpResponse:
    basket = basket_of(request, now=clock.now())
    if request.method == "POST":
        return _change(request, basket)
    return cart_page(request, basket)


def _change(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Set the quantities that were typed; the first that cannot be is shown at its field."""
    for name in [name for name in request.POST if name.startswith(FIELD)]:
        line_id, value = name.removeprefix(FIELD), request.POST[name]
        form = QuantityForm({"quantity": value})
        if form.is_valid():
            _set_quantity(basket, line_id=_uuid(line_id), form=form)
        if form.errors:
            return cart_page(
                request, basket, refused=Refused(line_id, value, [str(text) for text in form.errors["quantity"]])
            )
    messages.success(request, _("Your basket is up to date."))
    return redirect("orders:cart")


def _set_quantity(basket: Basket, *, line_id: UUID, form: QuantityForm) -> None:
    try:
        carts.set_quantity(
            cart_id=basket.cart_id,
            line_id=line_id,
            quantity=form.cleaned_data["quantity"],
            actor=basket.actor,
            token=basket.token,
            now=clock.now(),
        )
    except NotFoundError as error:
        raise Http404 from error
    except DomainError as error:
        form.add_error("quantity", in_words(error))


@require_POST
def remove_line(request: HttpRequest, line_id: UUID) -> HttpResponse:
    basket = basket_of(request, now=clock.now())
    try:
        carts.remove_line(
            cart_id=basket.cart_id, line_id=line_id, actor=basket.actor, token=basket.token, now=clock.now()
        )
    except NotFoundError as error:
        raise Http404 from error
    except carts.CartClosedError as error:  # ordered in another tab
        messages.error(request, in_words(error))
        return redirect("orders:cart")
    messages.success(request, _("It is out of your basket."))
    return redirect("orders:cart")


@require_POST
def accept_prices(request: HttpRequest) -> HttpResponse:
    basket = basket_of(request, now=clock.now())
    try:
        carts.accept_prices(cart_id=basket.cart_id, actor=basket.actor, token=basket.token, now=clock.now())
    except NotFoundError as error:
        raise Http404 from error
    except carts.CartClosedError as error:
        messages.error(request, in_words(error))
        return redirect("orders:cart")
    messages.success(request, _("The prices of today are in your basket."))
    return redirect("orders:cart")


def cart_page(
    request: HttpRequest,
    basket: Basket,
    *,
    refused: Refused | None = None,
    voucher_form: VoucherForm | None = None,
) -> HttpResponse:
    """Show the basket; ``refused`` names the line whose new quantity cannot be had, the form a voucher that is none."""
    view = cart_view(contents_of(basket.cart), now=clock.now()) if basket.cart else None
    quantity = view.quantity if view else 0
    context = {
        "cart": view,
        "cart_count": quantity,
        "refused": refused,
        "voucher_form": voucher_form or VoucherForm(),
        "counted": counted_voucher(view),
    }
    is_refused = bool(refused or (voucher_form and voucher_form.errors))
    response = render(request, "orders/cart.html", context, status=REFUSED if is_refused else 200)
    if view is None:
        remember_count(response, 0)
    else:
        remember(response, view, actor=basket.actor)
    return response


def counted_voucher(view: CartView | None) -> str:
    """Return the code of the voucher that counts now, for the line among the sums."""
    voucher = view.voucher if view else None
    return voucher.code if voucher and not voucher.problem else ""


def in_words(error: DomainError) -> str:
    """Say to a customer why a line cannot be had so."""
    available = error.extra.get("available")
    if not isinstance(error, OutOfStockError) or available is None:
        return next((text for texts in error.fields.values() for text in texts), error.message)
    if not available:
        return _("This is sold out.")
    return ngettext("Only %(count)d is left.", "Only %(count)d are left.", available) % {"count": available}


def _field_of(error: DomainError) -> str | None:
    is_about_number = isinstance(error, OutOfStockError | InvalidInputError)
    return "quantity" if is_about_number else None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error
