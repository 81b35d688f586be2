"""Rows of the catalogue's lesser tables, each as far as the actor may see it."""

from uuid import UUID

from django.db.models import QuerySet

from apps.products.models.catalogue import Category, Product, Variant
from apps.products.models.media import Media
from apps.products.models.stock import Stock, StockMovement
from apps.products.rules.options import Option
from contracts.rights import Right
from kernel.actors import Actor
from kernel.errors import NotFoundError


def visible_variants(actor: Actor) -> QuerySet[Variant]:
    """Return variants with stock and product: of published products, for staff of all."""
    variants = Variant.objects.select_related("stock", "product")
    return variants if actor.may(Right.CATALOGUE) else variants.filter(product__is_published=True)


def visible_media(actor: Actor) -> QuerySet[Media]:
    """Return pictures: of published products, for staff of all."""
    media = Media.objects.all()
    return media if actor.may(Right.CATALOGUE) else media.filter(product__is_published=True).exclude(file="")


def categories() -> QuerySet[Category]:
    """Return all categories."""
    return Category.objects.all()


def stock_rows() -> QuerySet[Stock]:
    """Return the stock of every SKU."""
    return Stock.objects.all()


def stock_movements(*, sku: str = "") -> QuerySet[StockMovement]:
    """Return the ledger, of one SKU or of all."""
    movements = StockMovement.objects.all()
    return movements.filter(sku=sku) if sku else movements


def options_of(product_id: UUID) -> list[Option]:
    """Return what a product can be chosen by.

    :raises NotFoundError: there is no such product.
    """
    product = Product.objects.filter(id=product_id).only("options").first()
    if product is None:
        raise NotFoundError("There is no such product.", fields={"product": ["There is no such product."]})
    options: list[Option] = product.options
    return options
