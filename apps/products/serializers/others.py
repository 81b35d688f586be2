"""Categories, pictures and stock as they are shown, and as staff describe them."""

from typing import Any

from rest_framework import serializers

from apps.products.models.stock import MovementKind, ReservationState
from apps.products.rules.stock import MAX_QUANTITY
from apps.products.serializers.fields import CategoryField, QuantityField, SlugField
from apps.products.serializers.products import PathStepSerializer
from apps.products.serializers.variants import MAX_POSITION
from kernel.http.validation import StrictSerializer


class CategorySerializer(serializers.Serializer[Any]):
    """A category with the way to it."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    parent = serializers.UUIDField(source="parent_id", allow_null=True)  # type: ignore[assignment] # the API's word
    path = PathStepSerializer(many=True)
    depth = serializers.IntegerField()
    position = serializers.IntegerField()
    description = serializers.CharField()
    version = serializers.IntegerField()


class CategoryChangeSerializer(StrictSerializer):
    """What staff may say about a category."""

    name = serializers.CharField(max_length=120)
    slug = SlugField(max_length=120, required=False)
    parent = CategoryField(  # type: ignore[assignment] # as above
        required=False, allow_null=True, help_text="Slug or id of a category."
    )
    position = QuantityField(max_value=MAX_POSITION, required=False)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Call the parent what the services call it."""
        if "parent" in attrs:
            attrs["parent_id"] = attrs.pop("parent")
        return attrs


class MediaSerializer(serializers.Serializer[Any]):
    """A picture of a product; ``url`` is empty while only the source is known."""

    id = serializers.UUIDField()
    product = serializers.UUIDField(source="product_id")
    variant = serializers.UUIDField(source="variant_id", allow_null=True)
    url = serializers.CharField()
    thumbnail_url = serializers.CharField()
    alt = serializers.CharField()
    position = serializers.IntegerField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    content_type = serializers.CharField()
    version = serializers.IntegerField()


class NewMediaSerializer(StrictSerializer):
    """A picture to be taken in, as multipart/form-data."""

    product = serializers.UUIDField()
    variant = serializers.UUIDField(required=False, allow_null=True)
    alt = serializers.CharField(max_length=500, required=False, allow_blank=True)
    file = serializers.FileField(help_text="JPEG, PNG, WebP or GIF.")


class MediaChangeSerializer(StrictSerializer):
    """What staff may change of a picture."""

    variant = serializers.UUIDField(required=False, allow_null=True)
    alt = serializers.CharField(max_length=500, required=False, allow_blank=True)
    position = QuantityField(max_value=MAX_POSITION, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Call the variant what the services call it."""
        if "variant" in attrs:
            attrs["variant_id"] = attrs.pop("variant")
        return attrs


class MediaOrderSerializer(StrictSerializer):
    """All pictures of a product in the order in which they are shown."""

    media = serializers.ListField(child=serializers.UUIDField(), max_length=100)


class StockSerializer(serializers.Serializer[Any]):
    """How many there are of a SKU."""

    sku = serializers.CharField()
    on_hand = serializers.IntegerField(help_text="On the shelf.")
    reserved = serializers.IntegerField(help_text="Of these, held for orders.")
    available = serializers.IntegerField(help_text="What can be sold now.")
    low_stock_mark = serializers.IntegerField(allow_null=True)


class StockChangeSerializer(StrictSerializer):
    """What was counted, and when to be told that it runs low."""

    on_hand = QuantityField(required=False, help_text="Counted; the difference goes into the ledger.")
    low_stock_mark = QuantityField(required=False, allow_null=True)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class StockMovementSerializer(serializers.Serializer[Any]):
    """One line of the stock ledger."""

    id = serializers.UUIDField()
    sku = serializers.CharField()
    kind = serializers.ChoiceField(choices=MovementKind.choices)
    quantity = serializers.IntegerField(help_text="Change of what is on hand.", max_value=MAX_QUANTITY)
    reserved_quantity = serializers.IntegerField(help_text="Change of what is held for orders.")
    reason = serializers.CharField()
    reference = serializers.UUIDField(allow_null=True, help_text="The order, import or return.")
    actor = serializers.CharField(source="actor_label")
    created_at = serializers.DateTimeField()


class ReservationLineSerializer(serializers.Serializer[Any]):
    """So many of one SKU."""

    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    returned_quantity = serializers.IntegerField(help_text="Of these, back on the shelf after a return.")


class ReservationSerializer(serializers.Serializer[Any]):
    """An order's claim on stock; one that was called off before it took anything has no lines."""

    order_id = serializers.UUIDField(help_text="The order; its number is the orders service's.")
    state = serializers.ChoiceField(
        choices=ReservationState.choices,
        help_text="`held` until it is paid or its time is over, `confirmed` when the goods are sold, else given back.",
    )
    lines = ReservationLineSerializer(many=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Until when a hold lasts.")
    created_at = serializers.DateTimeField()


class ReservationQuerySerializer(StrictSerializer):
    """What reservations are narrowed by."""

    state = serializers.ChoiceField(choices=ReservationState.choices, required=False, help_text="What became of it.")
    sku = serializers.CharField(max_length=64, required=False, help_text="Only those with this SKU.")
    order_id = serializers.UUIDField(required=False, help_text="Only that of this order.")
