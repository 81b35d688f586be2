"""Slugs and SKUs: which are allowed, and which one a name gets."""

import re
import unicodedata
from collections.abc import Container, Sequence

from kernel.errors import DomainError

SLUG_PATTERN = r"^[a-z0-9][a-z0-9_-]*\Z"
SKU_PATTERN = r"^[^\s\x00-\x1f](?:[^\x00-\x1f]*[^\s\x00-\x1f])?\Z"
RESERVED_SLUGS = frozenset({"export", "import", "new"})
"""Words that are part of addresses of our own."""

_UUID = re.compile(r"^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\Z")


class SlugTakenError(DomainError):
    """Another one has this slug."""

    code = "slug_taken"
    status = 409

    def __init__(self) -> None:
        message = "This slug belongs to another one."
        super().__init__(message, fields={"slug": [message]})


def is_slug(text: str) -> bool:
    """True for small letters, digits, hyphens and underscores that are neither an id nor an address of ours."""
    return bool(re.match(SLUG_PATTERN, text)) and not _UUID.match(text) and text not in RESERVED_SLUGS


def slug_of(name: str, *, fallback: str, length: int = 200) -> str:
    """Turn a name into a slug: ``Crème brûlée!`` becomes ``creme-brulee``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:length].rstrip("-") or fallback


def free_slug(wanted: str, *, taken: Container[str]) -> str:
    """Return ``wanted``, or the first of ``wanted-2``, ``wanted-3`` that nobody has."""
    candidate, number = wanted, 1
    while candidate in taken or not is_slug(candidate):
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate


def sku_of(slug: str, values: Sequence[str], *, length: int = 56) -> str:
    """Make a SKU of a product's slug and a variant's options: ``BLUE-SHIRT-SMALL``."""
    parts = [slug, *(slug_of(value, fallback="x") for value in values)]
    return "-".join(parts).upper()[:length].rstrip("-_")


def free_sku(wanted: str, *, taken: Container[str]) -> str:
    """Return ``wanted``, or the first of ``wanted-2``, ``wanted-3`` that nobody has."""
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate
