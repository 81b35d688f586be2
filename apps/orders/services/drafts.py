"""Building an order from a cart without writing anything."""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.orders.models.carts import Cart
from apps.orders.models.orders import Order, OrderLine
from apps.orders.models.settings import ShopSettings
from apps.orders.rules.numbers import BITS, order_number
from apps.orders.rules.payments import PaymentDates, PaymentTerms, payment_dates
from apps.orders.rules.states import FulfilmentStatus, PaymentStatus, Status
from apps.orders.rules.totals import Totals
from apps.orders.selectors.pricing import (
    DeliveryOption,
    WantedItem,
    delivery_options,
    goods_minor,
    needs_delivery,
    shipping_rate_ppm,
    totals_of,
)
from apps.orders.selectors.shop import Shop, shop
from apps.orders.selectors.vouchers import AppliedVoucher, Person, applied_voucher
from integrations.payments.port import PaymentMethod
from integrations.payments.registry import DEFAULT_METHOD, payment_methods
from integrations.payments.registry import payment_method as find_payment_method
from kernel.actors import Actor
from kernel.addresses import Address
from kernel.errors import DomainError, InvalidInputError
from kernel.ids import secret_token, uuid7
from kernel.money import MAX_MINOR, Money

EMAIL_LENGTH = 254
"""What the column of an order's address holds."""


class NotDeliverableError(DomainError):
    """No delivery method takes these goods to that country."""

    code = "not_deliverable"
    status = 409

    def __init__(self, *, country: str) -> None:
        super().__init__(f"These goods cannot be delivered to {country}.", extra={"country": country})


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """What a customer says at the till; empty texts ask for the default."""

    email: str
    shipping_address: Address
    billing_address: Address | None = None
    shipping_method: str = ""
    payment_method: str = ""
    note: str = ""
    voucher: str | None = None
    """A code that takes the place of the cart's; empty takes none, None the cart's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrder:
    """A new order with its lines."""

    order: Order
    lines: list[OrderLine]
    hold_until: datetime | None
    """Until when its stock is held; None takes it off the shelf at once."""
    voucher: AppliedVoucher | None = None


def draft_order(
    wanted: list[WantedItem],
    *,
    cart: Cart,
    checkout: Checkout,
    actor: Actor,
    now: datetime,
) -> PlacedOrder:
    """Build the order without writing anything."""
    the_shop = shop()
    country = checkout.shipping_address.country
    voucher = _voucher(wanted, cart=cart, checkout=checkout, actor=actor, now=now)
    options = _deliveries(wanted, the_shop=the_shop, country=country, voucher=voucher)
    delivery = _chosen(options, code=checkout.shipping_method)
    discount_minor = voucher.discount_minor if voucher else 0
    sums = totals_of(wanted, shop=the_shop, country=country, delivery=delivery, discount_minor=discount_minor)
    if max(sums.subtotal_minor, sums.total_minor) > MAX_MINOR:  # a voucher may bring either below the other
        msg = "This order is larger than any money we can count."
        raise InvalidInputError(msg)
    method = _payment_method(checkout.payment_method)
    dates = payment_dates(terms_of(method, settings=the_shop.settings), placed_at=now, total_minor=sums.total_minor)
    order = _order(
        cart, checkout=checkout, actor=actor, the_shop=the_shop, delivery=delivery, sums=sums, dates=dates, now=now
    )
    order.payment_method = method.code
    order.voucher_code = voucher.code if voucher else ""
    lines = [
        _line(order, position=position, one=one, sums=sums, the_shop=the_shop) for position, one in enumerate(wanted)
    ]
    return PlacedOrder(order=order, lines=lines, hold_until=dates.hold_until, voucher=voucher)


def _order(
    cart: Cart,
    *,
    checkout: Checkout,
    actor: Actor,
    the_shop: Shop,
    delivery: DeliveryOption | None,
    sums: Totals,
    dates: PaymentDates,
    now: datetime,
) -> Order:
    number = order_number(secrets.randbits(BITS))
    return Order(
        id=uuid7(),
        number=number,
        status=Status.OPEN,
        payment_status=PaymentStatus.UNPAID if sums.total_minor else PaymentStatus.PAID,
        fulfilment_status=FulfilmentStatus.UNFULFILLED,
        customer_id=actor.id,
        access_token=secret_token(),
        cart_id=cart.id,
        currency=cart.currency,
        tax_mode=the_shop.settings.tax_mode,
        prices_include_tax=the_shop.settings.prices_include_tax,
        payment_reference=number,
        due_at=dates.due_at,
        expires_at=dates.expires_at,
        placed_at=now,
        updated_at=now,
        **_said(checkout),
        **_sums(sums),
        **_sent(delivery, the_shop=the_shop, country=checkout.shipping_address.country),
    )


def _said(checkout: Checkout) -> dict[str, Any]:
    """Return what the customer said, as columns."""
    shipping_address = asdict(checkout.shipping_address)
    billing_address = asdict(checkout.billing_address) if checkout.billing_address else shipping_address
    return {
        "email": _email(checkout.email),
        "note": checkout.note,
        "shipping_address": shipping_address,
        "billing_address": billing_address,
    }


def _email(typed: str) -> str:
    """Return an address as its owner finds it, however it was typed; a letter may become two by that."""
    email = typed.lower()
    if len(email) > EMAIL_LENGTH:
        msg = f"An address has at most {EMAIL_LENGTH} characters."
        raise InvalidInputError(msg, fields={"email": [msg]})
    return email


def _sums(sums: Totals) -> dict[str, Any]:
    """Return what the order costs, as columns."""
    return {
        "subtotal_minor": sums.subtotal_minor,
        "discount_minor": sums.discount_minor,
        "shipping_minor": sums.shipping.amount_minor,
        "shipping_net_minor": sums.shipping.net_minor,
        "shipping_tax_minor": sums.shipping.tax_minor,
        "tax_minor": sums.tax_minor,
        "total_minor": sums.total_minor,
    }


def _sent(delivery: DeliveryOption | None, *, the_shop: Shop, country: str) -> dict[str, Any]:
    """Return how it is delivered, as columns."""
    return {
        "shipping_rate_ppm": shipping_rate_ppm(shop=the_shop, country=country, delivery=delivery),
        "shipping_method": delivery.method.code if delivery else "",
        "shipping_method_name": delivery.method.name if delivery else "",
    }


def _line(order: Order, *, position: int, one: WantedItem, sums: Totals, the_shop: Shop) -> OrderLine:
    item, taxed = one.item, sums.lines[position]
    country = order.shipping_address["country"]
    return OrderLine(
        id=uuid7(),
        order=order,
        position=position,
        sku=item.sku,
        product_id=item.product_id,
        product_name=item.product_name[:255],
        product_slug=item.product_slug[:255],
        variant_name=item.variant_name[:255],
        picture_url=item.picture_url[:500],
        quantity=one.quantity,
        currency=order.currency,
        unit_price_minor=item.unit_price.minor,
        total_minor=taxed.amount_minor,
        discount_minor=taxed.discount_minor,
        net_minor=taxed.net_minor,
        tax_minor=taxed.tax_minor,
        tax_rate_ppm=the_shop.rate_ppm(country=country, tax_class=item.tax_class),
        weight_grams=item.weight_grams,
    )


def _voucher(
    wanted: list[WantedItem], *, cart: Cart, checkout: Checkout, actor: Actor, now: datetime
) -> AppliedVoucher | None:
    """Return what the voucher does; one that does not count is refused, so that nobody pays more than was shown."""
    code = cart.voucher_code if checkout.voucher is None else checkout.voucher
    if not code:
        return None
    person = Person.buying(customer_id=actor.id, email=checkout.email)
    return applied_voucher(code, goods=Money(goods_minor(wanted), cart.currency), person=person, now=now)


def _deliveries(
    wanted: list[WantedItem], *, the_shop: Shop, country: str, voucher: AppliedVoucher | None
) -> list[DeliveryOption]:
    """Return how it can be delivered; nothing when nothing has to be sent."""
    if not needs_delivery(wanted):
        return []
    is_free = voucher is not None and voucher.frees_delivery
    options = delivery_options(wanted, shop=the_shop, country=country, is_free=is_free)
    if not options:
        raise NotDeliverableError(country=country)
    return options


def _chosen(options: list[DeliveryOption], *, code: str) -> DeliveryOption | None:
    """Return the delivery that was chosen, else the cheapest."""
    if not code or not options:
        return options[0] if options else None
    chosen = next((option for option in options if option.method.code == code), None)
    if chosen is None:
        msg = "This delivery method is not offered for these goods and this country."
        raise InvalidInputError(msg, fields={"shipping_method": [msg]})
    return chosen


def _payment_method(code: str) -> PaymentMethod:
    method = find_payment_method(code or DEFAULT_METHOD)
    if method is None or method not in payment_methods():
        msg = "There is no such payment method."
        raise InvalidInputError(msg, fields={"payment_method": [msg]})
    return method


def terms_of(method: PaymentMethod, *, settings: ShopSettings) -> PaymentTerms:
    """Return how a method is paid in this shop."""
    windows = {
        "invoice": timedelta(days=settings.invoice_days),
        "bank_transfer": timedelta(days=settings.bank_transfer_days),
        "stripe": timedelta(minutes=settings.card_minutes),
        "sandbox_card": timedelta(minutes=settings.card_minutes),
    }
    return PaymentTerms(
        ships_before_payment=method.ships_before_payment,
        window=windows.get(method.code, method.default_window),
    )
