"""The demo shop's settings, and a month of orders in every state."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import parseaddr
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from apps.orders.models.orders import Order
from apps.orders.models.settings import ShopSettings
from apps.orders.rules.shipping import ShippingKind, WeightBand
from apps.orders.services.cancelling import cancel_order
from apps.orders.services.carts import add_line, create_cart
from apps.orders.services.drafts import Checkout
from apps.orders.services.fulfilments import Parcel, fulfil_order
from apps.orders.services.payments import pay_order, record_payment
from apps.orders.services.placing import place_order
from apps.orders.services.refunds import RefundWish, refund_order
from apps.orders.services.returning import return_due
from apps.orders.services.settings import apply_shop_settings
from apps.orders.services.shipping_methods import ShippingTerms, save_shipping_method
from apps.orders.services.tax_rates import set_tax_rate
from integrations.payments.sandbox import SUCCEEDS
from kernel.actors import ANONYMOUS, SYSTEM, Actor, Role
from kernel.addresses import Address
from kernel.events.relay import deliver_all
from kernel.money import Money
from kernel.transactions import unit_of_work

CLERK = Actor(role=SYSTEM.role, name="Demo")
SHOPPER = "shopper@example.com"


def is_untouched() -> bool:
    """Return whether nobody has changed the shop's settings or ordered anything."""
    return ShopSettings.objects.the_one().version == 1 and not Order.objects.exists()


@unit_of_work
def set_up_demo_shop(*, content: Mapping[str, Any], now: datetime) -> None:
    """Give the shop a name, taxes and delivery methods."""
    sender_name, sender_email = parseaddr(content["email_sender"])
    bank = content["bank_transfer"]
    changes = {
        "name": content["name"],
        "description": content["description"],
        "currency": content["currency"],
        "country": content["country"],
        "prices_include_tax": content["prices_include_tax"],
        "sender_name": sender_name,
        "sender_email": sender_email,
        "notify_email": content["contact_email"],
        "bank_account_holder": bank["account_holder"],
        "bank_iban": bank["iban"],
        "bank_bic": bank["bic"],
    }
    apply_shop_settings(changes=changes, actor=CLERK, now=now)
    for rate in content["tax_rates"]:
        set_tax_rate(
            country=rate["country"],
            tax_class=rate["tax_class"],
            name=rate["name"],
            rate_ppm=int(Decimal(rate["percent"]) * 10_000),
            actor=CLERK,
            now=now,
        )
    for position, method in enumerate(content["shipping_methods"]):
        terms = _terms(method, currency=content["currency"], position=position)
        save_shipping_method(terms=terms, actor=CLERK, now=now)


def _terms(method: Mapping[str, Any], *, currency: str, position: int) -> ShippingTerms:
    return ShippingTerms(
        code=method["code"],
        name=method["name"],
        description=method["description"],
        kind=ShippingKind(method["kind"]),
        price=Money.of(method.get("price", "0"), currency),
        free_above=Money.of(method["free_above"], currency) if "free_above" in method else None,
        bands=[
            WeightBand(up_to_grams=band["up_to_grams"], price_minor=Money.of(band["price"], currency).minor)
            for band in method.get("bands", ())
        ],
        countries=method["countries"],
        tax_class=method["tax_class"],
        position=position,
    )


def place_demo_orders(*, content: Mapping[str, Any], now: datetime) -> int:
    """Live through the last month, one order after the other; nobody gets a mail about it."""
    for told in content["orders"]:
        moment = (now - timedelta(days=told["days_ago"])).replace(hour=told["hour"], minute=17, second=0)
        moment = min(moment, now - timedelta(minutes=5))
        _live(
            _place(told, customer=content["customers"][told["customer"]], now=moment),
            told=told,
            placed_at=moment,
            now=now,
        )
    deliver_all(is_strict=False, prefix="orders.", untold=("notifications",))
    return len(content["orders"])


def _place(told: Mapping[str, Any], *, customer: Mapping[str, str], now: datetime) -> Order:
    actor = _actor(customer["email"])
    cart = create_cart(actor=actor, now=now)
    for sku, quantity in told["lines"].items():
        add_line(cart_id=cart.id, sku=sku, quantity=quantity, actor=actor, token=cart.token, now=now)
    address = Address(**{name: text for name, text in customer.items() if name != "email"})
    checkout = Checkout(email=customer["email"], shipping_address=address, payment_method=told["payment_method"])
    return place_order(cart_id=cart.id, checkout=checkout, actor=actor, token=cart.token, now=now).order


def _actor(email: str) -> Actor:
    """Return a guest, or the demo shop's own customer, whose id follows from the address."""
    if email != SHOPPER:
        return ANONYMOUS
    return Actor(id=uuid5(NAMESPACE_URL, f"mailto:{email}"), role=Role.REGULAR, email=email)


def _live(order: Order, *, told: Mapping[str, Any], placed_at: datetime, now: datetime) -> None:
    story = told["story"]
    if story == "cancelled":
        cancel_order(order_id=order.id, actor=CLERK, token="", now=placed_at + timedelta(hours=2))
    if story in {"placed", "cancelled"}:
        return
    _pay(order, now=min(placed_at + timedelta(minutes=3), now))
    later = min(placed_at + timedelta(hours=26), now)
    if story in {"delivered", "returned"}:
        _ship(order, quantities=None, now=later)
    elif story == "partly_delivered":
        _ship(order, quantities=dict(list(told["lines"].items())[:1]), now=later)
    if story in {"returned", "refunded"}:
        sku, quantity = next(iter(told["lines"].items()))
        wish = RefundWish(
            quantities={sku: quantity}, reason="Sent back", restock=True, reference=f"demo-{order.number}"
        )
        at = min(later + timedelta(days=3), now)
        refund_order(order_id=order.id, wish=wish, actor=CLERK, now=at)
        return_due(now=at)


def _pay(order: Order, *, now: datetime) -> None:
    if order.payment_method == "sandbox_card":
        details = {"card_number": SUCCEEDS}
        pay_order(order_id=order.id, method="", details=details, actor=CLERK, token="", now=now)
    else:
        record_payment(order_id=order.id, reference="", actor=CLERK, now=now)


def _ship(order: Order, *, quantities: Mapping[str, int] | None, now: datetime) -> None:
    number = f"JJFI{order.id.int % 10**14:014d}"
    parcel = Parcel(
        quantities=quantities,
        carrier="Posti",
        tracking_number=number,
        tracking_url=f"https://www.posti.fi/en/tracking#/lahetys/{number}",
    )
    fulfil_order(order_id=order.id, parcel=parcel, actor=CLERK, now=now)
