"""People who signed in for the tests of this package, and the tokens that they hold."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from rest_framework.test import APIClient

from apps.users.models import User
from tests.fixtures import NOON, PASSWORD

APP = "/_allauth/app/v1"
ME = "/api/v1/users/me/"


@dataclass(kw_only=True)
class SignedIn:
    """What the sign-in API answered."""

    session_token: str
    access: str
    refresh: str


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(email: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{email}:{password}'.encode()).decode()}"}


@pytest.fixture
def prove() -> Callable[[User], User]:
    """Return a function that proves a person's e-mail address."""

    def prove(user: User) -> User:
        user.verified_at = NOON
        user.save(update_fields=["verified_at"])
        EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"primary": True, "verified": True})
        return user

    return prove


@pytest.fixture
def proven(shopper: User, prove: Callable[[User], User]) -> User:
    """Return a regular user with a proven address."""
    return prove(shopper)


@pytest.fixture
def sign_in(api: APIClient, prove: Callable[[User], User]) -> Callable[[User], SignedIn]:
    """Return a function that signs somebody in by the API."""

    def sign_in(user: User) -> SignedIn:
        prove(user)
        answer = api.post(f"{APP}/auth/login", {"email": user.email, "password": PASSWORD})
        assert answer.status_code == 200, answer.json()
        meta: dict[str, Any] = answer.json()["meta"]
        return SignedIn(session_token=meta["session_token"], access=meta["access_token"], refresh=meta["refresh_token"])

    return sign_in


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows with every password that is hashed."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    done: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        done.append(password)
        return str(encode(self, password, salt))

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return done
