"""A provider that a test controls, and a browser that goes there and back."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import pytest
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from django.conf import LazySettings
from django.test import Client

from integrations.authentication.social_settings import origins_of, sign_in_providers
from tests.integration.sign_in.fake_provider import CLIENT_ID, CLIENT_SECRET, FakeProvider, serving

LOGIN = "/accounts/oidc/sso/login/"
CALLBACK = "/accounts/oidc/sso/login/callback/"

SetUp = Callable[..., None]
GOOGLE = {"GOOGLE_CLIENT_ID": "google-id", "GOOGLE_CLIENT_SECRET": "google-secret"}
GITHUB = {"GITHUB_CLIENT_ID": "github-id", "GITHUB_CLIENT_SECRET": "github-secret"}


@pytest.fixture
def set_up(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> SetUp:
    """Return a function that sets up sign-in by others from an environment."""

    def apply(**environment: str) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings.SOCIALACCOUNT_PROVIDERS = sign_in_providers(is_development=False)
        settings.SIGN_IN_ORIGINS = origins_of(settings.SOCIALACCOUNT_PROVIDERS)

    return apply


@pytest.fixture
def provider(set_up: SetUp) -> Iterator[FakeProvider]:
    """Return a provider that runs, and that the shop knows."""
    with serving(FakeProvider()) as running:
        set_up(
            OIDC_LOGIN_NAME="Fake",
            OIDC_LOGIN_SERVER_URL=running.url,
            OIDC_LOGIN_CLIENT_ID=CLIENT_ID,
            OIDC_LOGIN_CLIENT_SECRET=CLIENT_SECRET,
        )
        yield running


@pytest.fixture
def come_back(provider: FakeProvider) -> Callable[..., Any]:
    """Return a function that goes to the provider and returns the shop's answer to what it said."""

    def go(client: Client, *, login: str = LOGIN) -> Any:
        sent = client.post(login)
        assert sent.status_code == 302, sent.content
        return client.get(f"{CALLBACK}?{urlencode(provider.authorize(sent['Location']))}")

    return go


@pytest.fixture
def github(set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    """Return a GitHub of our own; django-allauth reads GITHUB_URL once, so the addresses are set where it keeps them."""
    person = {"id": 7, "login": "ann", "name": "Ann Andersson", "email": "public@example.com"}
    emails = [
        {"email": "second@example.com", "primary": False, "verified": True},
        {"email": "ann@example.com", "primary": True, "verified": True},
    ]
    with serving(FakeProvider(person=person, emails=emails)) as running:
        set_up(**GITHUB, GITHUB_URL=running.url)
        for name, path in {
            "authorize_url": "/login/oauth/authorize",
            "access_token_url": "/login/oauth/access_token",
            "profile_url": "/api/v3/user",
            "emails_url": "/api/v3/user/emails",
        }.items():
            monkeypatch.setattr(GitHubOAuth2Adapter, name, f"{running.url}{path}")
        yield running


def by_github(client: Client, github: FakeProvider) -> Any:
    sent = client.post("/accounts/github/login/")
    assert urlsplit(sent["Location"]).netloc == urlsplit(github.url).netloc
    return client.get(f"/accounts/github/login/callback/?{urlencode(github.authorize(sent['Location']))}")


@pytest.fixture
def google(set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    """Return the end of Google that gives tokens; the browser's end stays Google's."""
    with serving(FakeProvider()) as running:
        set_up(**GOOGLE)
        monkeypatch.setattr(GoogleOAuth2Adapter, "access_token_url", f"{running.url}/token")
        yield running


def by_google(client: Client, google: FakeProvider, **claims: Any) -> Any:
    answer_of_google = google.authorize(client.post("/accounts/google/login/")["Location"])
    honest = google.honest_claims() | {
        "iss": "https://accounts.google.com",
        "aud": "google-id",
        "email": "ann@example.com",
        "email_verified": True,
        "given_name": "Ann",
        "family_name": "Andersson",
    }
    google.id_token = jwt.encode(honest | claims, google.signing_key, algorithm="RS256", headers={"kid": "k"})
    return client.get(f"/accounts/google/login/callback/?{urlencode(answer_of_google)}")
