"""Tables of the orders service, by subject; imported here so that Django knows them all."""

from apps.orders.models import carts, erased, fulfilments, orders, payments, refunds, settings, vouchers

__all__ = ("carts", "erased", "fulfilments", "orders", "payments", "refunds", "settings", "vouchers")
