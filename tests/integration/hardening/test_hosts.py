"""Who asks, and under which name, is taken from nobody's word but our own proxies'."""

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import LazySettings
from django.test import Client, RequestFactory

from apps.products.tests.factories import CategoryFactory, ProductFactory
from contracts.users import AccountMailRequested
from kernel.http.throttles import client_address

FORGED = (
    "evil.example",
    "testserver.evil.example",
    "testserver@evil.example",
    "evil.example:80",
    "a" * 300,
    "[::1",
    "",
)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/accounts/password/reset/", "/api/v1/products/", "/nothing/"])
@pytest.mark.parametrize("host", FORGED)
def test_a_foreign_host_is_refused_in_one_line_of_the_log(
    client: Client, settings: LazySettings, caplog: pytest.LogCaptureFixture, host: str, path: str
) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]

    answer = client.get(path, headers={"Host": host})

    assert answer.status_code == 400
    assert host == "" or host not in answer.content.decode()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info] == []


@pytest.mark.django_db
def test_the_host_a_proxy_forwards_is_not_believed(client: Client, settings: LazySettings) -> None:
    settings.TRUSTED_PROXY_COUNT = 1

    answer = client.get("/products", headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})

    assert answer["Location"] == "/products/"
    assert answer.wsgi_request.get_host() == "testserver"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/", "/api/v1/products/?page_size=1", "/api/v1/categories/?page_size=1"])
def test_no_answer_that_others_may_get_names_a_port_that_a_request_chose(client: Client, path: str) -> None:
    for name in ("Red", "Blue"):
        CategoryFactory(name=name)
        ProductFactory(name=name)

    answer = client.get(path, headers={"Host": "testserver:6666"})

    assert answer.status_code == 200
    assert "http://testserver/api/v1/" in answer.content.decode()
    assert "6666" not in answer.content.decode()


@pytest.mark.django_db
def test_another_name_of_the_shop_stays_in_its_answers(client: Client, settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["shop.internal"]

    answer = client.get("/api/v1/", headers={"Host": "shop.internal:8000"})

    assert answer.json()["documents"]["docs"] == "http://shop.internal:8000/api/v1/docs/"


@pytest.mark.parametrize(("header", "is_secure"), [(None, False), (("HTTP_X_FORWARDED_PROTO", "https"), True)])
def test_https_is_believed_only_behind_a_proxy_of_ours(
    settings: LazySettings, header: tuple[str, str] | None, is_secure: bool
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = header

    request = RequestFactory().get("/", headers={"X-Forwarded-Proto": "https"})

    assert request.is_secure() is is_secure


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "<script>", "unknown"),
        (1, "203.0.113.9:49152", "203.0.113.9"),
        (1, "[2001:db8::9]:49152", "2001:db8::/64"),
        (1, "[2001:db8::9]", "2001:db8::/64"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "[::ffff:203.0.113.9]:49152", "203.0.113.9"),
        (1, "[203.0.113.9", "unknown"),
    ],
)
def test_an_address_is_read_past_our_own_proxies_only(
    settings: LazySettings, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies

    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="192.0.2.1")

    assert client_address(request) == address


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["testserver:666", "evil.example", "localhost"])
@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/accounts/password/reset/", {"email": "ann@example.com"}),
        ("/accounts/password/reset/", {"email": "nobody@example.com"}),
        (
            "/accounts/signup/",
            {"email": "ann@example.com", "password1": "correct-horse-1", "password2": "correct-horse-1"},
        ),
    ],
)
def test_links_in_mails_lead_to_the_public_address_whatever_host_was_asked(
    client: Client,
    make_user: Callable[..., Any],
    published: Callable[[], list[Any]],
    host: str,
    path: str,
    form: dict[str, str],
) -> None:
    user = make_user("ann@example.com")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)

    client.post(path, form, headers={"Host": host, "X-Forwarded-Host": host})

    mail = next(event for event in published() if isinstance(event, AccountMailRequested))
    links = re.findall(r"https?://\S+", mail.text)
    assert links
    assert {re.sub(r"(https?://[^/]+).*", r"\1", link) for link in links} == {"http://testserver"}
