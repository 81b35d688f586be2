"""Fields that several shapes of the catalogue share."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework import serializers

from apps.products.rules.names import SKU_PATTERN, SLUG_PATTERN
from apps.products.rules.stock import MAX_QUANTITY
from apps.products.selectors.catalogue import category_id_of, shop_currency
from kernel.http.validation import MoneySerializer, StrictSerializer
from kernel.money import Money

MAX_KEY = 120
MOST_TEXTS = 100


class PriceField(MoneySerializer):
    """What something costs, in the shop's currency."""

    def to_internal_value(self, data: Any) -> Money:
        """Return Money."""
        money = super().to_internal_value(data)
        currency = shop_currency()
        if money.currency != currency:
            raise serializers.ValidationError(
                {"currency": [f"Prices of this shop are in {currency}."]}, code="currency_mismatch"
            )
        return money


class SlugField(serializers.RegexField):
    """Small letters, digits, hyphens and underscores; empty makes one from the name."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(SLUG_PATTERN, max_length=max_length, **kwargs)


class SkuField(serializers.RegexField):
    """A stock keeping unit: printable characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(SKU_PATTERN, max_length=64, **kwargs)


class QuantityField(serializers.IntegerField):
    """A whole number from 0 to a billion."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": MAX_QUANTITY, **kwargs})


class CategoryField(serializers.CharField):
    """The slug or id of a category; the value is its id."""

    def to_internal_value(self, data: Any) -> UUID:  # type: ignore[override] # text comes in, an id is meant
        """Return the id."""
        key = super().to_internal_value(data)
        found = category_id_of(key) if len(key) <= MAX_KEY else None
        if found is None:
            message = "There is no such category."
            raise serializers.ValidationError(message, code="does_not_exist")
        return found


class OptionSerializer(StrictSerializer):
    """One thing to choose."""

    name = serializers.CharField(max_length=120, help_text="Such as Size.")
    values = serializers.ListField(child=serializers.CharField(max_length=120), min_length=1, max_length=250)


class TextsField(serializers.DictField):
    """Texts by name, a hundred at most: DRF would look at each of thousands, and say of each what is wrong."""

    def __init__(self, *, longest: int, **kwargs: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=longest), **kwargs)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Return the texts."""
        if isinstance(data, Mapping) and len(data) > MOST_TEXTS:
            message = f"At most {MOST_TEXTS} names."
            raise serializers.ValidationError(message, code="max_length")
        texts: dict[str, str] = super().to_internal_value(data)
        return texts


class ChoiceField(TextsField):
    """The value of each option by its name, such as ``{"Size": "L"}``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=120, **kwargs)


class PictureSerializer(serializers.Serializer[Any]):
    """A picture of a product."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    thumbnail_url = serializers.CharField()
    alt = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    variant_id = serializers.UUIDField(allow_null=True)
