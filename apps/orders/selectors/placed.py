"""The order that came out of a cart: a form that is sent twice ends at the same order."""

from uuid import UUID

from apps.orders.models.carts import Cart
from apps.orders.models.orders import Order
from apps.orders.selectors.carts import may_open
from kernel.actors import Actor


def order_from_cart(*, cart_id: UUID, actor: Actor, token: str) -> Order | None:
    """Return the order that a cart became, if whoever asks may open that cart."""
    cart = Cart.objects.filter(id=cart_id).first()
    if cart is None or not may_open(cart, actor=actor, token=token):
        return None
    return Order.objects.filter(cart_id=cart_id).first()


def is_a_cart(cart_id: UUID) -> bool:
    """Tell whether there is, or was, such a cart."""
    return Cart.objects.filter(id=cart_id).exists()
