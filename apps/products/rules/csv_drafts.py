"""A product as a CSV tells it: what the importer reads and the exporter writes."""

from dataclasses import dataclass, field
from typing import Any, Final

MAX_NAME: Final = 255
MAX_SUMMARY: Final = 500
MAX_BODY: Final = 100_000
MAX_OPTION: Final = 120
MAX_CODE: Final = 64
MAX_ALT: Final = 500
MAX_SOURCE: Final = 1000
MAX_EXTRA: Final = 20_000
MAX_TAGS: Final = 250
MAX_TAX_CLASS: Final = 30
MAX_CATEGORY: Final = 120
MAX_DEPTH: Final = 5
MAX_GRAMS: Final = 10_000_000

Columns = tuple[tuple[str, str], ...]
"""Unknown columns with their text, in the order in which they were seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantDraft:
    """One variant; what the file has no column for is absent from ``fields``."""

    row: int
    sku: str
    """Given, or made from handle and options."""
    is_made_up: bool = False
    options: tuple[str, str, str] | None
    """None when the file has no option columns."""
    fields: dict[str, Any]
    quantity: int | None = None
    extra: Columns = ()
    image: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureDraft:
    """One picture: an address, or a path inside the archive that the file came in."""

    row: int
    source: str
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDraft:
    """One product; what the file has no column for is absent from ``fields`` or None."""

    row: int
    handle: str
    currency: str
    fields: dict[str, Any]
    option_names: tuple[str, ...] | None = None
    category: tuple[str, ...] | None = None
    attributes: dict[str, str] | None = None
    variants: tuple[VariantDraft, ...] = ()
    pictures: tuple[PictureDraft, ...] | None = None
    extra: Columns = ()
    picture_extra: dict[int, Columns] = field(default_factory=dict)
    """Unknown columns of rows that hold nothing but a picture, by the row's place among the product's rows."""
    columns: frozenset[str] = frozenset()
    """The columns of the file."""
