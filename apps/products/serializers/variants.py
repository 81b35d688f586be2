"""Variants as they are shown, and as staff describe them."""

from typing import Any

from rest_framework import serializers

from apps.products.models.catalogue import Variant
from apps.products.rules.options import named
from apps.products.serializers.fields import ChoiceField, PriceField, QuantityField, SkuField
from kernel.http.validation import MoneySerializer, StrictSerializer

MAX_POSITION = 1_000_000


class VariantOfProductSerializer(serializers.Serializer[Any]):
    """A variant inside its product."""

    id = serializers.UUIDField()
    sku = serializers.CharField()
    name = serializers.CharField(help_text="The chosen options as text.")
    options = serializers.DictField(child=serializers.CharField())
    price = MoneySerializer()
    compare_at_price = MoneySerializer(allow_null=True)
    available = serializers.IntegerField(help_text="How many can be sold now.")
    in_stock = serializers.BooleanField()
    barcode = serializers.CharField()
    weight_grams = serializers.IntegerField()
    position = serializers.IntegerField()
    requires_shipping = serializers.BooleanField()
    is_taxable = serializers.BooleanField()


class VariantSerializer(VariantOfProductSerializer):
    """A variant on its own."""

    product = serializers.UUIDField(source="product_id")
    available = serializers.IntegerField(source="stock.available")
    in_stock = serializers.SerializerMethodField()  # type: ignore[assignment] # a row of its own knows its stock
    options = serializers.SerializerMethodField()  # type: ignore[assignment] # as above
    version = serializers.IntegerField()

    def get_in_stock(self, variant: Variant) -> bool:
        """Return whether one can be sold."""
        return variant.stock.available > 0

    def get_options(self, variant: Variant) -> dict[str, str]:
        """Return the choice by the names of the options."""
        return named(variant.product.options, variant.option_values)


class VariantChangeSerializer(StrictSerializer):
    """What staff may change of a variant."""

    sku = SkuField(required=False)
    price = PriceField()
    compare_at_price = PriceField(required=False, allow_null=True)
    options = ChoiceField(required=False)
    barcode = serializers.CharField(max_length=64, required=False, allow_blank=True)
    weight_grams = QuantityField(required=False)
    position = QuantityField(max_value=MAX_POSITION, required=False)
    requires_shipping = serializers.BooleanField(required=False)
    is_taxable = serializers.BooleanField(required=False)
    low_stock_mark = QuantityField(required=False, allow_null=True)


class NewVariantSerializer(StrictSerializer):
    """A variant to be made; without a SKU one is made from the product's slug and the options."""

    sku = SkuField(required=False)
    price = PriceField()
    compare_at_price = PriceField(required=False, allow_null=True)
    options = ChoiceField(required=False)
    barcode = serializers.CharField(max_length=64, required=False, allow_blank=True)
    weight_grams = QuantityField(required=False)
    requires_shipping = serializers.BooleanField(required=False)
    is_taxable = serializers.BooleanField(required=False)
    on_hand = QuantityField(required=False, help_text="First stock.")
    low_stock_mark = QuantityField(required=False, allow_null=True)


class NewVariantOfProductSerializer(NewVariantSerializer):
    """As above, with the product that it is added to."""

    product = serializers.UUIDField()
