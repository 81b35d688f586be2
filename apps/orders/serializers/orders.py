"""Orders: what comes in and what is shown."""

from typing import Any

from rest_framework import serializers

from apps.orders.models.orders import Order, OrderChange
from apps.orders.models.payments import PaymentState
from apps.orders.models.refunds import RefundState
from apps.orders.rules.states import FulfilmentStatus, PaymentStatus, Status
from apps.orders.rules.vouchers import CODE_LENGTH
from apps.orders.selectors.orders import OrderFilter
from apps.orders.services.drafts import Checkout
from contracts.rights import Right
from integrations.payments.registry import payment_methods
from kernel.http.validation import AddressSerializer, MoneySerializer, QuerySerializer, StrictSerializer

STATUSES = [value.value for value in Status]
PAYMENT_STATUSES = [value.value for value in PaymentStatus]
FULFILMENT_STATUSES = [value.value for value in FulfilmentStatus]


class MethodField(serializers.ChoiceField):
    """One of the ways to pay that the shop offers."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=[method.code for method in payment_methods()], **options)


class PlaceOrderSerializer(StrictSerializer):
    """What a customer says at the till; the validated value is the cart's id and a ``Checkout``."""

    cart = serializers.UUIDField()
    email = serializers.EmailField(
        max_length=254, required=False, help_text="Guests must give one; people get theirs by default."
    )
    shipping_address = AddressSerializer()
    billing_address = AddressSerializer(required=False, allow_null=True)
    shipping_method = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text="The cheapest by default."
    )
    payment_method = MethodField(required=False, help_text="`invoice` by default.")
    voucher = serializers.CharField(
        max_length=CODE_LENGTH,
        required=False,
        allow_blank=True,
        help_text="Takes the place of the cart's voucher; empty takes none. The cart's own by default.",
    )
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the cart and the checkout."""
        cart = attrs.pop("cart")
        attrs["email"] = attrs.get("email") or self.context["actor"].email
        if not attrs["email"]:
            raise serializers.ValidationError({"email": ["This field is required."]}, code="required")
        return {"cart_id": cart, "checkout": Checkout(**attrs)}


class OrderQuerySerializer(QuerySerializer):
    """What a list of orders is narrowed by; the validated value is an ``OrderFilter``."""

    status = serializers.ChoiceField(choices=STATUSES, required=False)
    payment_status = serializers.ChoiceField(choices=PAYMENT_STATUSES, required=False)
    fulfilment_status = serializers.ChoiceField(choices=FULFILMENT_STATUSES, required=False)
    search = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="Beginning of the number, part of the e-mail address, or a SKU.",
    )
    overdue = serializers.BooleanField(required=False, help_text="Only what should have been paid by now.")

    def validate(self, attrs: dict[str, Any]) -> OrderFilter:
        """Return the filter."""
        return OrderFilter(**attrs)


class OrderSummarySerializer(serializers.Serializer[Any]):
    """An order in a list."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)
    payment_status = serializers.ChoiceField(choices=PAYMENT_STATUSES)
    fulfilment_status = serializers.ChoiceField(choices=FULFILMENT_STATUSES)
    version = serializers.IntegerField()
    email = serializers.CharField(help_text="Empty once the person was erased.")
    currency = serializers.CharField()
    total = MoneySerializer()
    payment_method = serializers.CharField()
    payment_due_at = serializers.DateTimeField(source="due_at", allow_null=True)
    placed_at = serializers.DateTimeField()


class OrderLineSerializer(serializers.Serializer[object]):
    """A line at the price agreed when the order was placed."""

    id = serializers.UUIDField()
    sku = serializers.CharField()
    name = serializers.CharField(source="product_name")
    variant = serializers.CharField(source="variant_name")
    quantity = serializers.IntegerField()
    unit_price = MoneySerializer()
    tax = MoneySerializer(help_text="Tax in the line, or on top of it.")
    total = MoneySerializer(help_text="Unit price times quantity.")
    discount = MoneySerializer(help_text="What a voucher took off; the tax is that of the rest.")
    fulfilled_quantity = serializers.IntegerField()
    refunded_quantity = serializers.IntegerField()


class OrderTotalsSerializer(serializers.Serializer[Order]):
    """The sums of an order."""

    subtotal = MoneySerializer()
    shipping = MoneySerializer()
    tax = MoneySerializer()
    discount = MoneySerializer(help_text="What a voucher took off the lines.")
    total = MoneySerializer()
    paid = MoneySerializer()
    refunded = MoneySerializer()
    returning = MoneySerializer(help_text="What payment providers were asked to give back, and have not confirmed.")


class PartSerializer(serializers.Serializer[object]):
    """So many of one line."""

    sku = serializers.CharField(source="order_line.sku")
    quantity = serializers.IntegerField()


class FulfilmentSerializer(serializers.Serializer[object]):
    """A parcel that left the house."""

    id = serializers.UUIDField()
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    tracking_url = serializers.CharField()
    lines = PartSerializer(many=True, source="lines.all")
    shipped_at = serializers.DateTimeField()


class RefundSerializer(serializers.Serializer[object]):
    """Money that goes back, or went."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(
        choices=RefundState.values, help_text="`requested`: the payment provider is asked; `failed`: it refused."
    )
    amount = MoneySerializer()
    reason = serializers.CharField()
    restock = serializers.BooleanField(help_text="Whether the lines were put back on the shelf.")
    reference = serializers.CharField()
    lines = PartSerializer(many=True, source="lines.all")
    refunded_at = serializers.DateTimeField(help_text="When it was asked for; once it is done, when that was.")


class PaymentSerializer(serializers.Serializer[object]):
    """An attempt to pay."""

    id = serializers.UUIDField()
    method = serializers.CharField()
    reference = serializers.CharField()
    amount = MoneySerializer()
    state = serializers.ChoiceField(choices=PaymentState.values)
    message = serializers.CharField(help_text="Words for the customer.")
    created_at = serializers.DateTimeField()


class OrderSerializer(serializers.Serializer[object]):
    """An order with everything that its customer may know."""

    id = serializers.UUIDField(source="order.id")
    number = serializers.CharField(source="order.number")
    status = serializers.ChoiceField(source="order.status", choices=STATUSES)
    payment_status = serializers.ChoiceField(source="order.payment_status", choices=PAYMENT_STATUSES)
    fulfilment_status = serializers.ChoiceField(source="order.fulfilment_status", choices=FULFILMENT_STATUSES)
    version = serializers.IntegerField(source="order.version")
    customer = serializers.UUIDField(source="order.customer_id", allow_null=True)
    email = serializers.CharField(source="order.email", help_text="Empty once the person was erased.")
    currency = serializers.CharField(source="order.currency")
    lines = OrderLineSerializer(many=True)
    totals = OrderTotalsSerializer(source="order")
    voucher = serializers.CharField(source="order.voucher_code", help_text="The code that counted, or empty.")
    prices_include_tax = serializers.BooleanField(source="order.prices_include_tax")
    tax_mode = serializers.CharField(source="order.tax_mode")
    shipping_address = AddressSerializer(source="order.ship_to")
    billing_address = AddressSerializer(source="order.bill_to")
    shipping_method = serializers.CharField(source="order.shipping_method")
    shipping_method_name = serializers.CharField(source="order.shipping_method_name")
    payment_method = serializers.CharField(source="order.payment_method")
    payment_reference = serializers.CharField(source="order.payment_reference")
    payment_due_at = serializers.DateTimeField(source="order.due_at", allow_null=True)
    expires_at = serializers.DateTimeField(source="order.expires_at", allow_null=True)
    is_overdue = serializers.BooleanField()
    placed_at = serializers.DateTimeField(source="order.placed_at")
    note = serializers.CharField(source="order.note")
    fulfilments = FulfilmentSerializer(many=True)
    refunds = RefundSerializer(many=True)
    payments = PaymentSerializer(many=True)


class PlacedOrderSerializer(OrderSerializer):
    """The same with the key by which a guest reads and pays it later."""

    access_token = serializers.CharField(
        source="order.access_token", help_text="A guest's key to this order: send it as X-Order-Token."
    )


class ChangeSerializer(serializers.Serializer[Any]):
    """One step in the life of an order."""

    version = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    actor = serializers.SerializerMethodField(help_text="Who did it; customers see only whether it was staff.")
    details = serializers.JSONField(source="data", help_text="What changed; its members depend on the kind.")

    def get_actor(self, change: OrderChange) -> str:
        """Return the name for staff, and a role for everybody else."""
        viewer = self.context["actor"]
        if viewer.may(Right.ORDERS) or (viewer.id is not None and viewer.id == change.actor_id):
            return change.actor_label
        return "customer" if change.actor_id == change.order.customer_id else "shop"


class NewNoteSerializer(StrictSerializer):
    """A note to write."""

    text = serializers.CharField(max_length=2000)


class NoteSerializer(serializers.Serializer[Any]):
    """A note of the staff."""

    id = serializers.UUIDField()
    text = serializers.CharField()
    actor = serializers.CharField(source="actor_label")
    created_at = serializers.DateTimeField()
