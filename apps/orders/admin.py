"""Looking into the tables; changes go through pages, API and services."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from apps.orders.models.carts import Cart, CartLine
from apps.orders.models.fulfilments import Fulfilment
from apps.orders.models.orders import Order, OrderChange, OrderLine
from apps.orders.models.payments import Payment
from apps.orders.models.refunds import Refund
from apps.orders.models.settings import ShippingMethod, ShopSettings, TaxRate


class _Untouchable:
    """Nobody adds, changes or deletes here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return False


class _ReadOnlyAdmin(_Untouchable, admin.ModelAdmin[Any]):
    """A table to look at; secrets are not shown."""

    exclude = ("token", "access_token")


class _Rows(_Untouchable, admin.TabularInline[Any, Any]):
    extra = 0


class OrderLineRows(_Rows):
    """The lines of an order."""

    model = OrderLine


class OrderChangeRows(_Rows):
    """The history of an order."""

    model = OrderChange


class PaymentRows(_Rows):
    """The payments of an order."""

    model = Payment


class CartLineRows(_Rows):
    """The lines of a cart."""

    model = CartLine


@admin.register(Order)
class OrderAdmin(_ReadOnlyAdmin):
    """Orders with lines, payments and history."""

    list_display = ("number", "status", "payment_status", "fulfilment_status", "email", "placed_at")
    list_filter = ("status", "payment_status", "fulfilment_status")
    search_fields = ("number", "email")
    ordering = ("-placed_at",)
    inlines = (OrderLineRows, PaymentRows, OrderChangeRows)


@admin.register(Cart)
class CartAdmin(_ReadOnlyAdmin):
    """Carts with their lines."""

    list_display = ("id", "status", "customer_id", "updated_at")
    list_filter = ("status",)
    ordering = ("-updated_at",)
    inlines = (CartLineRows,)


_OTHERS: tuple[type[Model], ...] = (ShopSettings, TaxRate, ShippingMethod, Fulfilment, Refund)
admin.site.register(_OTHERS, _ReadOnlyAdmin)
