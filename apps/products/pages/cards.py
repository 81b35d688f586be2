"""How products look in lists: texts and badges made of what a selector tells."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from contracts.orders import ShopProfile
from kernel.formatting import money_text

Row = Mapping[str, Any]


def product_url(slug: str) -> str:
    """Return the address of a product."""
    return f"/products/{slug}/"


def category_url(slug: str) -> str:
    """Return the address of a category's list."""
    return "/products/?" + urlencode({"category": slug})


def category_link(category: Row) -> dict[str, str]:
    """Return name, slug and address of a category."""
    return {"slug": category["slug"], "name": category["name"], "url": category_url(category["slug"])}


def cards(rows: Sequence[Row], *, shop: ShopProfile, categories: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what the product grid shows."""
    return [_card(row, shop=shop, categories=categories) for row in rows]


def price_texts(row: Row) -> dict[str, str]:
    """Return the price, and the one before where it was higher."""
    before = row["compare_at_price"]
    is_reduced = before is not None and before > row["price"]
    return {"price": money_text(row["price"]), "compare_at": money_text(before) if is_reduced else ""}


def stock_note(available: int, *, low_mark: int) -> str:
    """Say how many there are, exactly when they are few."""
    if available <= 0:
        return _("Sold out")
    if available <= low_mark:
        return _("Only %(count)s left") % {"count": available}
    return _("In stock")


def _card(row: Row, *, shop: ShopProfile, categories: Mapping[str, str]) -> dict[str, Any]:
    picture = row["picture"] or {"url": "", "alt": ""}
    prices = price_texts(row)
    badge, kind = _badge(row, is_reduced=bool(prices["compare_at"]), low_mark=shop.low_stock_mark)
    return prices | {
        "url": product_url(row["slug"]),
        "name": row["name"],
        "from_price": row["price_is_from"],
        "image": picture["url"],
        "alt": picture["alt"],
        "note": categories.get(row["category"] or "", row["vendor"]),
        "badge": badge,
        "badge_kind": kind,
    }


def _badge(row: Row, *, is_reduced: bool, low_mark: int) -> tuple[str, str]:
    if not row["in_stock"]:
        return _("Sold out"), ""
    if row["available"] <= low_mark:
        return stock_note(row["available"], low_mark=low_mark), "low"
    return (_("Reduced"), "sale") if is_reduced else ("", "")
