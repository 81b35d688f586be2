"""Tables of the catalogue and of stock; Django finds the modules through this one."""

from apps.products.models import catalogue, imports, media, stock

__all__ = ("catalogue", "imports", "media", "stock")
