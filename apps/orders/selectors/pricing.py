"""What a cart costs, delivered to a country."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apps.orders.models.settings import ShippingMethod
from apps.orders.rules.shipping import delivers_to, price_of
from apps.orders.rules.totals import PricedItem, TaxMode, Totals, totals
from apps.orders.selectors.shop import Shop
from contracts.products import QuotedItem
from kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedItem:
    """So many of a quoted item."""

    item: QuotedItem
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOption:
    """A delivery method with its price for one parcel, as shown in this shop."""

    method: ShippingMethod
    price_minor: int

    @property
    def price(self) -> Money:
        """The same as money."""
        return Money(self.price_minor, self.method.currency)


def delivery_options(
    wanted: Sequence[WantedItem], *, shop: Shop, country: str, is_free: bool = False
) -> list[DeliveryOption]:
    """Return what delivery can be had for these items, the cheapest first, also when a voucher makes each one free."""
    parcel = [one for one in wanted if one.item.requires_shipping]
    weight_grams = sum(one.item.weight_grams * one.quantity for one in parcel)
    subtotal_minor = goods_minor(wanted)
    options = [
        DeliveryOption(method=method, price_minor=price_minor)
        for method in shop.methods
        if delivers_to(method.tariff, country=country)
        and (price_minor := price_of(method.tariff, subtotal_minor=subtotal_minor, weight_grams=weight_grams))
        is not None
    ]
    options.sort(key=lambda option: (option.price_minor, option.method.position, option.method.code))
    return [replace(option, price_minor=0) for option in options] if is_free else options


def goods_minor(wanted: Sequence[WantedItem]) -> int:
    """Return what the goods cost as shown."""
    return sum(one.item.unit_price.minor * one.quantity for one in wanted)


def needs_delivery(wanted: Sequence[WantedItem]) -> bool:
    """Tell whether anything has to be sent at all."""
    return any(one.item.requires_shipping for one in wanted)


def totals_of(
    wanted: Sequence[WantedItem],
    *,
    shop: Shop,
    country: str,
    delivery: DeliveryOption | None,
    discount_minor: int = 0,
) -> Totals:
    """Add up goods and delivery with the tax of a country."""
    return totals(
        [
            PricedItem(
                unit_minor=one.item.unit_price.minor,
                quantity=one.quantity,
                rate_ppm=shop.rate_ppm(country=country, tax_class=one.item.tax_class),
            )
            for one in wanted
        ],
        shipping_minor=delivery.price_minor if delivery else 0,
        shipping_rate_ppm=shipping_rate_ppm(shop=shop, country=country, delivery=delivery),
        prices_include_tax=shop.settings.prices_include_tax,
        mode=TaxMode(shop.settings.tax_mode),
        discount_minor=discount_minor,
    )


def shipping_rate_ppm(*, shop: Shop, country: str, delivery: DeliveryOption | None) -> int:
    """Return the tax on a delivery."""
    return shop.rate_ppm(country=country, tax_class=delivery.method.tax_class) if delivery else 0
