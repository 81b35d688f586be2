"""Keyset pages: as fast at the end of a table as at its beginning, and steady while rows come and go."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.db.models import QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.errors import DomainError
from kernel.http.keysets import MAX_CURSOR, Keyset, decode_cursor, encode_cursor
from kernel.http.own_address import own_address

if TYPE_CHECKING:
    from rest_framework.views import APIView

CAP = 10_000


class InvalidQueryError(DomainError):
    """A query parameter of a list has no meaning."""

    code = "invalid_query"
    status = 400

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message, fields={name: [message]})


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list with the addresses of its neighbours."""

    results: list[Any]
    next_url: str | None
    previous_url: str | None
    count: int | None
    count_is_capped: bool


class KeysetPagination(BasePagination):
    """Pages of a list; subclasses name the orderings, each ending with a unique column."""

    page_size: ClassVar[int] = 24
    max_page_size: ClassVar[int] = 100
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"newest": ("-id",), "oldest": ("id",)}
    default_ordering: ClassVar[str] = "newest"

    page: Page

    def paginate_queryset(
        self,
        queryset: QuerySet[Any],
        request: Request,
        view: "APIView | None" = None,  # noqa: ARG002 - DRF's signature
    ) -> list[Any]:
        """Return the rows of the page that the request asks for."""
        self.page = page_of(queryset, params=request.query_params, url=own_address(request), pages=type(self))
        return self.page.results

    def get_paginated_response(self, data: Any) -> Response:
        """Return the envelope."""
        return Response(envelope_of(self.page, data))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the envelope in OpenAPI 3.1."""
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next", "previous", "count", "count_is_capped"],
            "properties": {
                "results": schema,
                "next": address | {"description": "The following page."},
                "previous": address | {"description": "The page before."},
                "count": {"type": ["integer", "null"], "description": "How many there are, with ?count=true."},
                "count_is_capped": {"type": "boolean", "description": f"There are more than {CAP}."},
            },
        }

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:  # noqa: ARG002 - DRF's signature
        """Describe the query parameters."""
        size = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        ordering = {"type": "string", "enum": list(self.orderings), "default": self.default_ordering}
        return [
            _parameter(
                "cursor",
                "Where the page begins, from `next` or `previous`.",
                {"type": "string", "minLength": 1, "maxLength": MAX_CURSOR},
            ),
            _parameter("page_size", "How many rows a page has.", size),
            _parameter("ordering", "In which order.", ordering),
            _parameter("count", "Count the rows too.", {"type": "boolean", "default": False}),
        ]


def envelope_of(page: Page, results: Any) -> dict[str, Any]:
    """Return the members of a list's answer."""
    return {
        "results": results,
        "next": page.next_url,
        "previous": page.previous_url,
        "count": page.count,
        "count_is_capped": page.count_is_capped,
    }


def page_of(
    queryset: QuerySet[Any],
    *,
    params: Mapping[str, Any],
    url: str,
    pages: type[KeysetPagination] = KeysetPagination,
) -> Page:
    """Return the page that the query parameters ask for.

    :raises InvalidQueryError: ``page_size``, ``ordering`` or ``count`` has no meaning.
    :raises InvalidCursorError: the cursor is not one of this list.
    """
    size = _page_size(params, pages)
    name = params.get("ordering", pages.default_ordering)
    if name not in pages.orderings:
        raise InvalidQueryError("ordering", f"Choose one of: {', '.join(pages.orderings)}.")
    keyset = Keyset(queryset.model, pages.orderings[name])
    cursor = decode_cursor(params["cursor"], name, keyset) if "cursor" in params else None
    is_backward = cursor is not None and cursor.is_backward
    rows = list(keyset.ordered(keyset.beyond(queryset, cursor), is_backward=is_backward)[: size + 1])
    has_more = len(rows) > size
    rows = rows[:size]
    if is_backward:
        rows.reverse()
    has_next = is_backward or has_more
    has_previous = has_more if is_backward else cursor is not None
    count, is_capped = _count(queryset, params)
    return Page(
        results=rows,
        next_url=_address(url, encode_cursor(name, keyset.values_of(rows[-1]))) if rows and has_next else None,
        previous_url=_address(url, encode_cursor(name, keyset.values_of(rows[0]), is_backward=True))
        if rows and has_previous
        else None,
        count=count,
        count_is_capped=is_capped,
    )


def _page_size(params: Mapping[str, Any], pages: type[KeysetPagination]) -> int:
    asked = params.get("page_size")
    if asked is None:
        return pages.page_size
    if asked.isascii() and asked.isdigit() and 1 <= int(asked[:9]) <= pages.max_page_size:
        return int(asked)
    raise InvalidQueryError("page_size", f"A whole number from 1 to {pages.max_page_size}.")


def _count(queryset: QuerySet[Any], params: Mapping[str, Any]) -> tuple[int | None, bool]:
    asked = params.get("count", "false")
    if asked not in {"true", "false"}:
        raise InvalidQueryError("count", "Either true or false.")
    if asked == "false":
        return None, False
    found = queryset.order_by()[: CAP + 1].count()
    return min(found, CAP), found > CAP


def _address(url: str, cursor: str) -> str:
    parts = urlsplit(url)
    kept: Iterable[tuple[str, str]] = (pair for pair in parse_qsl(parts.query) if pair[0] != "cursor")
    return urlunsplit(parts._replace(query=urlencode([*kept, ("cursor", cursor)])))


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
