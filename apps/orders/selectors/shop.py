"""The shop's settings, tax rates and delivery methods, remembered for a moment."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from apps.orders.models.settings import ShippingMethod, ShopSettings, TaxRate
from contracts.orders import ShopProfile
from contracts.rights import Right
from kernel.actors import Actor

MEMO_SECONDS = 5.0
"""How long another process may go on with settings that were changed meanwhile."""

STANDARD_CLASS = "standard"
"""The tax class of what has no rate of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Everything that prices an order besides the goods."""

    settings: ShopSettings
    profile: ShopProfile
    methods: tuple[ShippingMethod, ...]
    """The active ones, in their order."""
    rates: Mapping[tuple[str, str], int]

    def rate_ppm(self, *, country: str, tax_class: str) -> int:
        """Return the tax on a class of goods: its own rate, else the country's standard one, else none."""
        standard = self.rates.get((country, STANDARD_CLASS), 0)
        return self.rates.get((country, tax_class), standard)


class _Memo:
    def __init__(self) -> None:
        self.shop: Shop | None = None
        self.read_at = 0.0

    def is_fresh(self) -> bool:
        return time.monotonic() - self.read_at < MEMO_SECONDS


_memo = _Memo()


def shop() -> Shop:
    """Return the settings; without a statement when they were read within the last seconds."""
    remembered = _memo.shop
    if remembered is not None and _memo.is_fresh():
        return remembered
    read_at = time.monotonic()
    present = _read()
    _memo.shop, _memo.read_at = present, read_at
    return present


def forget_shop() -> None:
    """Read again next time; called by whatever changes the settings."""
    _memo.shop = None


def present_settings() -> ShopSettings:
    """Return the settings as they are in the table now."""
    return ShopSettings.objects.the_one()


def tax_rates() -> QuerySet[TaxRate]:
    """Return every tax rate, unordered."""
    return TaxRate.objects.all()


def shipping_methods(*, actor: Actor) -> QuerySet[ShippingMethod]:
    """Return the delivery methods that somebody may see, unordered: staff sees those that are switched off, too."""
    methods = ShippingMethod.objects.all()
    return methods if actor.may(Right.SETTINGS) else methods.filter(is_active=True)


def _read() -> Shop:
    settings = ShopSettings.objects.the_one()
    methods = ShippingMethod.objects.filter(is_active=True).order_by("position", "id")
    rates = TaxRate.objects.values_list("country", "tax_class", "rate_ppm")
    return Shop(
        settings=settings,
        profile=settings.profile,
        methods=tuple(methods),
        rates={(country, tax_class): rate for country, tax_class, rate in rates},
    )
