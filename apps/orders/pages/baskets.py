"""The basket of a request: a guest's hangs on a cookie, a person's on the account."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.orders.models.carts import Cart
from apps.orders.selectors.carts import CartView, current_cart
from apps.orders.services.cart_claims import claim_cart
from apps.orders.services.carts import CartClosedError
from kernel.actors import ANONYMOUS, Actor
from kernel.errors import NotFoundError
from kernel.http.principals import actor_of

COUNT_COOKIE = "cart_count"
KEPT_FOR = timedelta(days=60)
_WRITTEN = re.compile(r"(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(?P<token>[A-Za-z0-9_-]{20,64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class CartKey:
    """What a guest's cookie holds."""

    id: UUID
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """Who comes with which cart; a guest who filled none yet has none."""

    actor: Actor
    cart: Cart | None
    token: str

    @property
    def cart_id(self) -> UUID:
        """The cart's id.

        :raises NotFoundError: there is no cart.
        """
        if self.cart is None:
            msg = "There is no such cart."
            raise NotFoundError(msg)
        return self.cart.id


def cart_key(request: HttpRequest) -> CartKey | None:
    """Return what the guest's cookie says, or None when there is no sound one."""
    match = _WRITTEN.fullmatch(request.COOKIES.get(_cart_cookie(), ""))
    return CartKey(id=UUID(match["id"]), token=match["token"]) if match else None


def basket_of(request: HttpRequest, *, now: datetime) -> Basket:
    """Find the open cart of a request; who has signed in since filling one as a guest gets it now."""
    actor, key = actor_of(request), cart_key(request)
    token = key.token if key else ""
    if actor.is_signed_in and key is not None:
        _claim(key, actor=actor, now=now)
    return Basket(actor=actor, cart=current_cart(actor=actor, token=token), token=token)


def _claim(key: CartKey, *, actor: Actor, now: datetime) -> None:
    try:
        claim_cart(cart_id=key.id, actor=actor, token=key.token, now=now)
    except (NotFoundError, CartClosedError):  # an old cookie: there is nothing to take over
        return


def remember(response: HttpResponseBase, view: CartView, *, actor: Actor) -> None:
    """Let the browser keep the guest's key and the number in the header; a person needs no key."""
    if actor.is_signed_in:
        response.delete_cookie(_cart_cookie())
    else:
        _set(response, _cart_cookie(), f"{view.id}.{view.token}")
    remember_count(response, view.quantity, actor=actor)


def remember_count(response: HttpResponseBase, quantity: int, *, actor: Actor = ANONYMOUS) -> None:
    """Keep how many pieces lie in the basket, so that no page has to count them; a person's is for that person alone."""
    if quantity:
        _set(response, COUNT_COOKIE, f"{quantity}.{actor.mark}" if actor.is_signed_in else str(quantity))
    else:
        response.delete_cookie(COUNT_COOKIE)


def _cart_cookie() -> str:
    """Name the guest's cookie; under https no neighbouring host can put another basket in its place."""
    return "__Host-cart" if settings.SESSION_COOKIE_SECURE else "cart"


def _set(response: HttpResponseBase, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=KEPT_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
