"""What is said to pay, ship and refund an order."""

from typing import Any

from rest_framework import serializers

from apps.orders.serializers.orders import MethodField, OrderSerializer, PaymentSerializer
from apps.orders.services.fulfilments import Parcel
from apps.orders.services.refunds import RefundWish
from kernel.http.validation import MoneySerializer, StrictSerializer

MAX_PIECES = 1_000_000


class PaySerializer(StrictSerializer):
    """How to pay. Staff says nothing of a card, and so records money that arrived at the bank."""

    method = MethodField(required=False, help_text="The order's own by default.")
    card_number = serializers.CharField(max_length=32, required=False, write_only=True)
    confirmation_code = serializers.CharField(
        max_length=20, required=False, write_only=True, help_text="For the second step, if one was asked for."
    )
    reference = serializers.CharField(
        max_length=80, required=False, help_text="Staff: what the bank statement says; counts once."
    )


class PaidSerializer(serializers.Serializer[object]):
    """What became of an attempt to pay."""

    payment = PaymentSerializer()
    requires_action = serializers.BooleanField(help_text="A second step is wanted: see the payment's message.")
    action_url = serializers.CharField(
        help_text="The provider's page on which the customer pays; empty where there is none."
    )
    order = OrderSerializer()


class PiecesSerializer(StrictSerializer):
    """So many of one SKU."""

    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_PIECES)


class _WithPieces(StrictSerializer):
    """Something about pieces of an order, each SKU named once."""

    def validate_lines(self, value: list[dict[str, Any]]) -> dict[str, int]:
        """Return the quantities by SKU."""
        pieces = {row["sku"]: row["quantity"] for row in value}
        if len(pieces) < len(value):
            msg = "Name each SKU once."
            raise serializers.ValidationError(msg, code="doubled")
        return pieces


class NewFulfilmentSerializer(_WithPieces):
    """A parcel; without lines it holds everything that is left. The validated value is a ``Parcel``."""

    lines = serializers.ListField(child=PiecesSerializer(), required=False, min_length=1, max_length=1000)
    carrier = serializers.CharField(max_length=60, required=False, allow_blank=True)
    tracking_number = serializers.CharField(max_length=100, required=False, allow_blank=True)
    tracking_url = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="An https address; PostNord, DHL and UPS need none.",
    )

    def validate(self, attrs: dict[str, Any]) -> Parcel:
        """Return the parcel."""
        return Parcel(quantities=attrs.pop("lines", None), **attrs)


class NewRefundSerializer(_WithPieces):
    """What to give back: lines, an amount, or both. The validated value is a ``RefundWish``."""

    lines = serializers.ListField(child=PiecesSerializer(), required=False, max_length=1000)
    amount = MoneySerializer(required=False, help_text="The worth of the lines by default.")
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)
    restock = serializers.BooleanField(required=False, help_text="Put the lines back on the shelf.")
    reference = serializers.CharField(
        max_length=80, required=False, help_text="Something unique of yours: the same reference gives back once."
    )

    def validate(self, attrs: dict[str, Any]) -> RefundWish:
        """Return the wish."""
        return RefundWish(quantities=attrs.pop("lines", {}), **attrs)
