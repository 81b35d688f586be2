"""Looking into the tables; changes go through pages, API and services."""

from django.contrib import admin
from django.db.models import Model

from apps.orders.models.carts import Cart, CartLine
from apps.orders.models.fulfilments import Fulfilment
from apps.orders.models.orders import Order, OrderChange, OrderLine
from apps.orders.models.payments import Payment
from apps.orders.models.refunds import Refund
from apps.orders.models.settings import ShippingMethod, ShopSettings, TaxRate
from apps.orders.models.vouchers import Voucher, VoucherRedemption
from kernel.read_only import ReadOnlyAdmin, ReadOnlyRows


class _WithoutSecrets(ReadOnlyAdmin):
    """A table to look at; secrets are not shown."""

    exclude = ("token", "access_token")


class OrderLineRows(ReadOnlyRows):
    """The lines of an order."""

    model = OrderLine


class OrderChangeRows(ReadOnlyRows):
    """The history of an order."""

    model = OrderChange


class PaymentRows(ReadOnlyRows):
    """The payments of an order."""

    model = Payment


class CartLineRows(ReadOnlyRows):
    """The lines of a cart."""

    model = CartLine


@admin.register(Order)
class OrderAdmin(_WithoutSecrets):
    """Orders with lines, payments and history."""

    list_display = ("number", "status", "payment_status", "fulfilment_status", "email", "placed_at")
    list_filter = ("status", "payment_status", "fulfilment_status")
    search_fields = ("number", "email")
    ordering = ("-placed_at",)
    inlines = (OrderLineRows, PaymentRows, OrderChangeRows)


@admin.register(Cart)
class CartAdmin(_WithoutSecrets):
    """Carts with their lines."""

    list_display = ("id", "status", "customer_id", "updated_at")
    list_filter = ("status",)
    ordering = ("-updated_at",)
    inlines = (CartLineRows,)


_OTHERS: tuple[type[Model], ...] = (
    ShopSettings,
    TaxRate,
    ShippingMethod,
    Fulfilment,
    Refund,
    Voucher,
    VoucherRedemption,
)
admin.site.register(_OTHERS, _WithoutSecrets)
