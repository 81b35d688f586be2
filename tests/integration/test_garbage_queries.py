"""Whatever stands behind the question mark, a page answers: it is never the server's fault."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.orders.tests.factories import OrderFactory
from apps.products.tests.factories import VariantFactory

PAGES = (
    *("/", "/products/", "/cart/", "/checkout/", "/orders/", "/dashboard/", "/accounts/login/", "/accounts/addresses/"),
    *("/office/", "/office/search/", "/office/orders/", "/office/products/", "/office/categories/", "/office/import/"),
    "/office/reservations/",
    *(
        "/office/customers/",
        "/office/messages/",
        "/office/events/",
        "/office/events/waiting/",
        "/office/settings/",
        "/office/settings/taxes/",
    ),
)
KEYS = ("q", "search", "sku", "order", "tab", "status", "state", "cursor", "ordering", "category", "min_price")
NUL = "a%00b"
VALUES = (NUL, "%ff%fe", "-1", "1000000000000000000", "%22*%5C%25'", "x" * 500)


@pytest.mark.django_db
@pytest.mark.parametrize("is_staff", [False, True], ids=["anonymous", "staff"])
def test_no_query_makes_a_page_fail(client: Client, make_user: Callable[..., Any], *, is_staff: bool) -> None:
    VariantFactory(sku="MUG")
    OrderFactory()
    client.raise_request_exception = False
    if is_staff:
        client.force_login(make_user("admin@example.com", is_staff=True))

    queries = [f"{key}={NUL}" for key in KEYS] + ["&".join(f"{key}={value}" for key in KEYS) for value in VALUES]
    asked = [f"{page}?{query}" for page in PAGES for query in queries]
    failed = [address[:80] for address in asked if client.get(address).status_code >= 500]

    assert failed == []
