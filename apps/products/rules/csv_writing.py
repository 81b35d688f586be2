"""From drafts to the text of a product CSV, in the order and the words of Shopify's format."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from apps.products.rules import csv_columns as c
from apps.products.rules.csv_cells import guarded
from apps.products.rules.csv_drafts import Columns, ProductDraft, VariantDraft
from apps.products.rules.csv_products import DEFAULT_OPTION
from kernel.money import Money

TEXTS: Final = {
    c.TITLE: "name",
    c.BODY: "description",
    c.VENDOR: "vendor",
    c.TYPE: "product_type",
    c.SUMMARY: "summary",
    c.SEO_TITLE: "seo_title",
    c.SEO_DESCRIPTION: "seo_description",
    c.TAX_CLASS: "tax_class",
}


def header_of(*, attributes: Iterable[str], unknown: Iterable[str]) -> list[str]:
    """Return every column of an export: the standard ones, the attributes by name, the others as first seen."""
    named = [c.ATTRIBUTE_PREFIX + name for name in sorted(set(attributes))]
    return list(dict.fromkeys([*c.STANDARD, *named, *unknown]))


def lines(header: list[str], drafts: Iterable[ProductDraft]) -> Iterator[str]:
    """Yield the header, then the rows of one product after the other."""
    yield _text([[guarded(name) for name in header]])
    for draft in drafts:
        yield _text([guarded(row.get(name, "")) for name in header] for row in rows_of(draft))


def rows_of(draft: ProductDraft) -> list[dict[str, str]]:
    """Return the cells of each row; product, variants and pictures share rows from the first on."""
    pictures = draft.pictures or ()
    rows: list[dict[str, str]] = [{} for _ in range(max(1, len(draft.variants), len(pictures)))]
    for index, extra in draft.picture_extra.items():
        if len(draft.variants) <= index < len(rows):
            rows[index].update(extra)
    for index, picture in enumerate(pictures):
        rows[index] |= {c.IMAGE_SRC: picture.source, c.IMAGE_POSITION: str(index + 1), c.IMAGE_ALT: picture.alt}
    for row, variant in zip(rows, draft.variants, strict=False):
        row.update(_variant_cells(variant, draft.currency))
    rows[0].update(_product_cells(draft))
    for row in rows:
        row[c.HANDLE] = draft.handle
    return rows


def _product_cells(draft: ProductDraft) -> dict[str, str]:
    is_published = bool(draft.fields["is_published"])
    cells = {column: str(draft.fields[field]) for column, field in TEXTS.items()}
    cells[c.TAGS] = ", ".join(draft.fields["tags"])
    cells[c.PUBLISHED] = _flag(is_published)
    cells[c.CATEGORY] = " > ".join(draft.category or ())
    cells |= {c.ATTRIBUTE_PREFIX + name: value for name, value in (draft.attributes or {}).items()}
    names = draft.option_names or DEFAULT_OPTION[:1]
    cells |= dict(zip(c.OPTION_NAMES, names, strict=False))
    if not draft.option_names and draft.variants:
        cells[c.OPTION_VALUES[0]] = DEFAULT_OPTION[1]
    return cells | _with_status(draft.extra, is_published=is_published)


def _with_status(extra: Columns, *, is_published: bool) -> dict[str, str]:
    """Shopify's status is kept as it came, unless the shop has published or hidden the product since."""
    cells = dict(extra)
    if (stored := cells.get(c.STATUS)) and (stored.strip().lower() == "active") != is_published:
        cells[c.STATUS] = "active" if is_published else "draft"
    return cells


def _variant_cells(variant: VariantDraft, currency: str) -> dict[str, str]:
    fields = variant.fields
    compare_at = fields["compare_at_minor"]
    cells = dict(variant.extra) | {
        c.SKU: variant.sku,
        c.GRAMS: str(fields["weight_grams"]),
        c.QUANTITY: "" if variant.quantity is None else str(variant.quantity),
        c.PRICE: Money(fields["price_minor"], currency).as_text(),
        c.COMPARE_AT: "" if compare_at is None else Money(compare_at, currency).as_text(),
        c.REQUIRES_SHIPPING: _flag(fields["requires_shipping"]),
        c.TAXABLE: _flag(fields["is_taxable"]),
        c.BARCODE: fields["barcode"],
    }
    if variant.image:
        cells[c.VARIANT_IMAGE] = variant.image
    return cells | dict(zip(c.OPTION_VALUES, variant.options or (), strict=False))


def _flag(value: object) -> str:
    return "true" if value else "false"


def _text(rows: Iterable[Iterable[str]]) -> str:
    return "".join(map(_line, rows))


def _line(row: Iterable[str]) -> str:
    """Return a row; a cell is quoted only for the characters that end a row, and a carriage return alone ends one, too."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(row)
    return buffer.getvalue().removesuffix("\r\n") + "\n"
