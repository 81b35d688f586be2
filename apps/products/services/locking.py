"""Rows that nobody else changes until this transaction ends; stock itself is never locked."""

from uuid import UUID

from apps.products.models.catalogue import Product, Variant
from kernel.errors import NotFoundError


def locked_product(product_id: UUID) -> Product:
    """Return a product, locked.

    :raises NotFoundError: there is no such product.
    """
    product = Product.objects.select_for_update().filter(id=product_id).first()
    if product is None:
        raise NotFoundError("There is no such product.")
    return product


def locked_variant(variant_id: UUID) -> tuple[Variant, Product]:
    """Return a variant and its product; the product's lock stands for both.

    :raises NotFoundError: there is no such variant.
    """
    product_id = Variant.objects.filter(id=variant_id).values_list("product_id", flat=True).first()
    if product_id is None:
        raise NotFoundError("There is no such variant.")
    product = locked_product(product_id)
    variant = Variant.objects.filter(id=variant_id).first()
    if variant is None:
        raise NotFoundError("There is no such variant.")
    return variant, product
