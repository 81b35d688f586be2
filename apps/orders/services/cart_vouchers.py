"""Putting a voucher into a cart: it is looked at there, and counted when the cart is ordered."""

from datetime import datetime
from uuid import UUID

from apps.orders.models.carts import Cart
from apps.orders.selectors.carts import CartContents, contents_of, goods_in
from apps.orders.selectors.vouchers import Person, applied_voucher
from apps.orders.services.carts import open_cart
from kernel.actors import Actor
from kernel.transactions import unit_of_work


@unit_of_work
def set_voucher(
    *, cart_id: UUID, code: str, actor: Actor, token: str, now: datetime, version: int | None = None
) -> CartContents:
    """Put a voucher into the cart, in the place of another.

    :raises VoucherRefusedError: it does not count, and why; the cart stays as it was.
    """
    cart = open_cart(cart_id=cart_id, actor=actor, token=token, version=version)
    contents = contents_of(cart)
    person = Person(customer_id=cart.customer_id)
    applied = applied_voucher(code, goods=goods_in(contents), person=person, now=now)
    _keep(cart, code=applied.code, now=now)
    return contents


@unit_of_work
def remove_voucher(
    *, cart_id: UUID, actor: Actor, token: str, now: datetime, version: int | None = None
) -> CartContents:
    """Take the voucher out; a cart without one stays as it is."""
    cart = open_cart(cart_id=cart_id, actor=actor, token=token, version=version)
    if cart.voucher_code:
        _keep(cart, code="", now=now)
    return contents_of(cart)


def _keep(cart: Cart, *, code: str, now: datetime) -> None:
    cart.voucher_code = code
    cart.version += 1
    cart.updated_at = now
    cart.save(update_fields=["voucher_code", "version", "updated_at"])
