"""The shop's settings, its tax rates and its delivery methods."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.orders.rules.shipping import ShippingKind, Tariff, WeightBand
from apps.orders.rules.totals import TaxMode
from contracts.orders import ShopProfile
from kernel import clock
from kernel.ids import uuid7
from kernel.money import Money

THE_SHOP = 1
"""The id of the one row of settings."""


class ShopQuerySet(models.QuerySet["ShopSettings"]):
    """Reads of the single row."""

    def the_one(self) -> "ShopSettings":
        """Return the settings; a fresh shop gets those of the model and one delivery method, so that it can sell."""
        now = clock.now()
        shop, is_new = self.get_or_create(id=THE_SHOP, defaults={"updated_at": now})
        if is_new:
            ShippingMethod.objects.get_or_create(
                code="standard",
                defaults={
                    "name": "Standard delivery",
                    "price_minor": 490,
                    "currency": shop.currency,
                    "updated_at": now,
                },
            )
        return shop


class ShopSettings(models.Model):
    """How the shop presents itself, counts and gets paid: a single row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_SHOP)
    name = models.CharField(max_length=100, default="Saluhall")
    description = models.CharField(max_length=300, blank=True, default="")
    currency = models.CharField(max_length=3, default="EUR")
    country = models.CharField(max_length=2, default="FI")
    prices_include_tax = models.BooleanField(default=True)
    tax_mode = models.CharField(max_length=9, choices=[(mode, mode) for mode in TaxMode], default=TaxMode.PER_LINE)
    sender_name = models.CharField(max_length=100, blank=True, default="")
    sender_email = models.EmailField(blank=True, default="")
    notify_email = models.EmailField(blank=True, default="")
    low_stock_mark = models.PositiveIntegerField(default=5)
    bank_account_holder = models.CharField(max_length=100, blank=True, default="")
    bank_iban = models.CharField(max_length=34, blank=True, default="")
    bank_bic = models.CharField(max_length=11, blank=True, default="")
    invoice_days = models.PositiveSmallIntegerField(default=14)
    bank_transfer_days = models.PositiveSmallIntegerField(default=7)
    card_minutes = models.PositiveSmallIntegerField(default=30)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "shop settings"
        constraints = (models.CheckConstraint(condition=Q(id=THE_SHOP), name="orders_shop_is_one_row"),)

    def __str__(self) -> str:
        return self.name

    @property
    def profile(self) -> ShopProfile:
        """What other services and pages may see."""
        return ShopProfile(
            name=self.name,
            description=self.description,
            currency=self.currency,
            country=self.country,
            prices_include_tax=self.prices_include_tax,
            sender_name=self.sender_name or self.name,
            sender_email=self.sender_email,
            notify_email=self.notify_email,
            low_stock_mark=self.low_stock_mark,
            bank_account_holder=self.bank_account_holder,
            bank_iban=self.bank_iban,
            bank_bic=self.bank_bic,
        )


class TaxRate(models.Model):
    """The tax on one class of goods in one country; parts per million."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    country = models.CharField(max_length=2)
    tax_class = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    rate_ppm = models.PositiveIntegerField()
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("country", "tax_class"), name="orders_tax_rate_once_per_class"),
            models.CheckConstraint(condition=Q(rate_ppm__lte=1_000_000), name="orders_tax_rate_at_most_all"),
        )

    def __str__(self) -> str:
        return f"{self.country} {self.tax_class}"


class ShippingMethod(models.Model):
    """One way to get a parcel to the customer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=200, blank=True, default="")
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in ShippingKind], default=ShippingKind.FLAT)
    price_minor = models.BigIntegerField(default=0)
    free_above_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    bands = models.JSONField(default=list, blank=True)
    countries = models.JSONField(default=list, blank=True)
    tax_class = models.CharField(max_length=40, default="standard")
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="orders_shipping_price_not_negative"),
        )

    def __str__(self) -> str:
        return self.code

    @property
    def price(self) -> Money:
        """The price of a parcel that is neither free nor weighed."""
        return Money(self.price_minor, self.currency)

    @property
    def free_above(self) -> Money | None:
        """From which sum on delivery is free."""
        return None if self.free_above_minor is None else Money(self.free_above_minor, self.currency)

    @property
    def tariff(self) -> Tariff:
        """The same as the rules want it."""
        return Tariff(
            kind=ShippingKind(self.kind),
            price_minor=self.price_minor,
            free_above_minor=self.free_above_minor,
            bands=tuple(_band(row) for row in self.bands),
            countries=frozenset(self.countries),
        )


def _band(row: dict[str, Any]) -> WeightBand:
    return WeightBand(up_to_grams=row["up_to_grams"], price_minor=row["price_minor"])
