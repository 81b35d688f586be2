"""The voucher of a basket: typed, looked at, taken out, at the basket and at the till."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.orders.forms.cart import VoucherForm
from apps.orders.models.carts import Cart
from apps.orders.pages.baskets import Basket, basket_of
from apps.orders.pages.cart import cart_page
from apps.orders.rules.vouchers import VoucherRefusedError
from apps.orders.services import cart_vouchers
from apps.orders.services.carts import CartClosedError
from kernel import clock
from kernel.errors import NotFoundError
from kernel.http.throttles import limited

REDRAW = "update"
"""The buttons that only draw the till again, with everything that was typed."""
APPLY, REMOVE = "voucher", "remove-voucher"


@require_POST
@limited("checkout")
def set_voucher(request: HttpRequest) -> HttpResponse:
    """Put the voucher that was typed into the basket."""
    basket, form = basket_of(request, now=clock.now()), VoucherForm(request.POST)
    if basket.cart is None:
        raise Http404
    if form.is_valid():
        try:
            _put(basket, form=form)
        except (NotFoundError, CartClosedError) as error:
            raise Http404 from error
        if not form.errors:
            messages.success(request, _("Your voucher counts."))
            return redirect("orders:cart")
    return cart_page(request, basket, voucher_form=form)


@require_POST
def remove_voucher(request: HttpRequest) -> HttpResponse:
    """Take the voucher out of the basket."""
    basket = basket_of(request, now=clock.now())
    try:
        cart_vouchers.remove_voucher(cart_id=basket.cart_id, actor=basket.actor, token=basket.token, now=clock.now())
    except (NotFoundError, CartClosedError) as error:
        raise Http404 from error
    messages.success(request, _("The voucher is out of your basket."))
    return redirect("orders:cart")


def voucher_at_the_till(request: HttpRequest, basket: Basket, cart: Cart) -> tuple[Cart, VoucherForm]:
    """Put in what was typed at the till, or take it out; a code nobody pressed a button for counts when ordering.

    :raises CartClosedError: the cart was ordered meanwhile.
    """
    asked = request.POST.get(REDRAW)
    if asked == REMOVE:
        removed = cart_vouchers.remove_voucher(cart_id=cart.id, actor=basket.actor, token=basket.token, now=clock.now())
        return removed.cart, VoucherForm()
    if asked != APPLY and (asked is not None or not request.POST.get("voucher")):
        return cart, VoucherForm()
    form = VoucherForm(request.POST)
    changed = _put(basket, form=form) if form.is_valid() else None
    return changed or cart, form


def _put(basket: Basket, *, form: VoucherForm) -> Cart | None:
    """Return the cart with its voucher; a refusal stands at the field."""
    try:
        contents = cart_vouchers.set_voucher(
            cart_id=basket.cart_id,
            code=form.cleaned_data["voucher"],
            actor=basket.actor,
            token=basket.token,
            now=clock.now(),
        )
    except VoucherRefusedError as refused:
        form.add_error("voucher", refused.message)
        return None
    return contents.cart
