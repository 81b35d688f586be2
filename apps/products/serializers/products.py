"""Products as they are shown, and as staff describe them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.products.rules.options import derived, values_of
from apps.products.serializers.fields import (
    MOST_TEXTS,
    CategoryField,
    OptionSerializer,
    PictureSerializer,
    SlugField,
    TextsField,
)
from apps.products.serializers.variants import NewVariantSerializer, VariantOfProductSerializer
from apps.products.services.drafts import VariantDraft
from kernel.http.validation import MoneySerializer, StrictSerializer

MAX_DESCRIPTION = 100_000
MAX_NAME = 120
MAX_VALUE = 1000


class SmallPictureSerializer(serializers.Serializer[Any]):
    """The first picture, small."""

    url = serializers.CharField()
    alt = serializers.CharField()


class PathStepSerializer(serializers.Serializer[Any]):
    """One category on the way to another."""

    slug = serializers.CharField()
    name = serializers.CharField()


class CategoryOfProductSerializer(serializers.Serializer[Any]):
    """Where a product stands, with the way there."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    path = PathStepSerializer(many=True)


class ProductCardSerializer(serializers.Serializer[Any]):
    """A product in a list."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    summary = serializers.CharField()
    vendor = serializers.CharField()
    product_type = serializers.CharField()
    category = serializers.CharField(allow_null=True, help_text="Slug of the category.")
    price = MoneySerializer(help_text="The lowest price among the variants.")
    price_is_from = serializers.BooleanField(help_text="True when variants differ in price.")
    compare_at_price = MoneySerializer(allow_null=True, help_text="What it cost before.")
    available = serializers.IntegerField(help_text="How many can be sold now, of all variants.")
    in_stock = serializers.BooleanField()
    picture = SmallPictureSerializer(allow_null=True)
    is_published = serializers.BooleanField()
    published_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ProductSerializer(ProductCardSerializer):
    """A product with everything that is known of it."""

    category = CategoryOfProductSerializer(allow_null=True)  # type: ignore[assignment] # a list shows the slug only
    description = serializers.CharField(help_text="Sanitised HTML.")
    tags = serializers.ListField(child=serializers.CharField())
    options = OptionSerializer(many=True)
    attributes = serializers.DictField(child=serializers.CharField())
    pictures = PictureSerializer(many=True)
    seo_title = serializers.CharField()
    seo_description = serializers.CharField()
    tax_class = serializers.CharField()
    version = serializers.IntegerField()
    variants = VariantOfProductSerializer(many=True)


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": MOST_TEXTS,
        "propertyNames": {"minLength": 1, "maxLength": MAX_NAME},
        "additionalProperties": {"type": "string", "minLength": 1, "maxLength": MAX_VALUE, "pattern": r"\S"},
    }
)
class AttributesField(TextsField):
    """What a product is like, such as ``{"Material": "oak"}``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=MAX_VALUE, **kwargs)


class ProductChangeSerializer(StrictSerializer):
    """What staff may change of a product."""

    name = serializers.CharField(max_length=255)
    slug = SlugField(max_length=255, required=False)
    summary = serializers.CharField(max_length=500, required=False, allow_blank=True)
    description = serializers.CharField(
        max_length=MAX_DESCRIPTION, required=False, allow_blank=True, help_text="HTML; it is sanitised."
    )
    vendor = serializers.CharField(max_length=255, required=False, allow_blank=True)
    product_type = serializers.CharField(max_length=255, required=False, allow_blank=True)
    tags = serializers.ListField(child=serializers.CharField(max_length=255), max_length=250, required=False)
    category = CategoryField(required=False, allow_null=True, help_text="Slug or id of a category.")
    is_published = serializers.BooleanField(required=False)
    options = serializers.ListField(child=OptionSerializer(), required=False, max_length=3)
    attributes = AttributesField(required=False)
    seo_title = serializers.CharField(max_length=255, required=False, allow_blank=True)
    seo_description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    tax_class = SlugField(max_length=30, required=False)

    def validate_attributes(self, attributes: dict[str, str]) -> dict[str, str]:
        """Keep the names short."""
        if any(not 1 <= len(name) <= MAX_NAME for name in attributes):
            message = f"Names have 1 to {MAX_NAME} characters."
            raise serializers.ValidationError(message, code="max_length")
        return attributes

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Call the category what the services call it."""
        if "category" in attrs:
            attrs["category_id"] = attrs.pop("category")
        return attrs


class NewProductSerializer(ProductChangeSerializer):
    """A product to be made, with its variants."""

    variants = serializers.ListField(child=NewVariantSerializer(), min_length=1, max_length=250)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Put each variant's choice into the order of the options; without options they are taken from the variants."""
        attrs = super().validate(attrs)
        choices = [variant.pop("options", {}) for variant in attrs["variants"]]
        options = attrs.setdefault("options", derived(choices))
        attrs["variants"] = [
            VariantDraft(**variant, options=values_of(options, choice))
            for variant, choice in zip(attrs["variants"], choices, strict=True)
        ]
        return attrs
