"""Every answer says what a browser may do with it."""

import re
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from tests.integration.hardening.addresses import addresses

pytestmark = pytest.mark.django_db
EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT = ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")
DOCUMENTS = {"/api/v1/docs/", "/api/v1/redoc/"}
"""Swagger UI and ReDoc write styles of their own; scripts come from us alone there, too."""
INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|<style|\son[a-z]+=\"|\sstyle=\"")


def faults(answer: Any) -> list[str]:
    """Return what is missing on an answer."""
    missing = [name for name, value in EXPECTED.items() if answer.headers.get(name) != value]
    policy = answer.headers.get("Content-Security-Policy", "")
    missing += [part for part in STRICT if part not in policy]
    missing += [word for word in ("script-src 'self' 'unsafe", "unsafe-eval", "*") if word in policy]
    features = answer.headers.get("Permissions-Policy", "")
    missing += [name for name in ("camera=()", "geolocation=()", "microphone=()", "payment=()") if name not in features]
    if "no-" not in answer.headers.get("Cache-Control", "") and "max-age" not in answer.headers.get(
        "Cache-Control", ""
    ):
        missing.append("Cache-Control")
    return missing


@pytest.mark.parametrize("who", ["anonymous", "super user"])
def test_every_address_has_the_headers_whatever_it_answers(who: str, super_user: object) -> None:
    client = Client(raise_request_exception=False)
    if who == "super user":
        client.force_login(super_user)  # type: ignore[arg-type] # the fixture gives what the setting names
    lacking = {}

    for path in addresses():
        if "logout" in path:
            continue
        answer = client.get(path)
        found = [*faults(answer), *(["a fault of ours"] if answer.status_code >= 500 else [])]
        if "unsafe-inline" in answer.headers.get("Content-Security-Policy", "") and path not in DOCUMENTS:
            found.append("unsafe-inline")
        if found:
            lacking[path] = found

    assert lacking == {}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing/here/", 404),
        ("/products", 301),
        ("/static/nothing.css", 404),
        ("/media/nothing.png", 404),
        ("/api/v1/nothing/", 404),
        ("/office/", 302),
    ],
)
def test_answers_that_are_no_page_have_them_too(client: Client, path: str, status: int) -> None:
    answer = client.get(path)

    assert answer.status_code == status
    assert faults(answer) == []


def test_a_refused_host_and_a_refused_body_have_them_too(client: Client, settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]

    host = client.get("/", headers={"Host": "evil.example"})
    body = client.post("/accounts/login/", b"x" * (2 * 1024 * 1024), content_type="text/plain")

    assert (host.status_code, body.status_code) == (400, 413)
    assert faults(host) == faults(body) == []


def test_no_page_has_a_script_or_style_of_its_own(super_user: object) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(super_user)  # type: ignore[arg-type] # as above

    found = {}
    for path in addresses():
        if not path.startswith(("/admin/", "/api/", "/_allauth/")) and "logout" not in path:
            answer = client.get(path)
            if "html" in answer.headers.get("Content-Type", "") and (hit := INLINE.search(answer.content.decode())):
                found[path] = hit[0]

    assert found == {}


def test_https_is_kept_to_and_its_cookies_stay_there(client: Client, settings: LazySettings) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000

    answer = client.get("/", secure=True)

    assert answer["Strict-Transport-Security"] == "max-age=31536000"


def test_a_page_that_is_asked_in_a_wrong_way_says_so_in_the_shops_words(client: Client) -> None:
    answer = client.delete("/cart/")

    assert answer.status_code == 405
    assert set(answer["Allow"].split(", ")) >= {"GET"}
    assert "This page cannot do that" in answer.content.decode()


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "BREW", "X" * 500])
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/api/v1/products/", "/cart/", "/office/", "/nothing/"])
def test_odd_methods_change_nothing_and_echo_nothing(client: Client, method: str, path: str) -> None:
    answer = client.generic(method, path, headers={"X-Secret": "kept-to-oneself"})

    assert answer.status_code in {302, 403, 404, 405}
    assert "kept-to-oneself" not in answer.content.decode()
    assert faults(answer) == []
