"""Google and GitHub: where they are asked, and what of their answers becomes an account. The network is not used."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.conf import LazySettings
from django.test import Client

from apps.users.models import User
from integrations.authentication.google_and_github import GuardedGitHub
from tests.integration.sign_in.conftest import GITHUB, GOOGLE, SetUp, by_github, by_google
from tests.integration.sign_in.fake_provider import FakeProvider

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(set_up: SetUp) -> None:
    set_up(**GOOGLE, **GITHUB)


@pytest.mark.parametrize(
    ("name", "page", "scopes"),
    [
        ("google", "https://accounts.google.com/o/oauth2/v2/auth", {"profile", "email"}),
        ("github", "https://github.com/login/oauth/authorize", {"user:email"}),
    ],
)
@pytest.mark.usefixtures("both")
def test_the_button_leads_to_the_provider_with_state_and_a_pkce_challenge(
    client: Client, name: str, page: str, scopes: set[str]
) -> None:
    sent = client.post(f"/accounts/{name}/login/")

    address, _, query = sent["Location"].partition("?")
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    assert (sent.status_code, address) == (302, page)
    assert asked["client_id"] == f"{name}-id"
    assert asked["redirect_uri"] == f"http://testserver/accounts/{name}/login/callback/"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert set(asked["scope"].split()) == scopes
    assert min(len(asked["state"]), len(asked["code_challenge"])) >= 16
    assert f"{name}-secret" not in sent["Location"]


@pytest.mark.parametrize("name", ["google", "github"])
@pytest.mark.usefixtures("both")
def test_a_link_changes_nothing_of_what_the_provider_is_asked(client: Client, name: str) -> None:
    bent = {"auth_params": "redirect_uri=https://evil.example&prompt=none&client_id=evil", "scope": "everything"}

    plain, sent = (client.post(f"/accounts/{name}/login/?{urlencode(query)}") for query in ({}, bent))

    changing = {"state", "code_challenge"}
    asked = [
        {part: value for part, value in parse_qs(urlsplit(answer["Location"]).query).items() if part not in changing}
        for answer in (plain, sent)
    ]
    assert asked[0] == asked[1]


@pytest.mark.usefixtures("both")
def test_the_sign_in_page_offers_those_that_are_set_up_and_may_lead_there(client: Client) -> None:
    page = client.get("/accounts/login/")

    text = page.content.decode()
    assert ("Continue with Google" in text, "Continue with GitHub" in text, "accounts/oidc/" in text) == (
        True,
        True,
        False,
    )
    assert "form-action 'self' https://accounts.google.com https://github.com;" in page["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["google/login/", "github/login/", "oidc/sso/login/", "oidc/anything/login/"])
@pytest.mark.parametrize("rest", ["", "callback/", "callback/?code=a&state=b", "token/"])
def test_without_settings_there_is_no_button_and_no_address(
    client: Client, set_up: SetUp, address: str, rest: str
) -> None:
    set_up()

    page = client.get("/accounts/login/")
    answers = [client.get(f"/accounts/{address}{rest}"), client.post(f"/accounts/{address}{rest}")]

    assert "Continue with" not in page.content.decode()
    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.usefixtures("both")
def test_googles_one_tap_address_is_closed(client: Client) -> None:
    client.cookies["g_csrf_token"] = "chosen"

    answer = client.post("/accounts/google/login/token/", {"credential": "a.b.c", "g_csrf_token": "chosen"})

    assert answer.status_code == 404


def test_the_sign_in_api_lists_the_providers_without_token_sign_in(client: Client, set_up: SetUp) -> None:
    set_up(**GOOGLE, **GITHUB)

    config = client.get("/_allauth/browser/v1/config").json()["data"]["socialaccount"]["providers"]

    assert sorted((one["id"], one["flows"]) for one in config) == [
        ("github", ["provider_redirect"]),
        ("google", ["provider_redirect"]),
    ]


def test_githubs_primary_address_becomes_the_account_and_no_other(client: Client, github: FakeProvider) -> None:
    answer = by_github(client, github)

    user = User.objects.get()
    assert answer["Location"] == "/dashboard/"
    assert (user.email, user.name) == ("ann@example.com", "Ann Andersson")
    assert list(EmailAddress.objects.filter(user=user).values_list("email", flat=True)) == ["ann@example.com"]


def test_an_address_that_github_has_not_proven_is_proven_here(client: Client, github: FakeProvider) -> None:
    github.emails = [{"email": "ann@example.com", "primary": True, "verified": False}]

    answer = by_github(client, github)

    assert answer["Location"] == "/accounts/confirm-email/"


def test_a_profile_address_alone_proves_nothing(client: Client, github: FakeProvider) -> None:
    github.emails = []

    answer = by_github(client, github)

    assert answer["Location"] == "/accounts/confirm-email/"
    assert not EmailAddress.objects.get().verified


@pytest.mark.parametrize("path", ["/login/oauth/access_token", "/api/v3/user", "/api/v3/user/emails"])
@pytest.mark.parametrize("broken", [(500, b""), (200, b"<html>")])
def test_a_github_that_fails_gives_a_page_and_no_fault(
    client: Client, github: FakeProvider, path: str, broken: tuple[int, bytes]
) -> None:
    github.broken[path] = broken

    answer = by_github(client, github)

    assert answer.status_code == 401
    assert not User.objects.exists()


def test_googles_person_becomes_an_account(client: Client, google: FakeProvider) -> None:
    answer = by_google(client, google)

    user = User.objects.get()
    assert answer["Location"] == "/dashboard/"
    assert (user.email, user.name) == ("ann@example.com", "Ann Andersson")


@pytest.mark.parametrize("claims", [{"aud": "another-shop"}, {"iss": "https://evil.example"}, {"exp": 1}], ids=str)
def test_a_token_that_google_made_for_another_is_refused(
    client: Client, google: FakeProvider, claims: dict[str, Any]
) -> None:
    answer = by_google(client, google, **claims)

    assert answer.status_code == 401
    assert not User.objects.exists()


def test_a_number_means_nobody_at_another_server_of_github(
    client: Client, github: FakeProvider, settings: LazySettings, make_user: Callable[..., User]
) -> None:
    names_of_seven = ["7"]  # at github.com
    here = settings.SOCIALACCOUNT_PROVIDERS["github"]
    for server in ("https://github.elsewhere.example", here["GITHUB_URL"]):
        settings.SOCIALACCOUNT_PROVIDERS = {"github": here | {"GITHUB_URL": server}}
        names_of_seven.append(GuardedGitHub(None, app=SocialApp()).extract_uid({"id": 7}))
    for number, uid in enumerate(names_of_seven[:2]):
        other = make_user(f"somebody{number}@example.com")
        SocialAccount.objects.create(user=other, provider="github", uid=uid)

    by_github(client, github)

    assert SocialAccount.objects.get(uid=names_of_seven[2]).user.email == "ann@example.com"
    assert SocialAccount.objects.count() == len(set(names_of_seven)) == 3
