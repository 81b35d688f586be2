"""Reads the query parameters of the product list; whatever has no meaning is refused by its name."""

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from drf_spectacular.utils import OpenApiParameter

from apps.products.rules.search import MAX_QUERY
from apps.products.selectors.catalogue import ProductFilters, shop_currency
from kernel.errors import ForbiddenError
from kernel.http.paging import InvalidQueryError
from kernel.money import MAX_MINOR, Money, exponent

BOOLEANS = {"true": True, "false": False}
PUBLISHED = {**BOOLEANS, "any": None}
OWN = frozenset({"category", "search", "min_price", "max_price", "in_stock", "published"})
PAGING = frozenset({"cursor", "page_size", "ordering", "count", "format"})
PRICE = {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,4})?$"}
CATEGORY = {"type": "string", "pattern": r"^[0-9a-z][0-9a-z_-]{0,119}$"}
SEARCH = {"type": "string", "maxLength": MAX_QUERY}

KEY = OpenApiParameter("id", {"type": "string"}, OpenApiParameter.PATH, description="Id or slug.")
PARAMETERS = [
    OpenApiParameter("category", CATEGORY, description="Slug or id; what is below is included."),
    OpenApiParameter("search", SEARCH, description="Words; each may be a beginning."),
    OpenApiParameter("min_price", PRICE, description="Lowest price, in the shop's currency."),
    OpenApiParameter("max_price", PRICE, description="Highest price, in the shop's currency."),
    OpenApiParameter("in_stock", bool, description="Only what can be bought now, or only what cannot."),
    OpenApiParameter("published", str, enum=list(PUBLISHED), description="For staff: what the shop shows or not."),
]


def filters_of(params: Mapping[str, str], *, is_staff: bool) -> ProductFilters:
    """Return what is asked for.

    :raises InvalidQueryError: a parameter is unknown or has no meaning.
    """
    for name in params:
        if name not in OWN and name not in PAGING:
            raise InvalidQueryError(name[:50], "There is no such parameter.")
    if "published" in params and not is_staff:
        raise ForbiddenError("Only staff may ask for this.", fields={"published": ["Only staff may ask for this."]})
    return ProductFilters(
        category=_category(params),
        search=_search(params.get("search", "")),
        min_price=_price(params, "min_price", ROUND_CEILING),
        max_price=_price(params, "max_price", ROUND_FLOOR),
        in_stock=_choice(params, "in_stock", BOOLEANS, default=None),
        is_published=_choice(params, "published", PUBLISHED, default=True),
    )


def _category(params: Mapping[str, str]) -> str:
    if "category" not in params:
        return ""
    key = params["category"]
    if not re.fullmatch(CATEGORY["pattern"], key):
        raise InvalidQueryError("category", "This is neither a slug nor an id.")
    return key


def _search(text: str) -> str:
    if len(text) > MAX_QUERY:
        raise InvalidQueryError("search", f"At most {MAX_QUERY} characters.")
    return text.replace("\x00", " ")


def _price(params: Mapping[str, str], name: str, rounding: str) -> Money | None:
    text = params.get(name)
    if text is None:
        return None
    if not re.fullmatch(PRICE["pattern"], text):
        raise InvalidQueryError(name, "An amount such as 12.34.")
    currency = shop_currency()
    scaled = Decimal(text).scaleb(exponent(currency))
    return Money(min(int(scaled.to_integral_value(rounding)), MAX_MINOR), currency)


def _choice(
    params: Mapping[str, str], name: str, choices: Mapping[str, bool | None], *, default: bool | None
) -> bool | None:
    text = params.get(name)
    if text is None:
        return default
    if text not in choices:
        raise InvalidQueryError(name, f"Choose one of: {', '.join(choices)}.")
    return choices[text]
