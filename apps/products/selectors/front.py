"""What the shop's pages show around products: the first page and the menu of categories."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from apps.products.models.catalogue import Category, Product
from apps.products.selectors.catalogue import ProductFilters, category_tree, list_products

Tree = list[dict[str, Any]]
NEWEST = 8
READY = 4
MENU = "products.menu"
MENU_SECONDS = 5
"""How long another process may go on with categories that were changed meanwhile."""
SHELVES = "products.shelves"
SHELVES_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The first page: cards of products, and a picture for each shelf."""

    newest: list[dict[str, Any]]
    ready: list[dict[str, Any]]
    """In stock, and not among the newest."""
    shelves: list[dict[str, Any]]


def menu() -> Tree:
    """Return the tree of categories, remembered for some seconds."""
    tree: Tree = cache.get_or_set(MENU, category_tree, MENU_SECONDS) or []
    return tree


def forget_menu() -> None:
    """Read the categories again next time; called by whatever changes them."""
    cache.delete_many((MENU, SHELVES))


def names_in(tree: Tree) -> dict[str, str]:
    """Return the name of each category by its slug."""
    return {category["slug"]: category["name"] for category, _ in walk(tree)}


def walk(tree: Tree, depth: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield each category with how many are above it, in the order of the tree."""
    for category in tree:
        yield category, depth
        yield from walk(category["children"], depth + 1)


def front() -> Front:
    """Return what the first page shows; one statement while the shelves are warm."""
    cards = list_products(ProductFilters(), params={}, url="").results
    later = [card for card in cards[NEWEST:] if card["in_stock"]]
    shelves = cache.get_or_set(SHELVES, _shelves, SHELVES_SECONDS) or []
    return Front(newest=cards[:NEWEST], ready=later[:READY], shelves=shelves)


def _shelves() -> list[dict[str, Any]]:
    pictured = Product.objects.filter(
        is_published=True, category__path_slugs__startswith=OuterRef("path_slugs")
    ).exclude(picture_url="")
    picture = Subquery(pictured.order_by("-in_stock", "-published_at", "-id").values("picture_url")[:1])
    roots = Category.objects.filter(parent=None).annotate(image=Coalesce(picture, Value("")))
    return list(roots.order_by("position", "name", "id").values("slug", "name", "image"))
