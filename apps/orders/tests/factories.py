"""Rows of carts, orders and settings for tests."""

from datetime import timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory

from apps.orders.models.carts import Cart, CartLine
from apps.orders.models.orders import Order, OrderChange, OrderLine
from apps.orders.models.payments import Payment, PaymentState
from apps.orders.models.refunds import Refund, RefundState
from apps.orders.models.settings import ShippingMethod, TaxRate
from apps.orders.models.vouchers import Voucher
from apps.orders.rules.states import FulfilmentStatus, PaymentStatus, Status
from apps.orders.rules.totals import TaxMode
from apps.orders.rules.vouchers import VoucherKind
from apps.orders.selectors.shop import forget_shop
from kernel.ids import uuid7
from tests.fixtures import NOON

ADDRESS = {
    "name": "Ada Lovelace",
    "line1": "Market Street 1",
    "line2": "",
    "postcode": "00100",
    "city": "Helsinki",
    "region": "",
    "country": "FI",
    "phone": "",
}


class CartFactory(DjangoModelFactory):
    """An open guest cart; ``CartFactory(with_lines={"MUG": 2})`` fills it at 10.00 a piece."""

    class Meta:
        model = Cart
        skip_postgeneration_save = True

    currency = "EUR"
    created_at = updated_at = NOON

    @factory.post_generation
    def with_lines(cart: Cart, create: bool, quantities: dict[str, int] | None, **kwargs: Any) -> None:  # noqa: N805 - factory_boy's signature
        """Put lines in."""
        for sku, quantity in (quantities or {}).items():
            CartLineFactory(cart=cart, sku=sku, quantity=quantity)


class CartLineFactory(DjangoModelFactory):
    """One line at 10.00."""

    class Meta:
        model = CartLine

    cart = factory.SubFactory(CartFactory)
    sku = factory.Sequence(lambda number: f"SKU-{number}")
    quantity = 1
    unit_price_minor = 1000


class OrderFactory(DjangoModelFactory):
    """An open, unpaid order on invoice with two lines: 2 MUG at 10.00, 1 BOWL at 15.00, delivery 4.90, no tax.

    Traits: ``paid``, ``shipped``, ``cancelled``, ``by_bank`` (paid first, expires after 7 days).
    """

    class Meta:
        model = Order
        skip_postgeneration_save = True

    class Params:
        paid = factory.Trait(payment_status=PaymentStatus.PAID, paid_minor=3990)
        shipped = factory.Trait(fulfilment_status=FulfilmentStatus.FULFILLED)
        cancelled = factory.Trait(status=Status.CANCELLED)
        by_bank = factory.Trait(payment_method="bank_transfer", expires_at=NOON + timedelta(days=7))

    number = factory.Sequence(lambda number: f"T{number:07d}")
    status = Status.OPEN
    payment_status = PaymentStatus.UNPAID
    fulfilment_status = FulfilmentStatus.UNFULFILLED
    email = "ada@example.com"
    cart_id = factory.LazyFunction(uuid7)
    currency = "EUR"
    subtotal_minor = 3500
    shipping_minor = shipping_net_minor = 490
    shipping_tax_minor = tax_minor = 0
    total_minor = 3990
    tax_mode = TaxMode.PER_LINE
    prices_include_tax = True
    shipping_address = factory.LazyFunction(lambda: dict(ADDRESS))
    billing_address = factory.LazyFunction(lambda: dict(ADDRESS))
    shipping_method = "standard"
    shipping_method_name = "Standard delivery"
    payment_method = "invoice"
    payment_reference = factory.SelfAttribute("number")
    due_at = NOON + timedelta(days=14)
    placed_at = updated_at = NOON

    @factory.post_generation
    def lines(order: Order, create: bool, extracted: None, **kwargs: Any) -> None:  # noqa: N805 - factory_boy's signature
        """Add the two lines, the first row of history, and the payment of a paid order."""
        OrderLineFactory(order=order, position=0, sku="MUG", product_name="Mug", quantity=2, unit_price_minor=1000)
        OrderLineFactory(order=order, position=1, sku="BOWL", product_name="Bowl", quantity=1, unit_price_minor=1500)
        OrderChange.objects.create(order=order, version=1, kind="placed", actor_label="anonymous", at=NOON)
        if order.paid_minor:
            PaymentFactory(order=order, amount_minor=order.paid_minor)


class OrderLineFactory(DjangoModelFactory):
    """One line without tax."""

    class Meta:
        model = OrderLine

    product_id = factory.LazyFunction(uuid7)
    product_name = "Mug"
    quantity = 1
    currency = "EUR"
    unit_price_minor = 1000
    total_minor = factory.LazyAttribute(lambda line: line.unit_price_minor * line.quantity)
    net_minor = factory.SelfAttribute("total_minor")
    tax_minor = 0
    fulfilled_quantity = factory.LazyAttribute(
        lambda line: line.quantity if line.order.fulfilment_status == FulfilmentStatus.FULFILLED else 0
    )


class PaymentFactory(DjangoModelFactory):
    """Money that arrived."""

    class Meta:
        model = Payment

    order = factory.SubFactory(OrderFactory)
    method = "invoice"
    reference = factory.LazyAttribute(lambda payment: f"{payment.order.number}-1")
    amount_minor = 3990
    currency = "EUR"
    state = PaymentState.CAPTURED
    created_at = updated_at = NOON


class RefundFactory(DjangoModelFactory):
    """10.00 that the provider of a card refused to give back; the order counts them as on their way."""

    class Meta:
        model = Refund
        skip_postgeneration_save = True

    class Params:
        card = factory.SubFactory(
            PaymentFactory,
            order=factory.SelfAttribute("..order"),
            method="sandbox_card",
            reference=factory.LazyAttribute(lambda payment: f"{payment.order.number}-card"),
        )

    order = factory.SubFactory(OrderFactory, paid=True)
    payment = factory.SelfAttribute("card")
    reference = factory.LazyAttribute(lambda refund: f"{refund.order.number}-refund")
    state = RefundState.FAILED
    message = "The bank refused the refund."
    amount_minor = 1000
    currency = "EUR"
    actor_label = "system"
    refunded_at = NOON

    @factory.post_generation
    def counted(refund: Refund, create: bool, extracted: None, **kwargs: Any) -> None:  # noqa: N805 - factory_boy's signature
        """Count the money as on its way."""
        refund.order.returning_minor += refund.amount_minor
        refund.order.save(update_fields=["returning_minor"])


class _SettingFactory(DjangoModelFactory):
    """A row that the remembered settings of the shop have to show."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: type[Any], *args: Any, **kwargs: Any) -> Any:
        row = super()._create(model_class, *args, **kwargs)
        forget_shop()
        return row


class ShippingMethodFactory(_SettingFactory):
    """Flat delivery for 4.90."""

    class Meta:
        model = ShippingMethod

    code = factory.Sequence(lambda number: f"method-{number}")
    name = "Parcel"
    price_minor = 490
    currency = "EUR"
    updated_at = NOON


class TaxRateFactory(_SettingFactory):
    """The standard rate of Finland: 25.5 %."""

    class Meta:
        model = TaxRate

    country = "FI"
    tax_class = "standard"
    name = "VAT"
    rate_ppm = 255_000
    updated_at = NOON


class VoucherFactory(DjangoModelFactory):
    """TEN: ten percent off, without any limit."""

    class Meta:
        model = Voucher

    code = "TEN"
    kind = VoucherKind.PERCENT
    rate_ppm = factory.LazyAttribute(lambda voucher: 100_000 if voucher.kind == VoucherKind.PERCENT else 0)
    currency = "EUR"
    created_at = updated_at = NOON
