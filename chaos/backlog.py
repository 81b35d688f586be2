"""What runs with the shop's environment beside its workers: customers who never wait, and a relay alone.

``python -m chaos.backlog goods LEDGER PIECES ORDERS``, ``... orders LEDGER FIRST COUNT``, ``... relay``.
"""

import os
import sys
from pathlib import Path

import django

from chaos.ledger import Ledger

SKUS = tuple(f"CHAOS-{number}" for number in range(20))


def goods(ledger: str, pieces: str, count: str) -> None:
    """Put so much on the shelf that nobody goes away empty-handed, and let the first come."""
    from apps.orders.services.settings import apply_shop_settings
    from apps.products.services.drafts import VariantDraft
    from apps.products.services.products import create_product
    from kernel import clock
    from kernel.actors import SYSTEM
    from kernel.money import Money

    told = Ledger(Path(ledger))
    apply_shop_settings(changes={"notify_email": "shop@example.com"}, actor=SYSTEM, now=clock.now())
    for number, sku in enumerate(SKUS):
        variant = VariantDraft(sku=sku, price=Money.of(f"{3 + number}.05", "EUR"), on_hand=int(pieces))
        create_product(
            fields={"name": f"Goods {sku}", "is_published": True}, variants=[variant], actor=SYSTEM, now=clock.now()
        )
        told.write("shelf", sku=sku, on_hand=variant.on_hand)
    told.close()
    orders(ledger, "0", count)


def orders(ledger: str, first: str, count: str) -> None:
    """Order, and pay, call off or ship each order: two events, each with a mail or two."""
    told = Ledger(Path(ledger))
    for number in range(int(first), int(first) + int(count)):
        told.write("order", **_order(number))
    told.close()


def _order(number: int) -> dict[str, object]:
    from apps.orders.services.cancelling import cancel_order
    from apps.orders.services.carts import add_line, create_cart
    from apps.orders.services.drafts import Checkout
    from apps.orders.services.fulfilments import Parcel, fulfil_order
    from apps.orders.services.payments import record_payment
    from apps.orders.services.placing import place_order
    from kernel import clock
    from kernel.actors import ANONYMOUS, SYSTEM
    from kernel.addresses import Address

    now = clock.now()
    cart = create_cart(actor=ANONYMOUS, now=now)
    lines = {SKUS[number % len(SKUS)]: 1, SKUS[number * 7 % len(SKUS)]: 1}
    for sku, quantity in lines.items():
        add_line(cart_id=cart.id, sku=sku, quantity=quantity, actor=ANONYMOUS, token=cart.token, now=now)
    address = Address(name="Ada Buyer", line1="Market Street 1", postcode="00100", city="Helsinki", country="FI")
    checkout = Checkout(email=f"order-{number}@example.com", shipping_address=address)
    order = place_order(cart_id=cart.id, checkout=checkout, actor=ANONYMOUS, token=cart.token, now=now).order
    if number % 3 == 0:
        record_payment(order_id=order.id, reference=f"BANK-{number}", actor=SYSTEM, now=clock.now())
    elif number % 3 == 1:
        cancel_order(order_id=order.id, actor=SYSTEM, token="", now=clock.now())
    else:
        fulfil_order(order_id=order.id, parcel=Parcel(carrier="Post"), actor=SYSTEM, now=clock.now())
    return {
        "key": f"order-{number}",
        "cart": str(cart.id),
        "status": 201,
        "body": "",
        "order": str(order.id),
        "total": order.total.as_text(),
        "lines": lines,
    }


def relay() -> None:
    """Hand to the broker what waits, while nobody reads there."""
    from kernel.events.handling import types_by_service
    from kernel.events.relay import relay_once
    from kernel.events.transport import new_transport

    transport = new_transport()
    assert transport is not None
    transport.declare(types_by_service())
    while relay_once("default", transport):
        pass
    transport.close()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saluhall.settings")
    django.setup()
    {work.__name__: work for work in (goods, orders, relay)}[sys.argv[1]](*sys.argv[2:])
