"""Making a guest's cart a person's, at sign-in."""

from datetime import datetime
from uuid import UUID

from apps.orders.models.carts import Cart, CartLine, CartStatus
from apps.orders.rules.carts import MAX_LINES, merged_quantity
from apps.orders.selectors.carts import CartContents, contents_of, quotes_of
from apps.orders.services.carts import open_cart
from kernel.actors import Actor
from kernel.errors import ForbiddenError
from kernel.transactions import unit_of_work


@unit_of_work
def claim_cart(*, cart_id: UUID, actor: Actor, token: str, now: datetime) -> CartContents:
    """Give a guest's cart to the person who holds its token; a cart they have already takes its lines.

    Quantities are summed up as far as the stock reaches. Claiming one's own cart changes nothing.
    """
    if actor.id is None:
        msg = "Sign in to keep this cart."
        raise ForbiddenError(msg)
    cart = open_cart(cart_id=cart_id, actor=actor, token=token)
    if cart.customer_id == actor.id:
        return contents_of(cart)
    mine = _own_cart(actor.id, currency=cart.currency)
    if mine is None:
        cart.customer_id = actor.id
        _touch(cart, now=now)
        return contents_of(cart)
    _merge(cart, into=mine, now=now)
    return contents_of(mine)


def _own_cart(customer_id: UUID, *, currency: str) -> Cart | None:
    """Look first, then lock by the key: MariaDB misses a row that moves in the index while it is waited for."""
    open_ones = Cart.objects.filter(customer_id=customer_id, status=CartStatus.OPEN, currency=currency)
    mine = open_ones.order_by("-updated_at", "-id")
    while (cart_id := mine.values_list("id", flat=True).first()) is not None:
        cart = Cart.objects.select_for_update().filter(id=cart_id, status=CartStatus.OPEN).first()
        if cart is not None:
            return cart
    return None


def _merge(cart: Cart, *, into: Cart, now: datetime) -> None:
    mine = {line.sku: line for line in into.lines.all()}
    theirs = list(cart.lines.order_by("id"))
    quotes = quotes_of([line.sku for line in theirs])
    fresh: list[CartLine] = []
    for line in theirs:
        quote = quotes.get(line.sku)
        available = quote.available if quote and quote.is_sellable else 0
        kept = mine.get(line.sku)
        if kept is not None:
            kept.quantity = merged_quantity(mine=kept.quantity, theirs=line.quantity, available=available)
        elif available and len(mine) + len(fresh) < MAX_LINES:
            fresh.append(_moved(line, into=into, available=available))
    CartLine.objects.bulk_update(mine.values(), ["quantity"])
    CartLine.objects.bulk_create(fresh)
    into.voucher_code = into.voucher_code or cart.voucher_code
    _touch(into, now=now)
    cart.status = CartStatus.MERGED
    _touch(cart, now=now)


def _moved(line: CartLine, *, into: Cart, available: int) -> CartLine:
    return CartLine(
        cart=into,
        sku=line.sku,
        quantity=merged_quantity(mine=0, theirs=line.quantity, available=available),
        unit_price_minor=line.unit_price_minor,
    )


def _touch(cart: Cart, *, now: datetime) -> None:
    cart.version += 1
    cart.updated_at = now
    cart.save(update_fields=["customer_id", "status", "voucher_code", "version", "updated_at"])
