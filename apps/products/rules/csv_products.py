"""From the rows of one product to a draft, or to the reasons why not."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final

from apps.products.rules import csv_columns as c
from apps.products.rules import csv_drafts as limits
from apps.products.rules.csv_cells import CellReader, RowProblem, quoted
from apps.products.rules.csv_drafts import Columns, PictureDraft, ProductDraft, VariantDraft
from apps.products.rules.csv_reading import MAX_PRODUCT_ROWS, Row
from apps.products.rules.names import is_slug, slug_of
from apps.products.rules.stock import MAX_QUANTITY
from apps.products.rules.text import MOST_TAGS, has_too_many_tags

CODE: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
STATUSES: Final = frozenset({"active", "draft", "archived", "unlisted"})
DEFAULT_OPTION: Final = ("Title", "Default Title")


def read_product(
    rows: Sequence[Row], *, columns: Collection[str], currency: str
) -> tuple[ProductDraft | None, list[RowProblem]]:
    """Return the draft, or None and every problem that was found."""
    known = frozenset(columns)
    problems = [RowProblem(row=row.number, message=row.problem) for row in rows if row.problem]
    first = CellReader(row=rows[0].number, cells=rows[0].cells, problems=problems)
    if len(rows) > MAX_PRODUCT_ROWS:
        first.refuse(f"the product has more than {MAX_PRODUCT_ROWS:,} rows")
    _check_handle(first, rows[0].handle)
    if problems:
        return None, problems
    option_names = _option_names(first, rows, known)
    pictures = _pictures(rows, problems) if c.IMAGE_SRC in known else None
    variants = _with_own_pictures(_variants(rows, known, currency, option_names, problems), pictures or ())
    draft = ProductDraft(
        row=rows[0].number,
        handle=rows[0].handle,
        currency=currency,
        fields=_product_fields(first, known),
        option_names=option_names,
        category=_category(first) if c.CATEGORY in known else None,
        attributes=_attributes(first, known),
        variants=variants,
        pictures=pictures,
        extra=tuple(pair for pair in _extra(first) if not c.is_of_the_variant(pair[0])),
        picture_extra=_picture_extra(rows, problems),
        columns=known,
    )
    return (None, problems) if problems else (draft, [])


def _check_handle(first: CellReader, handle: str) -> None:
    if not handle:
        first.refuse("there is no handle")
    elif len(handle) > limits.MAX_NAME:
        first.refuse(f"the handle has {len(handle):,} characters; at most {limits.MAX_NAME} fit")
    elif not CODE.fullmatch(handle):
        first.refuse(f"the handle {quoted(handle)} may only hold the letters a to z, digits, hyphens and underscores")
    elif not is_slug(handle):
        first.refuse(f"the handle {quoted(handle)} is a word that the shop keeps for itself")


def _product_fields(first: CellReader, known: frozenset[str]) -> dict[str, Any]:
    name = first.text(c.TITLE, name="title", longest=limits.MAX_NAME)
    if not name and not first.problems:
        first.refuse("there is no title")
    texts = {
        "description": (c.BODY, _body(first)),
        "vendor": (c.VENDOR, first.text(c.VENDOR, name="vendor", longest=limits.MAX_NAME)),
        "product_type": (c.TYPE, first.text(c.TYPE, name="type", longest=limits.MAX_NAME)),
        "summary": (c.SUMMARY, first.text(c.SUMMARY, name="summary", longest=limits.MAX_SUMMARY)),
        "seo_title": (c.SEO_TITLE, first.text(c.SEO_TITLE, name="SEO title", longest=limits.MAX_NAME)),
        "seo_description": (
            c.SEO_DESCRIPTION,
            first.text(c.SEO_DESCRIPTION, name="SEO description", longest=limits.MAX_SUMMARY),
        ),
    }
    fields: dict[str, Any] = {"name": name}
    fields |= {field: text for field, (column, text) in texts.items() if column in known}
    if c.TAGS in known:
        fields["tags"] = _tags(first)
    if c.TAX_CLASS in known:
        fields["tax_class"] = _tax_class(first)
    if known & {c.PUBLISHED, c.STATUS}:
        fields["is_published"] = _is_published(first)
    return fields


def _body(first: CellReader) -> str:
    markup = first.raw(c.BODY, name="body", longest=limits.MAX_BODY)
    if has_too_many_tags(markup):
        first.refuse(f"the body has more than {MOST_TAGS:,} tags")
    return markup


def _tags(first: CellReader) -> list[str]:
    text = first.text(c.TAGS, name="tags", longest=limits.MAX_EXTRA)
    tags = list(dict.fromkeys(tag for part in text.split(",") if (tag := part.strip())))
    if len(tags) > limits.MAX_TAGS:
        first.refuse(f"there are {len(tags)} tags; at most {limits.MAX_TAGS} fit")
    if long := [tag for tag in tags if len(tag) > limits.MAX_NAME]:
        first.refuse(f"the tag {quoted(long[0])} has more than {limits.MAX_NAME} characters")
    return tags


def _tax_class(first: CellReader) -> str:
    text = first.text(c.TAX_CLASS, name="tax class", longest=limits.MAX_TAX_CLASS).lower() or "standard"
    if not CODE.fullmatch(text):
        first.refuse(f"the tax class {quoted(text)} may only hold the letters a to z, digits, hyphens and underscores")
    return text


def _is_published(first: CellReader) -> bool:
    published = first.flag(c.PUBLISHED, name="value of Published", default=True)
    status = first.text(c.STATUS, name="status", longest=40).lower() or "active"
    if status not in STATUSES:
        first.refuse(f"the status {quoted(status)} is none of active, draft, archived and unlisted")
    return published and status == "active"


def _category(first: CellReader) -> tuple[str, ...]:
    text = first.text(c.CATEGORY, name="category", longest=limits.MAX_CATEGORY * limits.MAX_DEPTH)
    names = tuple(name for part in text.split(" > ") if (name := part.strip()))
    if len(names) > limits.MAX_DEPTH:
        first.refuse(f"the category {quoted(text)} is {len(names)} levels deep; at most {limits.MAX_DEPTH} fit")
    if long := [name for name in names if len(name) > limits.MAX_CATEGORY]:
        first.refuse(f"the category {quoted(long[0])} has more than {limits.MAX_CATEGORY} characters")
    return names


def _attributes(first: CellReader, known: frozenset[str]) -> dict[str, str] | None:
    columns = sorted(column for column in known if c.is_attribute(column))
    if not columns:
        return None
    return {
        column.removeprefix(c.ATTRIBUTE_PREFIX): first.text(column, name=column, longest=limits.MAX_SUMMARY)
        for column in columns
    }


def _is_variant(row: Row, index: int) -> bool:
    """The first row holds a variant, and so does every row that names an option, a SKU or a price."""
    return index == 0 or any(column in row.cells for column in (*c.OPTION_VALUES, c.SKU, c.PRICE))


def _option_names(first: CellReader, rows: Sequence[Row], known: frozenset[str]) -> tuple[str, ...] | None:
    if c.OPTION_VALUES[0] not in known:
        return None
    names = [first.text(column, name="option name", longest=limits.MAX_OPTION) for column in c.OPTION_NAMES]
    values = {row.cells.get(c.OPTION_VALUES[0], "").strip() for row in rows} - {""}
    if names[0] in {DEFAULT_OPTION[0], ""} and not any(names[1:]) and values <= {DEFAULT_OPTION[1]}:
        return ()
    for place, column in enumerate(c.OPTION_VALUES):
        if not names[place] and any(column in row.cells for row in rows):
            first.refuse(f"option {place + 1} has values, but no name")
    given = [name for name in names if name]
    if len({name.lower() for name in given}) < len(given):
        first.refuse("two options have the same name")
    if given != names[: len(given)]:
        first.refuse("an option is left out: name them from option 1 on")
    return tuple(given)


def _variants(
    rows: Sequence[Row],
    known: frozenset[str],
    currency: str,
    option_names: tuple[str, ...] | None,
    problems: list[RowProblem],
) -> tuple[VariantDraft, ...]:
    variants = [
        _variant(row, index, known, currency, option_names, problems)
        for index, row in enumerate(rows)
        if _is_variant(row, index)
    ]
    seen: dict[tuple[str, ...], int] = {}
    skus: dict[str, int] = {}
    for variant in variants:
        if variant.options is not None:
            key = tuple(value.casefold() for value in variant.options)
            if key in seen:
                name = " / ".join(value for value in variant.options if value) or "without options"
                message = f"the variant {quoted(name)} is there twice, first in row {seen[key]}"
                problems.append(RowProblem(row=variant.row, message=message))
                continue
            seen[key] = variant.row
        if (first := skus.setdefault(variant.sku.lower(), variant.row)) != variant.row:
            message = f"the SKU {quoted(variant.sku)} is there twice, first in row {first}"
            problems.append(RowProblem(row=variant.row, message=message))
    return tuple(variants)


def _variant(
    row: Row,
    index: int,
    known: frozenset[str],
    currency: str,
    option_names: tuple[str, ...] | None,
    problems: list[RowProblem],
) -> VariantDraft:
    cells = CellReader(row=row.number, cells=row.cells, problems=problems)
    options = None if option_names is None else _option_values(cells, option_names)
    sku = cells.code(c.SKU, name="SKU", longest=limits.MAX_CODE)
    if any(unicodedata.category(char) == "Cc" for char in sku):
        cells.refuse(f"the SKU {quoted(sku)} holds a control character")
    extra = _extra(cells)
    return VariantDraft(
        row=row.number,
        sku=sku or made_up_sku(row.handle, options or ()),
        is_made_up=not sku,
        options=options,
        fields=_variant_fields(cells, known, currency),
        quantity=_quantity(cells) if c.QUANTITY in known else None,
        extra=extra if index else tuple(pair for pair in extra if c.is_of_the_variant(pair[0])),
        image=cells.text(c.VARIANT_IMAGE, name="variant image", longest=limits.MAX_SOURCE),
    )


def _option_values(cells: CellReader, names: tuple[str, ...]) -> tuple[str, str, str]:
    values = ["", "", ""]
    for place, name in enumerate(names):
        values[place] = cells.text(c.OPTION_VALUES[place], name=f"value of {name}", longest=limits.MAX_OPTION)
        if not values[place]:
            cells.refuse(f"the value of the option {quoted(name)} is missing")
    return values[0], values[1], values[2]


def _variant_fields(cells: CellReader, known: frozenset[str], currency: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if c.PRICE in known:
        before = len(cells.problems)
        fields["price_minor"] = cells.money(c.PRICE, name="price", currency=currency)
        if fields["price_minor"] is None and len(cells.problems) == before:
            cells.refuse("there is no price")
    if c.COMPARE_AT in known:
        fields["compare_at_minor"] = cells.money(c.COMPARE_AT, name="compare-at price", currency=currency)
    if c.BARCODE in known:
        fields["barcode"] = cells.code(c.BARCODE, name="barcode", longest=limits.MAX_CODE)
    if c.GRAMS in known:
        fields["weight_grams"] = _grams(cells)
    if c.REQUIRES_SHIPPING in known:
        fields["requires_shipping"] = cells.flag(c.REQUIRES_SHIPPING, name="value of Requires Shipping", default=True)
    if c.TAXABLE in known:
        fields["is_taxable"] = cells.flag(c.TAXABLE, name="value of Taxable", default=True)
    return fields


def _grams(cells: CellReader) -> int:
    return cells.whole(c.GRAMS, name="weight", default=0, largest=limits.MAX_GRAMS)


def _quantity(cells: CellReader) -> int | None:
    if not cells.cells.get(c.QUANTITY, "").strip():
        return None
    return cells.whole(c.QUANTITY, name="quantity", default=0, largest=MAX_QUANTITY)


def _pictures(rows: Sequence[Row], problems: list[RowProblem]) -> tuple[PictureDraft, ...]:
    found: dict[str, tuple[int, PictureDraft]] = {}
    for row in rows:
        cells = CellReader(row=row.number, cells=row.cells, problems=problems)
        source = cells.text(c.IMAGE_SRC, name="address of the picture", longest=limits.MAX_SOURCE)
        if source and source not in found:
            position = cells.whole(c.IMAGE_POSITION, name="position of the picture", default=len(found) + 1)
            alt = cells.text(c.IMAGE_ALT, name="text of the picture", longest=limits.MAX_ALT)
            found[source] = position, PictureDraft(row=row.number, source=source, alt=alt)
    return tuple(picture for _, picture in sorted(found.values(), key=lambda item: (item[0], item[1].row)))


def _with_own_pictures(variants: Sequence[VariantDraft], pictures: Sequence[PictureDraft]) -> tuple[VariantDraft, ...]:
    """Leave a variant's picture as text where it cannot be linked: one is not listed, or several variants share it."""
    sources = {picture.source for picture in pictures}
    shown = Counter(variant.image for variant in variants)
    return tuple(
        variant
        if not variant.image or (variant.image in sources and shown[variant.image] == 1)
        else replace(variant, image="", extra=(*variant.extra, (c.VARIANT_IMAGE, variant.image)))
        for variant in variants
    )


def _extra(cells: CellReader) -> Columns:
    return tuple(
        (column, text)
        for column in cells.cells
        if c.is_unknown(column) and (text := cells.raw(column, name=column, longest=limits.MAX_EXTRA))
    )


def _picture_extra(rows: Sequence[Row], problems: list[RowProblem]) -> dict[int, Columns]:
    return {
        index: extra
        for index, row in enumerate(rows)
        if not _is_variant(row, index)
        and (extra := _extra(CellReader(row=row.number, cells=row.cells, problems=problems)))
    }


def made_up_sku(handle: str, options: Sequence[str]) -> str:
    """Return the same SKU for the same handle and options, another for others, and at most 64 characters.

    Readable where that says everything; else a digest keeps apart what would look alike.
    """
    values = [value for value in options if value]
    text = "_".join([handle, *(slug_of(value, fallback="") for value in values)])
    is_exact = "_" not in handle and all(_says_all(value) for value in values)
    if is_exact and len(text) <= limits.MAX_CODE:
        return text
    digest = hashlib.sha256("\0".join([handle, *values]).encode()).hexdigest()[:10]
    return f"{text[: limits.MAX_CODE - 11].rstrip('-_')}-{digest}"


def _says_all(value: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9]+( [A-Za-z0-9]+)*", value) is not None
