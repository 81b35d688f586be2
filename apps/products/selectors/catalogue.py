"""Reads of the catalogue: a page of products is one statement, a product is two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from apps.products.models.catalogue import Category, Product, SlugRedirect, Variant
from apps.products.models.search import SearchMatch
from apps.products.rules import search
from apps.products.rules.options import named
from apps.products.selectors.shelf import low_stock
from contracts.orders import Orders
from contracts.products import QuotedItem
from kernel.http.keysets import InvalidCursorError
from kernel.http.paging import KeysetPagination, Page, page_of
from kernel.money import Money
from kernel.rpc import client
from kernel.topology import database_of

RANKED = 1_000
"""So many hits are put in order of relevance; ranking every hit of a common word would be slow."""
CARD_COLUMNS = (
    *("id", "slug", "name", "summary", "vendor", "product_type", "category__slug", "is_published", "published_at"),
    *("price_minor", "price_is_from", "compare_at_minor", "currency", "available", "in_stock"),
    *("picture_url", "picture_alt", "created_at", "updated_at"),
)
DETAIL_COLUMNS = (
    *CARD_COLUMNS,
    *("category_id", "category__name", "category__path_slugs", "category__path_names"),
    *(
        "description",
        "tags",
        "options",
        "attributes",
        "pictures",
        "seo_title",
        "seo_description",
        "tax_class",
        "version",
    ),
)
VARIANT_COLUMNS = (
    *("id", "sku", "option1", "option2", "option3", "price_minor", "currency", "compare_at_minor", "barcode"),
    *("weight_grams", "position", "requires_shipping", "is_taxable", "stock__on_hand", "stock__reserved"),
)

QUOTE_COLUMNS = (
    *("sku", "option1", "option2", "option3", "price_minor", "currency", "weight_grams", "requires_shipping"),
    *("is_taxable", "stock__on_hand", "stock__reserved", "product_id", "product__name", "product__slug"),
    *("product__tax_class", "product__is_published", "product__picture_url"),
)
UNTAXED = "exempt"
"""The tax class of variants that are not taxable."""


class ProductPages(KeysetPagination):
    """Orderings of the catalogue."""

    orderings = {
        "newest": ("-published_at", "-id"),
        "price": ("price_minor", "id"),
        "-price": ("-price_minor", "-id"),
        "name": ("name", "id"),
        "relevance": ("-published_at", "-id"),
    }


class FoundPages(ProductPages):
    """As above, for a search: the best hits first."""

    orderings = {**ProductPages.orderings, "relevance": ("-relevance", "-published_at", "-id")}
    default_ordering = "relevance"


class OfficePages(KeysetPagination):
    """Orderings of all products, shown in the shop or not."""

    orderings = {**ProductPages.orderings, "newest": ("-created_at", "-id"), "relevance": ("-created_at", "-id")}


class FoundOfficePages(OfficePages):
    """As above, for a search."""

    orderings = {**OfficePages.orderings, "relevance": ("-relevance", "-created_at", "-id")}
    default_ordering = "relevance"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFilters:
    """Which products are wanted; ``None`` and empty want all."""

    category: str = ""
    """Slug or id; what is below is included."""
    search: str = ""
    min_price: Money | None = None
    max_price: Money | None = None
    in_stock: bool | None = None
    is_published: bool | None = True
    is_low: bool = False
    """Only what runs out."""


def shop_currency() -> str:
    """Return the currency that all prices are in."""
    return client(Orders).shop().currency


def catalogue_version() -> int:
    """Return the number that grows with every change of what the shop shows."""
    with connections[database_of("products")].cursor() as cursor:  # asked before every list: nothing to compile
        cursor.execute("SELECT value FROM products_catalogueversion WHERE id = 1")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def list_products(filters: ProductFilters, *, params: Mapping[str, Any], url: str) -> Page:
    """Return one page of products as dictionaries with prices as Money; one statement.

    ``params`` holds ``ordering``, ``cursor``, ``page_size`` and ``count`` as they come in an address.
    """
    terms = search.terms(filters.search)
    products = _matching(filters, terms)
    is_ranked = bool(terms) and params.get("ordering") in {None, "", "relevance"}
    if is_ranked:
        products = _ranked(products, terms)
        pages: type[KeysetPagination] = FoundPages if filters.is_published else FoundOfficePages
    else:
        pages = ProductPages if filters.is_published else OfficePages
    columns = (*CARD_COLUMNS, "relevance") if is_ranked else CARD_COLUMNS
    try:
        page = page_of(products.values(*columns), params=params, url=url, pages=pages)
    except (ValueError, TypeError) as error:  # a cursor whose relevance is no number
        raise InvalidCursorError from error
    page.results[:] = [card(row) for row in page.results]
    return page


def product_detail(key: str | UUID, *, with_unpublished: bool = False) -> dict[str, Any] | None:
    """Return a product with its variants and pictures by slug or id; two statements, one when there is none."""
    products = Product.objects.filter(**_key(key))
    if not with_unpublished:
        products = products.filter(is_published=True)
    row = products.values(*DETAIL_COLUMNS).first()
    if row is None:
        return None
    variants = Variant.objects.filter(product_id=row["id"]).order_by("position", "id").values(*VARIANT_COLUMNS)
    return {
        **card(row),
        "category": _category_of(row),
        **{name: row[name] for name in ("description", "tags", "options", "attributes", "pictures")},
        **{name: row[name] for name in ("seo_title", "seo_description", "tax_class", "version")},
        "variants": [_variant(variant, row["options"]) for variant in variants],
    }


def product_by_key(key: str) -> Product | None:
    """Return a product, shown or not, by slug or id."""
    return Product.objects.filter(**_key(key)).first()


def quoted(skus: Sequence[str]) -> list[QuotedItem]:
    """Return price and availability of each known SKU, in the order asked; one statement."""
    rows = {row["sku"]: row for row in Variant.objects.filter(sku__in=skus).values(*QUOTE_COLUMNS)}
    return [_quoted(rows[sku]) for sku in dict.fromkeys(skus) if sku in rows]


def current_slug(old_slug: str) -> str | None:
    """Return where a product went that was renamed, as long as it is shown."""
    redirects = SlugRedirect.objects.filter(old_slug=old_slug, product__is_published=True)
    return redirects.values_list("product__slug", flat=True).first()


def category_tree() -> list[dict[str, Any]]:
    """Return the categories as a tree, each with what is below it in ``children``; one statement."""
    rows = Category.objects.order_by("position", "name", "id").values("id", "parent_id", "slug", "name", "description")
    by_id: dict[UUID, dict[str, Any]] = {row["id"]: {**row, "children": []} for row in rows}
    roots: list[dict[str, Any]] = []
    for row in by_id.values():
        siblings = by_id[row["parent_id"]]["children"] if row["parent_id"] else roots
        siblings.append(row)
    return roots


def category_id_of(key: str) -> UUID | None:
    """Return the id of a category by its slug or id."""
    found = _uuid(key)
    chosen = Q(slug=key) if found is None else Q(id=found)
    return Category.objects.filter(chosen).values_list("id", flat=True).first()


def card(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a list shows of a product."""
    compare_at = row["compare_at_minor"]
    currency = row["currency"]
    return {
        **{name: row[name] for name in ("id", "slug", "name", "summary", "vendor", "product_type")},
        "category": row["category__slug"],
        "price": Money(row["price_minor"], currency),
        "price_is_from": row["price_is_from"],
        "compare_at_price": None if compare_at is None else Money(compare_at, currency),
        "available": row["available"],
        "in_stock": row["in_stock"],
        "picture": {"url": row["picture_url"], "alt": row["picture_alt"]} if row["picture_url"] else None,
        **{name: row[name] for name in ("is_published", "published_at", "created_at", "updated_at")},
    }


def search_filter(products: QuerySet[Product], terms: search.Terms) -> QuerySet[Product]:
    """Return the products that have all the words; nothing when there is no word."""
    if not terms:
        return products.none()
    if terms.indexed:
        products = products.filter(SearchMatch(list(terms.indexed)))
    for word in terms.scanned:
        products = products.filter(search_text__contains=f" {word}")
    return products


def _matching(filters: ProductFilters, terms: search.Terms) -> QuerySet[Product]:
    products = Product.objects.all()
    if filters.is_published is not None:
        products = products.filter(is_published=filters.is_published)
    if filters.category:
        products = products.filter(_below(filters.category))
    if filters.min_price is not None:
        products = products.filter(price_minor__gte=filters.min_price.minor)
    if filters.max_price is not None:
        products = products.filter(price_minor__lte=filters.max_price.minor)
    if filters.in_stock is not None:
        products = products.filter(in_stock=filters.in_stock)
    if filters.is_low:
        products = products.filter(id__in=low_stock().values("variant__product_id"))
    return search_filter(products, terms) if filters.search else products


def _below(category: str) -> Q:
    found = _uuid(category)
    if found is None:
        return Q(category__path_slugs__contains=f"/{category}/")
    return Q(category__path_slugs__startswith=Category.objects.filter(id=found).values("path_slugs")[:1])


def _ranked(products: QuerySet[Product], terms: search.Terms) -> QuerySet[Product]:
    if connections[database_of("products")].vendor == "postgresql":
        newest = products.order_by("-published_at", "-id").values("id")[:RANKED]
        products = Product.objects.filter(id__in=newest)
    in_name = Q()
    for word in terms.words:
        in_name &= Q(name__icontains=word)
    return products.annotate(
        relevance=Case(
            When(search_text__startswith=" " + " ".join(terms.words), then=Value(3)),
            When(in_name, then=Value(2)),
            default=Value(1),
            output_field=IntegerField(),
        )
    )


def _key(key: str | UUID) -> dict[str, Any]:
    found = key if isinstance(key, UUID) else _uuid(key)
    return {"slug": key} if found is None else {"id": found}


def _uuid(text: str) -> UUID | None:
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None


def _category_of(row: Mapping[str, Any]) -> dict[str, Any] | None:
    if row["category_id"] is None:
        return None
    slugs, names = row["category__path_slugs"].strip("/").split("/"), row["category__path_names"].split("\n")
    return {
        "id": row["category_id"],
        "slug": row["category__slug"],
        "name": row["category__name"],
        "path": [{"slug": slug, "name": name} for slug, name in zip(slugs, names, strict=True)],
    }


def _variant(row: Mapping[str, Any], options: list[Any]) -> dict[str, Any]:
    values = [row[name] for name in ("option1", "option2", "option3") if row[name]]
    available = (row["stock__on_hand"] or 0) - (row["stock__reserved"] or 0)
    compare_at = row["compare_at_minor"]
    return {
        "id": row["id"],
        "sku": row["sku"],
        "name": " / ".join(values),
        "options": named(options, values),
        "price": Money(row["price_minor"], row["currency"]),
        "compare_at_price": None if compare_at is None else Money(compare_at, row["currency"]),
        "available": available,
        "in_stock": available > 0,
        **{name: row[name] for name in ("barcode", "weight_grams", "position", "requires_shipping", "is_taxable")},
    }


def _quoted(row: Mapping[str, Any]) -> QuotedItem:
    return QuotedItem(
        sku=row["sku"],
        product_id=row["product_id"],
        product_name=row["product__name"],
        product_slug=row["product__slug"],
        variant_name=" / ".join(row[name] for name in ("option1", "option2", "option3") if row[name]),
        unit_price=Money(row["price_minor"], row["currency"]),
        tax_class=row["product__tax_class"] if row["is_taxable"] else UNTAXED,
        weight_grams=row["weight_grams"],
        available=(row["stock__on_hand"] or 0) - (row["stock__reserved"] or 0),
        is_sellable=row["product__is_published"],
        picture_url=row["product__picture_url"],
        requires_shipping=row["requires_shipping"],
    )
