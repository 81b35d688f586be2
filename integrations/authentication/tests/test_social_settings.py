"""Who else may vouch for people is said by the environment, wholly or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from integrations.authentication.social_settings import origins_of, sign_in_providers

NAMES = (
    "GOOGLE_CLIENT_ID",
    "GOOGLE_CLIENT_SECRET",
    "GITHUB_CLIENT_ID",
    "GITHUB_CLIENT_SECRET",
    "GITHUB_URL",
    "OIDC_LOGIN_NAME",
    "OIDC_LOGIN_SERVER_URL",
    "OIDC_LOGIN_CLIENT_ID",
    "OIDC_LOGIN_CLIENT_SECRET",
)
OIDC = {
    "OIDC_LOGIN_SERVER_URL": "https://login.example.com/realms/shop/",
    "OIDC_LOGIN_CLIENT_ID": "shop",
    "OIDC_LOGIN_CLIENT_SECRET": "kept",
}


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_nothing_set_sets_nothing_up() -> None:
    assert sign_in_providers(is_development=False) == {}
    assert origins_of({}) == []


def test_all_set_gives_three_providers_with_pkce(monkeypatch: pytest.MonkeyPatch) -> None:
    values = dict.fromkeys(NAMES[:4], "value") | OIDC | {"OIDC_LOGIN_NAME": "Work"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)

    providers = sign_in_providers(is_development=False)

    assert list(providers) == ["google", "github", "openid_connect"]
    assert all(provider["OAUTH_PKCE_ENABLED"] for provider in providers.values())
    assert origins_of(providers) == ["https://accounts.google.com", "https://github.com", "https://login.example.com"]
    assert providers["openid_connect"]["APPS"] == [
        {
            "provider_id": "sso",
            "name": "Work",
            "client_id": "shop",
            "secret": "kept",
            "settings": {"server_url": "https://login.example.com/realms/shop"},
        }
    ]


def test_a_provider_without_a_name_is_called_by_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OIDC.items():
        monkeypatch.setenv(name, value)

    providers = sign_in_providers(is_development=False)

    assert providers["openid_connect"]["APPS"][0]["name"] == "login.example.com"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"GOOGLE_CLIENT_ID": "shop"},
            "GOOGLE_CLIENT_ID needs GOOGLE_CLIENT_SECRET, too: set all of them or none.",
        ),
        (
            {"GITHUB_CLIENT_SECRET": "kept"},
            "GITHUB_CLIENT_SECRET needs GITHUB_CLIENT_ID, too: set all of them or none.",
        ),
        (
            {"OIDC_LOGIN_SERVER_URL": "https://login.example.com"},
            "OIDC_LOGIN_SERVER_URL needs OIDC_LOGIN_CLIENT_ID and OIDC_LOGIN_CLIENT_SECRET, too: set all of them or none.",
        ),
        (
            OIDC | {"OIDC_LOGIN_SERVER_URL": "http://login.example.com"},
            "OIDC_LOGIN_SERVER_URL must start with https://: what it answers decides who may sign in.",
        ),
        (
            OIDC | {"OIDC_LOGIN_SERVER_URL": "ftp://login.example.com"},
            "OIDC_LOGIN_SERVER_URL must start with one of https://, http://.",
        ),
        (
            OIDC | {"OIDC_LOGIN_SERVER_URL": "https:///realms"},
            "OIDC_LOGIN_SERVER_URL must name a host, such as https://login.example.com.",
        ),
    ],
)
def test_half_a_provider_stops_the_start_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], sentence: str
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured) as refused:
        sign_in_providers(is_development=False)

    assert str(refused.value) == sentence


@pytest.mark.parametrize("server", ["http://localhost:8001", "http://127.0.0.1:8001"])
def test_plain_http_will_do_on_this_machine(monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    for name, value in (OIDC | {"OIDC_LOGIN_SERVER_URL": server}).items():
        monkeypatch.setenv(name, value)

    assert origins_of(sign_in_providers(is_development=False)) == [server]


def test_the_command_itself_refuses_to_start() -> None:
    root = Path(__file__).resolve().parents[3]
    environment = os.environ | {"GITHUB_CLIENT_ID": "shop"}

    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=root, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode != 0
    assert "GITHUB_CLIENT_ID needs GITHUB_CLIENT_SECRET, too: set all of them or none." in done.stderr
