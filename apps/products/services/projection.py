"""Keeps what a page of the catalogue shows on the product's own row."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TypeVar
from uuid import UUID

from apps.products.models.catalogue import Product, Variant
from apps.products.models.media import Media
from apps.products.rules import search
from apps.products.rules.text import plain_text
from apps.products.services.freshness import announce_change
from kernel.transactions import unit_of_work

Row = TypeVar("Row", Variant, Media)
COLUMNS = (
    *("price_minor", "price_is_from", "compare_at_minor", "currency", "available", "in_stock"),
    *("picture_url", "picture_alt", "pictures", "search_text"),
)


@unit_of_work
def refresh_products(*, product_ids: Collection[UUID]) -> None:
    """Bring the repeated columns up to date with variants, stock, pictures and category.

    The rows are locked first, so that of two refreshes the later one sees what the earlier one saw, or more.
    """
    products = list(
        Product.objects.select_for_update().prefetch_related("category").filter(id__in=product_ids).order_by("id")
    )
    variants = _by_product(
        Variant.objects.filter(product__in=products).select_related("stock").order_by("position", "id")
    )
    media = _by_product(Media.objects.filter(product__in=products).exclude(file="").order_by("position", "id"))
    for product in products:
        show(product, variants=variants[product.id], media=media[product.id])
    Product.objects.bulk_update(products, COLUMNS, batch_size=100)
    announce_change()


def show(product: Product, *, variants: list[Variant], media: list[Media]) -> None:
    """Set the repeated columns of a row that is about to be written; both lists in their order, pictures with files."""
    _show_prices(product, variants)
    _show_pictures(product, media)
    product.search_text = search.searchable(_searched(product, variants))


@unit_of_work
def refresh_availability(*, skus: Collection[str]) -> list[Variant]:
    """After stock moved: show what is available now, and return the variants with their stock and product."""
    product_ids = set(Variant.objects.filter(sku__in=skus).values_list("product_id", flat=True))
    products = list(Product.objects.select_for_update().filter(id__in=product_ids).order_by("id"))
    variants = list(
        Variant.objects.filter(product__in=products).select_related("stock", "product").order_by("position", "id")
    )
    by_product = _by_product(variants)
    changed = []
    for product in products:
        before = product.available, product.in_stock
        _show_availability(product, by_product[product.id])
        if (product.available, product.in_stock) != before:
            changed.append(product)
    if changed:
        Product.objects.bulk_update(changed, ("available", "in_stock"), batch_size=100)
        announce_change()
    return [variant for variant in variants if variant.sku in skus]


def _by_product(rows: Iterable[Row]) -> defaultdict[UUID, list[Row]]:
    grouped: defaultdict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.product_id].append(row)
    return grouped


def _show_prices(product: Product, variants: list[Variant]) -> None:
    _show_availability(product, variants)
    if not variants:
        return
    cheapest = min(variants, key=lambda variant: variant.price_minor)
    product.price_minor = cheapest.price_minor
    product.currency = cheapest.currency
    product.price_is_from = any(variant.price_minor != cheapest.price_minor for variant in variants)
    product.compare_at_minor = cheapest.compare_at_minor


def _show_availability(product: Product, variants: list[Variant]) -> None:
    product.available = sum(variant.stock.available for variant in variants)
    product.in_stock = product.available > 0


def _show_pictures(product: Product, media: list[Media]) -> None:
    product.pictures = [
        {
            "id": str(picture.id),
            "url": picture.url,
            "thumbnail_url": picture.thumbnail_url,
            "alt": picture.alt,
            "width": picture.width,
            "height": picture.height,
            "variant_id": str(picture.variant_id) if picture.variant_id else None,
        }
        for picture in media
    ]
    product.picture_url = media[0].thumbnail_url if media else ""
    product.picture_alt = media[0].alt if media else ""


def _searched(product: Product, variants: list[Variant]) -> Iterable[str]:
    yield from (product.name, product.vendor, product.product_type, *product.tags)
    if product.category:
        yield product.category.path_names
    for variant in variants:
        yield from (variant.sku, variant.barcode, *variant.option_values)
    yield from product.attributes.values()
    yield from (product.summary, plain_text(product.description))
