"""How Django knows the orders service."""

from importlib import import_module

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """The orders service."""

    name = "apps.orders"
    label = "orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what this service handles, and what has to hold in it."""
        import_module("apps.orders.handlers")
        import_module("apps.orders.selectors.soundness")
        import_module("apps.orders.selectors.soundness_of_parts")
        import_module("apps.orders.selectors.watched")
