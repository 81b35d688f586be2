"""Registers the products service with Django."""

from importlib import import_module

from django.apps import AppConfig


class ProductsConfig(AppConfig):
    """The catalogue and stock."""

    name = "apps.products"
    label = "products"
    verbose_name = "Products"

    def ready(self) -> None:
        """Register event handlers and periodic jobs."""
        import_module("apps.products.handlers")
