"""Providers that answer nonsense, too much or without an end: a page that says so, no fault, and nobody signed in."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from apps.users.models import User
from integrations.authentication import asking
from tests.integration.sign_in.conftest import by_github, by_google
from tests.integration.sign_in.fake_provider import FakeProvider

pytestmark = pytest.mark.django_db
ComeBack = Callable[..., Any]

NOBODY: tuple[Any, ...] = (None, "", " ", True, ["a"], {"a": 1}, float("nan"), "a\x00b", "x" * 500)
"""What names no person; taken for a name, it would be the same one for many."""
BODIES = (
    b"[]",
    b"3",
    b"NaN",
    b'"x"',
    b"{}",
    b"[" * 100_000,
    b"9" * 5000,
    b'{"access_token": "a", "expires_in": 1e400}',
)
FAR_TOO_LONG = "x" * (2 * asking.MAX_BYTES)


def nobody_is_in(client: Client, answer: Any) -> bool:
    """Return whether the page says that it did not work, and nothing was made."""
    is_told = answer.status_code == 401 and "You are not signed in" in answer.content.decode()
    return is_told and not User.objects.exists() and not SocialAccount.objects.exists()


@pytest.mark.parametrize("name", NOBODY, ids=repr)
def test_a_person_without_a_name_at_google_is_nobody(client: Client, google: FakeProvider, name: Any) -> None:
    assert nobody_is_in(client, by_google(client, google, sub=name))


@pytest.mark.parametrize("name", NOBODY, ids=repr)
def test_a_person_without_a_number_at_github_is_nobody(client: Client, github: FakeProvider, name: Any) -> None:
    github.person["id"] = name

    assert nobody_is_in(client, by_github(client, github))


@pytest.mark.parametrize("name", ["", " "])
def test_a_person_without_a_name_at_a_provider_is_nobody(
    client: Client, provider: FakeProvider, come_back: ComeBack, name: str
) -> None:
    provider.person["sub"] = name

    assert nobody_is_in(client, come_back(client))


@pytest.mark.parametrize("word", ["false", "true", 1, ["true"]], ids=repr)
def test_only_a_plain_true_of_google_proves_an_address(client: Client, google: FakeProvider, word: Any) -> None:
    answer = by_google(client, google, email_verified=word)

    assert answer["Location"] == "/accounts/confirm-email/"
    assert not EmailAddress.objects.get().verified


@pytest.mark.parametrize("word", ["false", "true", 1, ["true"]], ids=repr)
def test_only_a_plain_true_of_github_proves_an_address(client: Client, github: FakeProvider, word: Any) -> None:
    github.emails = [{"email": "ann@example.com", "primary": True, "verified": word}]

    answer = by_github(client, github)

    assert answer["Location"] == "/accounts/confirm-email/"
    assert not EmailAddress.objects.filter(verified=True).exists()


@pytest.mark.parametrize("number", [float("nan"), float("inf")], ids=str)
def test_numbers_that_no_database_keeps_are_left_out(
    client: Client, provider: FakeProvider, come_back: ComeBack, number: float
) -> None:
    provider.person["height"] = number

    assert come_back(client)["Location"] == "/dashboard/"
    assert SocialAccount.objects.get().extra_data["userinfo"]["height"] is None


@pytest.mark.parametrize("email", [3, ["ann@example.com"], {"a": 1}], ids=repr)
def test_an_address_that_is_none_is_asked_for(client: Client, google: FakeProvider, email: Any) -> None:
    assert by_google(client, google, email=email)["Location"] == "/accounts/3rdparty/signup/"


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:12].decode())
@pytest.mark.parametrize("path", ["/api/v3/user", "/login/oauth/access_token"])
def test_nonsense_of_github_gives_a_page(client: Client, github: FakeProvider, path: str, body: bytes) -> None:
    github.broken[path] = (200, body)

    assert nobody_is_in(client, by_github(client, github))


@pytest.mark.parametrize("emails", [3, "ann@example.com", [1], {"ann": "x"}], ids=repr)
def test_nonsense_in_place_of_githubs_addresses_gives_a_page(client: Client, github: FakeProvider, emails: Any) -> None:
    github.emails = emails

    assert nobody_is_in(client, by_github(client, github))


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:12].decode())
def test_nonsense_of_google_gives_a_page(client: Client, google: FakeProvider, body: bytes) -> None:
    google.broken["/token"] = (200, body)

    assert nobody_is_in(client, by_google(client, google))


def test_an_answer_without_bounds_is_given_up(client: Client, provider: FakeProvider, come_back: ComeBack) -> None:
    provider.person["picture"] = FAR_TOO_LONG

    assert nobody_is_in(client, come_back(client))


@pytest.mark.parametrize("in_headers", [False, True])
@pytest.mark.parametrize("path", ["/token", "/keys", "/userinfo"])
def test_an_answer_that_never_ends_holds_nobody(
    client: Client,
    provider: FakeProvider,
    come_back: ComeBack,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    in_headers: bool,
) -> None:
    monkeypatch.setattr(asking, "TOTAL_SECONDS", 0.2)
    provider.dripping.add(path)
    provider.drips_headers = in_headers
    began = time.monotonic()

    assert nobody_is_in(client, come_back(client))
    assert time.monotonic() - began < asking.PAUSE_SECONDS


def test_no_answer_chooses_how_its_letters_are_read(
    client: Client, provider: FakeProvider, come_back: ComeBack
) -> None:
    """Python needs a minute for one MiB of what calls itself punycode, and reads something else."""
    provider.content_type = "application/json; charset=punycode"

    assert come_back(client)["Location"] == "/dashboard/"


@pytest.mark.parametrize("path", ["/token", "/keys", "/userinfo"])
def test_no_answer_leads_to_another_address(
    client: Client, provider: FakeProvider, come_back: ComeBack, path: str
) -> None:
    provider.moved[path] = "/elsewhere"

    assert nobody_is_in(client, come_back(client))
