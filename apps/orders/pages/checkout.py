"""The till: one page that turns a basket into an order, once."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.orders.forms.cart import VoucherForm
from apps.orders.forms.checkout import CheckoutForm, initial_of
from apps.orders.models.carts import Cart
from apps.orders.pages.baskets import Basket, basket_of, cart_key, remember_count
from apps.orders.pages.cart import counted_voucher
from apps.orders.pages.cart_voucher import REDRAW, voucher_at_the_till
from apps.orders.pages.choices import delivery_choices, payment_choices
from apps.orders.pages.links import leads_to_providers, order_link
from apps.orders.pages.payment import pay_hosted
from apps.orders.rules.states import may_pay
from apps.orders.selectors.carts import CartContents, CartView, cart_view, contents_of
from apps.orders.selectors.placed import is_a_cart, order_from_cart
from apps.orders.selectors.shop import shop
from apps.orders.services.carts import CartClosedError, NotSellableError
from apps.orders.services.drafts import Checkout, NotDeliverableError, PlacedOrder
from apps.orders.services.placing import CartEmptyError, PriceChangedError, place_order
from contracts.products import OutOfStockError, UnknownSkuError
from contracts.users import Users
from integrations.payments.registry import payment_method
from kernel import clock
from kernel.actors import Actor
from kernel.addresses import Address
from kernel.errors import ConflictError, DomainError
from kernel.http.throttles import limited
from kernel.rpc import client

REFUSED = 422
CHANGED_SINCE = (OutOfStockError, NotSellableError, PriceChangedError, UnknownSkuError)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited("checkout")
@leads_to_providers
def checkout(request: HttpRequest) -> HttpResponse:
    basket = basket_of(request, now=clock.now())
    if basket.cart is None:
        return _after_the_order(request, basket)
    try:
        cart, voucher_form = voucher_at_the_till(request, basket, basket.cart)
    except CartClosedError:
        return _after_the_order(request, basket)
    if request.method != "POST" or REDRAW in request.POST:
        return _till(request, basket, cart, voucher_form=voucher_form)
    form = CheckoutForm(request.POST)
    if form.is_valid() and not voucher_form.errors:
        try:
            _refuse_another_basket(form.cleaned_data["key"], cart=cart)
            return _place(request, basket, cart, form=form)
        except CartClosedError:
            return _after_the_order(request, basket)
        except (CartEmptyError, *CHANGED_SINCE) as error:
            return _back_to_the_basket(request, cart, error)
        except DomainError as error:
            _show_at_its_field(form, error)
    return _till(request, basket, cart, form=form, voucher_form=voucher_form)


def _place(request: HttpRequest, basket: Basket, cart: Cart, *, form: CheckoutForm) -> HttpResponse:
    typed = form.cleaned_data
    placed = place_order(
        cart_id=cart.id,
        checkout=Checkout(
            email=typed["email"],
            shipping_address=form.shipping_address(),
            billing_address=form.billing_address(),
            shipping_method=typed["shipping_method"],
            payment_method=typed["payment_method"],
            note=typed["note"],
        ),
        actor=basket.actor,
        token=basket.token,
        now=clock.now(),
        keep_answer=lambda draft: _refuse_another_total(draft, shown=typed["total"]),
    )
    token = "" if basket.actor.is_signed_in else placed.order.access_token
    method = payment_method(placed.order.payment_method)
    if method is not None and method.is_hosted and may_pay(placed.order.state):
        response = pay_hosted(request, placed.order, token=token)
    else:
        response = redirect(order_link("thanks", placed.order.id, token=token))
    remember_count(response, 0)
    return response


def _refuse_another_basket(key: UUID | None, *, cart: Cart) -> None:
    """An old form does not order what was put into a basket begun since."""
    if key is not None and key != cart.id and is_a_cart(key):
        raise ConflictError(_("Your basket is another one now. Look at it again, then place the order."))


def _refuse_another_total(draft: PlacedOrder, *, shown: int | None) -> None:
    """Nobody owes a sum that was not shown: the country or the basket may have changed since."""
    if shown is not None and shown != draft.order.total_minor:
        raise ConflictError(_("The total is another one now. Look at it again, then place the order."))


def _after_the_order(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Lead whoever sends the form once more to the order that it became, else to the empty basket."""
    for cart_id in _sent_carts(request):
        order = order_from_cart(cart_id=cart_id, actor=basket.actor, token=basket.token)
        if order is not None:
            return redirect(order_link("thanks", order.id, token="" if order.customer_id else order.access_token))
    return redirect("orders:cart")


def _sent_carts(request: HttpRequest) -> list[UUID]:
    """Return which carts a form speaks of: by its key, and by the cookie that came along."""
    if request.method != "POST":
        return []
    cookie = cart_key(request)
    try:
        keys = [UUID(request.POST.get("key", ""))]
    except ValueError:
        keys = []
    return keys + ([cookie.id] if cookie else [])


def _back_to_the_basket(request: HttpRequest, cart: Cart, error: DomainError) -> HttpResponse:
    """Name the lines that changed at the last moment; the basket puts them right."""
    lines = cart_view(contents_of(cart), now=clock.now()).lines
    names = [line.name for line in lines if line.sku in error.extra.get("skus", ())]
    text = _("Nothing was ordered yet: something changed at the last moment.")
    messages.error(request, f"{text} {', '.join(names)}" if names else text)
    return redirect("orders:cart")


def _show_at_its_field(form: CheckoutForm, error: DomainError) -> None:
    fields = {name: texts for name, texts in error.fields.items() if name in form.fields}
    for name, texts in fields.items():
        form.add_error(name, texts)
    if not fields:
        form.add_error("country" if isinstance(error, NotDeliverableError) else None, error.message)


def _till(
    request: HttpRequest, basket: Basket, cart: Cart, *, voucher_form: VoucherForm, form: CheckoutForm | None = None
) -> HttpResponse:
    """Draw the page; a basket that cannot be ordered as it lies there is put right first."""
    saved = _saved_addresses(basket.actor)
    index = _chosen(request, saved)
    form = form or CheckoutForm(initial=_first_values(request, basket.actor, saved[index] if saved else None))
    contents = contents_of(cart)
    view = _delivered(contents, form)
    if not view.lines or view.problems:
        return redirect("orders:cart")
    context = {
        "form": form,
        "cart": view,
        "cart_count": view.quantity,
        "counted": counted_voucher(view),
        "voucher_form": voucher_form,
        "needs_delivery": any(quote.requires_shipping for quote in contents.quotes.values()),
        "deliveries": delivery_choices(view),
        "payments": payment_choices(form["payment_method"].value() or ""),
        "saved": [{"address": one, "is_chosen": place == index} for place, one in enumerate(saved)],
    }
    status = REFUSED if form.errors or voucher_form.errors else 200
    return render(request, "orders/checkout.html", context, status=status)


def _delivered(contents: CartContents, form: CheckoutForm) -> CartView:
    method = form["shipping_method"].value() or ""
    return cart_view(contents, now=clock.now(), country=form.chosen_country(), method=method)


def _saved_addresses(actor: Actor) -> list[Address]:
    return client(Users).addresses(user_id=actor.id) if actor.id is not None else []


def _chosen(request: HttpRequest, saved: list[Address]) -> int:
    """Return which saved address is to be used: the one that the link names, else the first."""
    asked = request.GET.get("address", "")
    index = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < len("100") else 0
    return index if index < len(saved) else 0


def _first_values(request: HttpRequest, actor: Actor, address: Address | None) -> dict[str, Any]:
    """Return what stands in the form before anything is sent, or what was typed when it is only drawn again."""
    if request.method == "POST":
        return {**request.POST.dict(), "same_billing": "same_billing" in request.POST}
    known = initial_of(address) if address else {"name": actor.name, "country": shop().settings.country}
    return {"email": actor.email, **known}
