"""Carts: what comes in and what is shown."""

from rest_framework import serializers

from apps.orders.rules.carts import MAX_QUANTITY, LineProblem
from apps.orders.rules.vouchers import CODE_LENGTH
from kernel.http.validation import CountryField, MoneySerializer, QuerySerializer, StrictSerializer


class NewLineSerializer(StrictSerializer):
    """Something to put into a cart."""

    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, default=1)


class QuantitySerializer(StrictSerializer):
    """How many of a line are wanted."""

    is_whole = True

    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)


class CodeSerializer(StrictSerializer):
    """A voucher to put into a cart."""

    is_whole = True

    code = serializers.CharField(max_length=CODE_LENGTH, help_text="Capitals or not, as it is written somewhere.")


class DeliveryQuerySerializer(QuerySerializer):
    """Where a cart would go, and how."""

    country = CountryField(required=False, help_text="Where it would go; the shop's own country by default.")
    shipping_method = serializers.CharField(
        max_length=40, required=False, help_text="Code of a delivery method; the cheapest by default."
    )


class CartLineSerializer(serializers.Serializer[object]):
    """One line with today's price."""

    id = serializers.UUIDField()
    sku = serializers.CharField()
    name = serializers.CharField()
    variant = serializers.CharField(help_text="The chosen options as text.")
    slug = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = MoneySerializer()
    total = MoneySerializer(help_text="Unit price times quantity.")
    available = serializers.IntegerField()
    picture = serializers.CharField()
    problem = serializers.ChoiceField(
        choices=[problem.value for problem in LineProblem],
        allow_null=True,
        help_text="What keeps the line from being ordered.",
    )
    price_before = MoneySerializer(allow_null=True, help_text="The price that was seen, if it changed since.")


class CartTotalsSerializer(serializers.Serializer[object]):
    """The sums of a cart."""

    subtotal = MoneySerializer()
    discount = MoneySerializer(help_text="What the voucher takes off the lines.")
    shipping = MoneySerializer()
    tax = MoneySerializer()
    total = MoneySerializer()


class CartProblemSerializer(serializers.Serializer[object]):
    """Why a line cannot be ordered."""

    sku = serializers.CharField()
    problem = serializers.ChoiceField(choices=[problem.value for problem in LineProblem])


class CartVoucherSerializer(serializers.Serializer[object]):
    """The voucher of a cart."""

    code = serializers.CharField()
    discount = MoneySerializer(help_text="What it takes off the lines now.")
    frees_delivery = serializers.BooleanField(help_text="Whether delivery costs nothing.")
    problem = serializers.CharField(
        allow_null=True, help_text="Why it does not count now: one of the codes that begin with `voucher_`."
    )
    message = serializers.CharField(help_text="The same in words.")


class CartSerializer(serializers.Serializer[object]):
    """A cart with totals for the country it would go to."""

    id = serializers.UUIDField()
    token = serializers.CharField(help_text="A guest's key to this cart: send it as X-Cart-Token.")
    status = serializers.CharField()
    currency = serializers.CharField()
    prices_include_tax = serializers.BooleanField()
    country = serializers.CharField()
    lines = CartLineSerializer(many=True)
    totals = CartTotalsSerializer()
    voucher = CartVoucherSerializer(allow_null=True)
    shipping_method = serializers.CharField(
        source="delivery.method.code", allow_null=True, default=None, help_text="The delivery that the totals count."
    )
    problems = CartProblemSerializer(many=True)


class CartSummarySerializer(serializers.Serializer[object]):
    """A cart in a list."""

    id = serializers.UUIDField()
    currency = serializers.CharField()
    status = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
