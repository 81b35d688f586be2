"""A provider that a test controls, and a browser that goes there and back."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import LazySettings
from django.test import Client

from integrations.authentication.social_settings import origins_of, sign_in_providers
from tests.integration.sign_in.fake_provider import CLIENT_ID, CLIENT_SECRET, FakeProvider, serving

LOGIN = "/accounts/oidc/sso/login/"
CALLBACK = "/accounts/oidc/sso/login/callback/"

SetUp = Callable[..., None]


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
