"""What waits for a proof: a browser that was left open turns no later proof into a stranger's wish."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as Program
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from apps.users.models import AccessToken, User
from integrations.authentication.tests.authenticator_app import prove_email
from tests.fixtures import PASSWORD
from tests.integration.sign_in.conftest import LOGIN

pytestmark = pytest.mark.django_db
TOKENS = "/accounts/tokens/new/"
TOKEN = {"name": "export", "days": "30", "scopes": ["orders:read"]}
PROGRAM = {
    "name": "Mine",
    "is_confidential": "False",
    "acts_for_people": "on",
    "redirect_uris": "https://app.example.com/",
    "scopes": ["openid"],
}


@pytest.fixture
def left_open(client: Client, shopper: User) -> Client:
    """Return the browser of somebody whose last proof was long ago."""
    return stale(client, shopper)


def stale(client: Client, user: User) -> Client:
    """Sign somebody in who has proven nothing lately."""
    prove_email(user)
    client.force_login(user)
    return client


def confirm(client: Client, asked: Any) -> Any:
    """Prove oneself where the shop has led."""
    return client.post(asked["Location"], {"password": PASSWORD})


def test_what_was_sent_is_done_once_its_sender_has_proved_himself(left_open: Client) -> None:
    asked = left_open.post(TOKENS, TOKEN)
    page = left_open.get(asked["Location"]).content.decode()

    confirm(left_open, asked)
    confirm(left_open, asked)

    assert f"What was sent on {TOKENS} is done as soon as you confirm." in page
    assert [token.name for token in AccessToken.objects.all()] == ["export"]


def test_a_page_that_waits_for_nothing_says_nothing_of_it(left_open: Client) -> None:
    asked = left_open.get(TOKENS)

    assert "as soon as you confirm" not in left_open.get(asked["Location"]).content.decode()


def test_a_page_that_is_asked_for_later_is_shown_and_what_waited_is_forgotten(left_open: Client) -> None:
    left_open.post(TOKENS, TOKEN)
    asked = left_open.get(TOKENS)

    shown = confirm(left_open, asked)

    assert (shown.status_code, shown["Location"]) == (302, TOKENS)
    assert not AccessToken.objects.exists()


def test_nobody_is_erased_by_who_only_looks_at_the_page(left_open: Client, shopper: User) -> None:
    left_open.post("/accounts/data/erase/", {"email": shopper.email})

    confirm(left_open, left_open.get("/accounts/data/erase/"))

    shopper.refresh_from_db()
    assert shopper.erased_at is None


@pytest.mark.parametrize("step", ["customer", "program"])
def test_an_admin_who_only_looks_does_nothing(client: Client, staff: User, shopper: User, step: str) -> None:
    stale(client, staff)
    where, sent = {
        "customer": (f"/office/customers/{shopper.id}/erase/", {"email": shopper.email}),
        "program": ("/office/apps/new/", PROGRAM),
    }[step]
    client.post(where, sent)

    confirm(client, client.get(where))

    shopper.refresh_from_db()
    assert shopper.erased_at is None
    assert not Program.objects.exists()


@pytest.mark.parametrize("seconds", [-3600, 301])
def test_nothing_waits_for_longer_than_a_proof_counts(
    left_open: Client, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    asked = left_open.post(TOKENS, TOKEN)
    later = time.time() + seconds
    monkeypatch.setattr("integrations.authentication.waiting.time.time", lambda: later)

    page = left_open.get(asked["Location"]).content.decode()
    shown = confirm(left_open, asked)

    assert "as soon as you confirm" not in page
    assert (shown.status_code, shown["Location"]) == (302, TOKENS)
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("path", [TOKENS, "/accounts/reauthenticate/?next=%2Faccounts%2F"])
def test_an_account_elsewhere_is_connected_by_no_proof_for_another_page(
    left_open: Client, come_back: Callable[..., Any], path: str
) -> None:
    stopped = come_back(left_open, login=f"{LOGIN}?process=connect")
    asked = left_open.get(path)

    confirm(left_open, asked if asked.status_code == 302 else {"Location": path})

    assert stopped["Location"] == "/accounts/reauthenticate/"
    assert not SocialAccount.objects.exists()


def test_an_account_elsewhere_is_connected_by_the_proof_that_says_so(
    left_open: Client, come_back: Callable[..., Any], shopper: User
) -> None:
    stopped = come_back(left_open, login=f"{LOGIN}?process=connect")
    page = left_open.get(stopped["Location"]).content.decode()

    confirm(left_open, stopped)

    assert "A sign-in by another company is connected to this account as soon as you confirm." in page
    assert SocialAccount.objects.get().user == shopper
