"""Every operation of the schema with a token of each scope: it opens what it is for, and nothing else."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from api.views import schema_text
from apps.products.tests.factories import ProductFactory
from apps.users.tests.factories import AccessTokenFactory
from contracts.rights import SCOPES
from kernel.http.views import ApiView

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]

PARTS = {
    "addresses": "account",
    "audit": "staff",
    "carts": "orders",
    "categories": "catalogue",
    "events": "settings",
    "groups": "staff",
    "media": "catalogue",
    "messages": "orders",
    "oauth-clients": "settings",
    "orders": "orders",
    "product-imports": "catalogue",
    "products": "catalogue",
    "reservations": "catalogue",
    "shipping-methods": "settings",
    "shop": "settings",
    "stock": "catalogue",
    "stock-movements": "catalogue",
    "tax-rates": "settings",
    "users": "customers",
    "vouchers": "settings",
    "variants": "catalogue",
}
"""The part of the API behind the first word of an address."""
OPEN = {"categories", "media", "products", "shipping-methods", "shop", "variants"}
"""What everybody reads, whoever he is."""
EXCEPTIONS = {
    "GET /api/v1/products/export/": {"catalogue:read"},
    "GET /api/v1/users/me/": {"account:read"},
    "PATCH /api/v1/users/me/": {"account:write"},
    "DELETE /api/v1/users/me/": set(),
    "POST /api/v1/users/{id}/erase/": set(),
    "POST /api/v1/oauth-clients/": set(),
    "PATCH /api/v1/oauth-clients/{id}/": set(),
    "DELETE /api/v1/oauth-clients/{id}/": set(),
    "POST /api/v1/oauth-clients/{id}/secret/": set(),
    "POST /api/v1/groups/": set(),
    "PATCH /api/v1/groups/{id}/": set(),
    "DELETE /api/v1/groups/{id}/": set(),
    "PUT /api/v1/groups/{id}/members/{user_id}/": set(),
    "DELETE /api/v1/groups/{id}/members/{user_id}/": set(),
    "POST /api/v1/orders/{id}/refunds/": {"refunds:write"},
}
OF_SEVERAL = {"GET /api/v1/users/me/data/": {"account:read", "orders:read"}}
"""What goes together here is behind more than one scope elsewhere: a token needs them all."""
WITHOUT_TOKENS = {"tokens"}
"""Where no scope leads, lest a token makes another."""
WITH_ANY_TOKEN = {"auth", "payments"}
"""Where a token is exchanged for one with the same scopes, and where a signature opens and no token counts."""
METHODS = ("get", "post", "put", "patch", "delete")


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Return every operation by its method and address."""
    for path, methods in orjson.loads(schema_text("json"))["paths"].items():
        for method in METHODS:
            if method in methods:
                yield f"{method.upper()} {path}", methods[method]


def opening(name: str) -> set[str]:
    """Return the scopes that open an operation; the empty one stands for a token without any."""
    method, path = name.split()
    first = path.split("/")[3]
    everything = {"", *SCOPES}
    if name in EXCEPTIONS:
        return EXCEPTIONS[name]
    if first in WITHOUT_TOKENS or name in OF_SEVERAL:
        return set()
    if first in WITH_ANY_TOKEN or (method == "GET" and first in OPEN):
        return everything
    return {f"{PARTS[first]}:{'read' if method == 'GET' else 'write'}"}


def needed(name: str) -> set[str]:
    """Return what a refusal may name; the empty scope stands for: no token reaches here."""
    return OF_SEVERAL.get(name) or opening(name) or {""}


def refused_for(client: APIClient, name: str) -> str | None:
    """Return the scope that is missing, as the refusal names it; None when the token got through."""
    method, path = name.split()
    url = path.format(
        id=uuid4(), user_id=uuid4(), line_id=uuid4(), order_id=uuid4(), job_id=uuid4(), sku="NONE", name="none"
    )
    answer = client.generic(method, url, "{}" if method != "GET" else "", content_type="application/json")
    assert answer.status_code < 500, (name, answer.content)
    assert answer.status_code != 401, (name, answer.content)
    if answer.status_code != 403 or answer.json()["code"] != "insufficient_scope":
        return None
    return str(answer.json()["scope"])


@pytest.mark.parametrize("scope", ["", *SCOPES])
def test_a_token_opens_what_its_scope_is_for_and_nothing_else(super_user: Any, api: APIClient, scope: str) -> None:
    token = f"saluhall_pat_{'a' * 43}"
    AccessTokenFactory.create(user=super_user, text=token, scopes=scope)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    missing = {name: refused_for(api, name) for name, _ in operations()}

    wrong = {name: found for name, found in missing.items() if (found is None) is not (scope in opening(name))}
    assert wrong == {}
    assert len(missing) > 80
    assert all(found in needed(name) for name, found in missing.items() if found is not None)


def test_a_token_opens_what_is_of_several_parts_with_all_scopes_together(super_user: Any, api: APIClient) -> None:
    token = f"saluhall_pat_{'a' * 43}"
    AccessTokenFactory.create(user=super_user, text=token, scopes=" ".join(SCOPES))
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    assert {name: refused_for(api, name) for name in OF_SEVERAL} == dict.fromkeys(OF_SEVERAL)


@pytest.mark.parametrize("scope", ["account:read", "catalogue:write", "catalogue:read"])
def test_what_everybody_reads_tells_more_to_a_token_for_reading_that_part_only(
    super_user: Any, api: APIClient, scope: str
) -> None:
    draft = ProductFactory(name="Next summer", is_published=False)
    token = f"saluhall_pat_{'a' * 43}"
    AccessTokenFactory.create(user=super_user, text=token, scopes=scope)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    addresses = [f"/api/v1/products/{draft.id}/", f"/api/v1/products/{draft.slug}/"]

    read = [api.get(address).status_code for address in addresses]
    listed = b"Next summer" in api.get("/api/v1/products/?published=any").content

    assert (read, listed) == (([200, 200], True) if scope == "catalogue:read" else ([404, 404], False))


def test_the_schema_names_the_scope_that_opens_an_operation() -> None:
    named = {
        name: {scope for way in operation["security"] for scope in way.get("bearer", ())}
        for name, operation in operations()
    }

    one = {name: opening(name) for name in named if len(opening(name)) == 1}
    assert {name: found for name, found in named.items() if found and name not in OF_SEVERAL} == one
    assert all(named[name] <= OF_SEVERAL[name] for name in OF_SEVERAL)


def test_every_scope_opens_something() -> None:
    assert {scope for name, _ in operations() for scope in opening(name) if scope} == set(SCOPES)


def views(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern):
            yield address, pattern.callback


def test_no_view_of_the_api_goes_around_the_scopes() -> None:
    found = dict(views(get_resolver().url_patterns))
    of_rest = {address: view.cls for address, view in found.items() if hasattr(view, "cls")}
    plain = {address for address in found if address.startswith("api/v1/") and address not in of_rest}

    assert {address for address, cls in of_rest.items() if not issubclass(cls, ApiView)} == set()
    assert len(of_rest) > 40
    assert plain == {f"api/v1/{name}" for name in ("", "schema/", "docs/", "errors/", "postman/", "redoc/")}
