"""Registers the products service with Django."""

from importlib import import_module

from django.apps import AppConfig


class ProductsConfig(AppConfig):
    """The catalogue and stock."""

    name = "apps.products"
    label = "products"
    verbose_name = "Products"

    def ready(self) -> None:
        """Register event handlers, periodic jobs, and what has to hold."""
        import_module("apps.products.handlers")
        import_module("apps.products.selectors.soundness")
        import_module("apps.products.selectors.watched")
