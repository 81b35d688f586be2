"""Carts by the thousand with one thing in each, and how one becomes an order; Django is set up before they are asked for."""

from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from apps.orders.services.drafts import PlacedOrder

SKU = "LAMP"
PRICE_MINOR = 8900


def fill(*, stock: int, carts: int) -> list[UUID]:
    """Put the thing on an empty shelf, fill the carts, and return their ids."""
    from django.db import connections

    from apps.orders.models.carts import Cart, CartLine
    from apps.orders.models.orders import Order
    from apps.products.models.catalogue import Product, Variant
    from apps.products.models.stock import Reservation, Stock
    from kernel import clock
    from kernel.ids import uuid7

    now = clock.now()
    for left in (Order, Reservation, Cart, Product):
        left.objects.all().delete()
    stamps = {"created_at": now, "updated_at": now}
    product = Product.objects.create(
        name="Lamp", slug="lamp", currency="EUR", is_published=True, published_at=now, **stamps
    )
    variant = Variant.objects.create(product=product, sku=SKU, price_minor=PRICE_MINOR, currency="EUR", **stamps)
    Stock.objects.create(sku=SKU, variant=variant, on_hand=stock)
    ids = [uuid7() for _ in range(carts)]
    Cart.objects.bulk_create([Cart(id=id_, token=f"{id_}", currency="EUR", **stamps) for id_ in ids], batch_size=500)
    CartLine.objects.bulk_create(
        [CartLine(cart_id=id_, sku=SKU, quantity=1, unit_price_minor=PRICE_MINOR) for id_ in ids], batch_size=500
    )
    connections.close_all()  # clients may be forked from here
    return ids


def order(cart_id: UUID) -> "PlacedOrder":
    """Turn a cart into an order.

    :raises OutOfStockError: too little is left.
    """
    from apps.orders.services.drafts import Checkout
    from apps.orders.services.placing import place_order
    from kernel import clock
    from kernel.actors import ANONYMOUS
    from kernel.addresses import Address

    address = Address(name="Ada Buyer", line1="Market Street 1", postcode="00100", city="Helsinki", country="FI")
    checkout = Checkout(email="ada@example.com", shipping_address=address)
    return place_order(cart_id=cart_id, checkout=checkout, actor=ANONYMOUS, token=f"{cart_id}", now=clock.now())
