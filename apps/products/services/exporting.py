"""Write the catalogue as a product file: a CSV, or a ZIP archive that takes our own pictures along."""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, Final
from uuid import UUID

from apps.products.models.catalogue import Product, Variant
from apps.products.models.media import Media
from apps.products.rules import csv_extra, csv_writing
from apps.products.rules.csv_drafts import PictureDraft, ProductDraft, VariantDraft
from apps.products.services.importing_files import CSV_NAME
from apps.products.services.importing_pictures import archive_paths, own_address
from apps.products.services.importing_sources import is_address

CHUNK: Final = 200
PIECE: Final = 1024 * 1024
PRODUCT_FIELDS: Final = (
    *("name", "description", "vendor", "product_type", "summary", "seo_title", "seo_description", "tax_class"),
    *("tags", "is_published"),
)
VARIANT_FIELDS: Final = (
    *("price_minor", "compare_at_minor", "barcode", "weight_grams", "requires_shipping", "is_taxable"),
)

Sources = Callable[[str, Sequence[Media]], list[str]]
"""What the file says of each picture of a product."""


def export_csv() -> Iterator[str]:
    """Yield the lines of a CSV; a picture of our own appears with its public address."""
    return _lines(_addresses)


def export_archive(target: BinaryIO) -> None:
    """Write an archive with the CSV and every picture that only we have; the same catalogue gives the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(_member(CSV_NAME), "w") as file:
            for line in _lines(_paths):
                file.write(line.encode())
        for chunk in _chunks():
            for product, _, media in _rows(chunk):
                _add_pictures(archive, product.slug, media)


def _add_pictures(archive: zipfile.ZipFile, slug: str, media: Sequence[Media]) -> None:
    for path, picture in zip(archive_paths(slug, media), media, strict=True):
        if not _is_ours(picture) or not picture.file.storage.exists(picture.file.name):
            continue
        with picture.file.open("rb") as source, archive.open(_member(path), "w") as target:
            while piece := source.read(PIECE):
                target.write(piece)


def _member(name: str) -> zipfile.ZipInfo:
    """Return an entry without a date, which would differ from export to export."""
    member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    return member


def _lines(sources: Sources) -> Iterator[str]:
    return csv_writing.lines(_header(), _drafts(sources))


def _header() -> list[str]:
    """Return the columns: what any product has, in the order in which a reader of the file meets it first."""
    attributes: set[str] = set()
    unknown: dict[str, list[str]] = {}
    products = Product.objects.values_list("id", "slug", "attributes", "extra_columns").order_by("id")
    slugs: dict[UUID, str] = {}
    for product_id, slug, values, kept in products.iterator(chunk_size=1000):
        slugs[product_id] = slug
        attributes.update(values)
        unknown[slug] = [name for name, _ in csv_extra.columns_of(kept)]
    variants = Variant.objects.values_list("product_id", "extra_columns").order_by("product_id", "position", "id")
    for product_id, kept in variants.iterator(chunk_size=1000):
        unknown[slugs[product_id]] += [name for name, _ in csv_extra.columns_of(kept)]
    for _, slug, _, kept in products.iterator(chunk_size=1000):
        unknown[slug] += [name for pairs in csv_extra.picture_columns_of(kept).values() for name, _ in pairs]
    names = dict.fromkeys(name for slug in sorted(unknown) for name in unknown[slug])
    return csv_writing.header_of(attributes=attributes, unknown=names)


def _chunks() -> Iterator[list[UUID]]:
    """Yield the ids of products by slug, sorted here: every database sorts text in its own way."""
    ordered = sorted(Product.objects.values_list("slug", "id"))
    for start in range(0, len(ordered), CHUNK):
        yield [product_id for _, product_id in ordered[start : start + CHUNK]]


def _rows(ids: Sequence[UUID]) -> Iterator[tuple[Product, list[Variant], list[Media]]]:
    products = Product.objects.select_related("category").in_bulk(ids)
    variants: dict[UUID, list[Variant]] = {product_id: [] for product_id in ids}
    media: dict[UUID, list[Media]] = {product_id: [] for product_id in ids}
    for variant in Variant.objects.filter(product__in=ids).select_related("stock").order_by("position", "id"):
        variants[variant.product_id].append(variant)
    for picture in Media.objects.filter(product__in=ids).order_by("position", "id"):
        media[picture.product_id].append(picture)
    for product_id in ids:
        if product_id in products:
            yield products[product_id], variants[product_id], media[product_id]


def _drafts(sources: Sources) -> Iterator[ProductDraft]:
    for chunk in _chunks():
        for product, variants, media in _rows(chunk):
            yield _draft(product, variants, media, sources(product.slug, media))


def _draft(product: Product, variants: Sequence[Variant], media: Sequence[Media], sources: list[str]) -> ProductDraft:
    images: dict[UUID, str] = {}
    for picture, source in zip(media, sources, strict=True):
        if picture.variant_id:
            images.setdefault(picture.variant_id, source)
    return ProductDraft(
        row=0,
        handle=product.slug,
        currency=product.currency,
        fields={name: getattr(product, name) for name in PRODUCT_FIELDS},
        option_names=tuple(option["name"] for option in product.options),
        category=tuple(product.category.path_names.split("\n")) if product.category else (),
        attributes=dict(product.attributes),
        variants=tuple(_variant(variant, images.get(variant.id, "")) for variant in variants),
        pictures=tuple(
            PictureDraft(row=0, source=source, alt=picture.alt)
            for picture, source in zip(media, sources, strict=True)
            if source
        ),
        extra=csv_extra.columns_of(product.extra_columns),
        picture_extra=csv_extra.picture_columns_of(product.extra_columns),
    )


def _variant(variant: Variant, image: str) -> VariantDraft:
    return VariantDraft(
        row=0,
        sku=variant.sku,
        options=(variant.option1, variant.option2, variant.option3) if variant.option1 else None,
        fields={name: getattr(variant, name) for name in VARIANT_FIELDS},
        quantity=variant.stock.on_hand,
        extra=csv_extra.columns_of(variant.extra_columns),
        image=image,
    )


def _is_ours(media: Media) -> bool:
    return bool(media.file) and not is_address(media.source_url)


def _addresses(_slug: str, media: Sequence[Media]) -> list[str]:
    return [own_address(picture) if _is_ours(picture) else picture.source_url for picture in media]


def _paths(slug: str, media: Sequence[Media]) -> list[str]:
    paths = archive_paths(slug, media)
    return [path if _is_ours(picture) else picture.source_url for path, picture in zip(paths, media, strict=True)]
