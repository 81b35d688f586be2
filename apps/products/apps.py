"""How Django knows the products service."""

from importlib import import_module

from django.apps import AppConfig


class ProductsConfig(AppConfig):
    """The products service."""

    name = "apps.products"
    label = "products"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the handlers of this service."""
        import_module("apps.products.handlers")
