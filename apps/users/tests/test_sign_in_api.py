"""The sign-in API for apps and browsers under /_allauth/."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from rest_framework.test import APIClient

from apps.users.models import User
from contracts.users import AccountMailRequested, UserRegistered
from integrations.authentication.tests.authenticator_app import set_up_app
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
APP = "/_allauth/app/v1/auth"


def test_an_app_registers_verifies_and_uses_the_api(api: APIClient, published: Any) -> None:
    body = {"email": "ann@example.com", "password": PASSWORD, "name": "Ann"}
    answer = api.post(f"{APP}/signup", body)
    assert answer.status_code == 401
    token = answer.json()["meta"]["session_token"]
    assert api.get("/api/v1/users/me/", headers={"X-Session-Token": token}).status_code == 401

    answer = api.post(f"{APP}/email/verify", {"key": _code(published)}, headers={"X-Session-Token": token})

    assert answer.status_code == 200
    token = answer.json()["meta"].get("session_token", token)
    account = api.get("/api/v1/users/me/", headers={"X-Session-Token": token}).json()
    assert (account["email"], account["name"], account["is_verified"]) == ("ann@example.com", "Ann", True)
    assert [type(event) for event in published()] == [AccountMailRequested, UserRegistered]


def test_a_half_way_sign_in_opens_nothing(api: APIClient, shopper: User) -> None:
    EmailAddress.objects.create(user=shopper, email=shopper.email, primary=True, verified=True)
    set_up_app(shopper)

    answer = api.post(f"{APP}/login", {"email": shopper.email, "password": PASSWORD})

    assert answer.status_code == 401
    token = answer.json()["meta"]["session_token"]
    assert api.get("/api/v1/users/me/", headers={"X-Session-Token": token}).status_code == 401


def test_an_account_that_is_switched_off_cannot_sign_in(api: APIClient, make_user: Any) -> None:
    user = make_user("off@example.com", is_active=False)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)

    answer = api.post(f"{APP}/login", {"email": user.email, "password": PASSWORD})

    assert answer.status_code == 401
    assert "session_token" not in str(answer.json())


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "x", "password": PASSWORD},
        {"email": "ann@example.com", "password": "12345678"},
        {"email": "ann@example.com", "password": PASSWORD, "name": "x" * 151},
        {"email": "ann@example.com", "password": PASSWORD, "name": "nul\x00"},
        {"email": f"{'a' * 250}@example.com", "password": PASSWORD},
        {"email": {"a": 1}, "password": [1]},
        {"email": None, "password": None},
    ],
)
def test_a_bad_sign_up_is_refused(api: APIClient, body: dict[str, Any], published: Any) -> None:
    answer = api.post(f"{APP}/signup", body)

    assert answer.status_code == 400
    assert not User.objects.exists()


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[", b"[1]", b'"x"', b"null", b"1e999"])
def test_a_body_that_is_no_object_is_refused(api: APIClient, body: bytes) -> None:
    answer = api.generic("POST", f"{APP}/login", body, content_type="application/json")

    assert answer.status_code == 400


def _code(published: Any) -> str:
    mails = [event for event in published() if isinstance(event, AccountMailRequested)]
    found = re.search(r"^\s+([0-9]{6})\s*$", mails[-1].text, re.MULTILINE)
    assert found is not None
    return found[1]
