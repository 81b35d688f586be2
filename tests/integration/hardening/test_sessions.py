"""A session belongs to who made it, from signing in until signing out."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import LazySettings
from django.test import Client

from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
PERSONAL = ("/dashboard/", "/accounts/profile/", "/accounts/addresses/", "/orders/", "/accounts/email/")


@pytest.fixture
def ann(make_user: Callable[..., Any]) -> Any:
    user = make_user("ann@example.com")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def sign_in(client: Client) -> Any:
    return client.post("/accounts/login/", {"login": "ann@example.com", "password": PASSWORD})


def test_signing_in_makes_a_new_session_and_a_new_form_token(client: Client, ann: Any) -> None:
    client.get("/accounts/login/")
    token = client.cookies["csrftoken"].value
    client.cookies["sessionid"] = "planted0planted0planted0planted0"

    sign_in(client)

    assert client.get("/dashboard/").status_code == 200
    assert client.cookies["sessionid"].value != "planted0planted0planted0planted0"
    assert client.cookies["csrftoken"].value != token


def test_a_session_that_was_planted_knows_nobody_afterwards(client: Client, ann: Any) -> None:
    attacker = Client()
    session = attacker.session
    session["left"] = "by the attacker"
    session.save()
    planted = attacker.cookies["sessionid"].value
    client.cookies["sessionid"] = planted

    sign_in(client)

    assert client.get("/dashboard/").status_code == 200
    assert attacker.get("/dashboard/").status_code == 302


def test_signing_out_ends_the_session_and_not_only_the_cookie(client: Client, ann: Any) -> None:
    sign_in(client)
    kept = client.cookies["sessionid"].value

    client.post("/accounts/logout/")

    thief = Client()
    thief.cookies["sessionid"] = kept
    assert [client.get("/dashboard/").status_code, thief.get("/dashboard/").status_code] == [302, 302]


@pytest.mark.parametrize("path", PERSONAL)
def test_the_back_button_shows_nothing_after_signing_out(client: Client, ann: Any, path: str) -> None:
    sign_in(client)

    answer = client.get(path)

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "public" not in answer["Cache-Control"]


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client: Client, ann: Any) -> None:
    client.get("/cart/")
    sign_in(client)

    flags = {
        name: (bool(cookie["httponly"]), cookie["samesite"]) for name, cookie in client.cookies.items() if cookie.value
    }

    assert flags["sessionid"] == (True, "Lax")
    assert flags["csrftoken"][1] == "Lax"
    assert {name: site for name, (_, site) in flags.items() if site != "Lax"} == {}


def test_under_https_no_cookie_travels_in_the_clear(client: Client, ann: Any, settings: LazySettings) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"

    client.post("/accounts/login/", {"login": ann.email, "password": PASSWORD}, secure=True)

    for name in ("__Host-sessionid", "__Host-csrftoken"):
        cookie = client.cookies[name]
        assert (bool(cookie["secure"]), cookie["path"], cookie["domain"]) == (True, "/", "")
