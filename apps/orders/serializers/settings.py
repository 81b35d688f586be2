"""The shop's settings, tax rates and delivery methods."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from apps.orders.models.settings import ShippingMethod, TaxRate
from apps.orders.rules.shipping import ShippingKind, WeightBand
from apps.orders.rules.totals import PPM, TaxMode
from apps.orders.selectors.pricing import DeliveryOption
from apps.orders.selectors.shop import STANDARD_CLASS
from apps.orders.services.shipping_methods import ShippingTerms
from contracts.orders import ShopProfile
from kernel.http.validation import CountryField, CurrencyField, MoneySerializer, StrictSerializer
from kernel.money import MAX_MINOR, Money

PUBLIC = ("name", "description", "currency", "country", "prices_include_tax")
"""What everybody may know of the shop."""

TAX_CLASS = r"^[a-z0-9_-]+$"


class ShopSettingsSerializer(StrictSerializer):
    """Everything that staff can set."""

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=300, allow_blank=True)
    currency = CurrencyField()
    country = CountryField()
    prices_include_tax = serializers.BooleanField()
    tax_mode = serializers.ChoiceField(choices=[mode.value for mode in TaxMode])
    sender_name = serializers.CharField(max_length=100, allow_blank=True)
    sender_email = serializers.EmailField(max_length=254, allow_blank=True)
    notify_email = serializers.EmailField(max_length=254, allow_blank=True)
    low_stock_mark = serializers.IntegerField(min_value=0, max_value=1_000_000)
    bank_account_holder = serializers.CharField(max_length=100, allow_blank=True)
    bank_iban = serializers.CharField(max_length=34, allow_blank=True)
    bank_bic = serializers.RegexField(r"^[A-Z0-9]{8}([A-Z0-9]{3})?$", max_length=11, allow_blank=True)
    invoice_days = serializers.IntegerField(min_value=1, max_value=365)
    bank_transfer_days = serializers.IntegerField(min_value=1, max_value=60)
    card_minutes = serializers.IntegerField(min_value=5, max_value=1440)


class ShopSerializer(ShopSettingsSerializer):
    """The shop: its profile for everybody, every setting for staff."""

    def get_fields(self) -> dict[str, Any]:
        """Promise only what everybody gets."""
        fields = super().get_fields()
        for name, field in fields.items():
            field.required = name in PUBLIC
        return fields


def public_profile(profile: ShopProfile) -> dict[str, Any]:
    """Return what everybody may know of the shop."""
    return {name: getattr(profile, name) for name in PUBLIC}


class TaxRateSerializer(StrictSerializer):
    """The tax on one class of goods in one country."""

    id = serializers.UUIDField(read_only=True)
    country = CountryField()
    tax_class = serializers.RegexField(TAX_CLASS, max_length=40, default=STANDARD_CLASS)
    name = serializers.CharField(max_length=60)
    rate = serializers.RegexField(
        r"^(100(\.0{1,4})?|[0-9]{1,2}(\.[0-9]{1,4})?)$", max_length=8, help_text="In percent, as text: 25.5."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Count the rate in parts per million, as the rules do."""
        if "rate" in attrs:
            attrs["rate_ppm"] = int(Decimal(attrs.pop("rate")) * PPM / 100)
        return attrs

    def to_representation(self, instance: TaxRate) -> dict[str, Any]:
        """Show the rate in percent, without zeros at its end."""
        percent = Decimal(instance.rate_ppm) * 100 / PPM
        return {
            "id": str(instance.id),
            "country": instance.country,
            "tax_class": instance.tax_class,
            "name": instance.name,
            "rate": f"{percent:.4f}".rstrip("0").rstrip("."),
        }


class WeightBandSerializer(StrictSerializer):
    """The price of a parcel up to a weight."""

    up_to_grams = serializers.IntegerField(min_value=1, max_value=1_000_000_000, allow_null=True)
    price_minor = serializers.IntegerField(min_value=0, max_value=MAX_MINOR, help_text="In minor units: 490 is 4.90.")


class ShippingMethodSerializer(StrictSerializer):
    """A delivery method; prices are in the shop's currency."""

    id = serializers.UUIDField(read_only=True)
    code = serializers.SlugField(max_length=40)
    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=200, allow_blank=True, required=False)
    kind = serializers.ChoiceField(choices=[kind.value for kind in ShippingKind], default=ShippingKind.FLAT.value)
    price = MoneySerializer()
    free_above = MoneySerializer(required=False, allow_null=True, help_text="For the kind `free_above`.")
    bands = serializers.ListField(
        child=WeightBandSerializer(), required=False, max_length=50, help_text="For the kind `by_weight`."
    )
    countries = serializers.ListField(
        child=CountryField(), required=False, max_length=250, help_text="Where it is offered; everywhere when empty."
    )
    tax_class = serializers.RegexField(TAX_CLASS, max_length=40, required=False)
    is_active = serializers.BooleanField(required=False)
    position = serializers.IntegerField(min_value=0, max_value=10_000, required=False)
    quoted_price = MoneySerializer(
        read_only=True, allow_null=True, default=None, help_text="What it costs for the cart that was asked about."
    )


def quoted(option: DeliveryOption) -> dict[str, Any]:
    """Return a method with its price for one cart."""
    shown = dict(ShippingMethodSerializer(option.method).data)
    return {**shown, "quoted_price": MoneySerializer(option.price).data}


def terms_from(values: dict[str, Any], *, present: ShippingMethod | None = None) -> ShippingTerms:
    """Return the terms that a request asks for; what it does not say stays as it is."""
    given = dict(values)
    if "bands" in given:
        given["bands"] = [WeightBand(**band) for band in given["bands"]]
    if "kind" in given:
        given["kind"] = ShippingKind(given["kind"])
    return ShippingTerms(**{**(_present(present) if present else {}), **given})


def _present(method: ShippingMethod) -> dict[str, Any]:
    return {
        "code": method.code,
        "name": method.name,
        "description": method.description,
        "kind": method.tariff.kind,
        "price": Money(method.price_minor, method.currency),
        "free_above": method.free_above,
        "bands": method.tariff.bands,
        "countries": method.countries,
        "tax_class": method.tax_class,
        "is_active": method.is_active,
        "position": method.position,
    }
