"""No page of ours sends anybody to another site, however the address of the next page is written."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
EVIL = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "https:evil.example",
    "https:/evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "data:text/html,hello",
    "https://testserver@evil.example/",
    "https://testserver.evil.example/",
    "//evil.example%2f@testserver/",
    "\t//evil.example/",
    "\r\nLocation: https://evil.example/",
    "/%0d%0aLocation:%20https://evil.example/",
    "//evil\u3002example/",
    "//\u2025evil.example",
    "/\t/evil.example/",
    " https://evil.example/",
    "https://[::1]evil.example/",
    "http://[",
)


def leads_away(answer: Any) -> bool:
    """Return whether a browser would leave the shop, which reads backslashes and controls in its own way."""
    target = answer.headers.get("Location", "").replace("\\", "/").replace("\t", "").strip()
    parts = urlsplit(target)
    return parts.netloc not in {"", "testserver"} or parts.scheme not in {"", "http"} or target.startswith("//")


@pytest.fixture
def ann(make_user: Callable[..., Any]) -> Any:
    user = make_user("ann@example.com")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.mark.parametrize("target", EVIL)
def test_signing_in_stays_here(client: Client, ann: Any, target: str) -> None:
    in_the_form = client.post("/accounts/login/", {"login": ann.email, "password": PASSWORD, "next": target})
    client.logout()
    in_the_address = client.post(
        f"/accounts/login/?{urlencode({'next': target})}", {"login": ann.email, "password": PASSWORD}
    )

    assert (in_the_form.status_code, in_the_address.status_code) == (302, 302)
    assert not leads_away(in_the_form)
    assert not leads_away(in_the_address)


@pytest.mark.parametrize("target", EVIL)
@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/accounts/signup/", "/accounts/logout/", "/accounts/reauthenticate/", "/admin/login/"]
)
def test_other_pages_that_take_an_address_stay_here(client: Client, ann: Any, target: str, path: str) -> None:
    client.force_login(ann)
    query = urlencode({"next": target})

    answers = [
        client.get(f"{path}?{query}"),
        client.post(f"{path}?{query}", {"password": PASSWORD, "next": target}),
    ]

    assert [answer["Location"] for answer in answers if leads_away(answer)] == []


@pytest.mark.parametrize("target", EVIL)
def test_addresses_that_are_mended_stay_here(client: Client, target: str) -> None:
    answers = [
        client.get(f"/{target}"),
        client.get(f"//{target.strip('/')}/products"),
        client.get(f"/products?{target}"),
    ]

    assert [answer["Location"] for answer in answers if leads_away(answer)] == []
