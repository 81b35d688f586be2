"""Who else may vouch for people, as the environment says it: Google, GitHub and one OpenID Connect provider."""

from typing import Any
from urllib.parse import urlsplit

from kernel import env

OPENID_CONNECT = "sso"
"""Names the provider in addresses: /accounts/oidc/sso/login/callback/ is where it sends people back."""
GOOGLE_ORIGIN = "https://accounts.google.com"
GITHUB_ORIGIN = "https://github.com"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

Providers = dict[str, dict[str, Any]]


def sign_in_providers(*, is_development: bool) -> Providers:
    """Return django-allauth's setting; who is not set up does not exist."""
    with env.group("Sign-in by others"):
        return _google() | _github(is_development=is_development) | _openid_connect(is_development=is_development)


def origins_of(providers: Providers) -> list[str]:
    """Return where the forms of the sign-in page may lead: the browser asks before it follows."""
    return sorted({provider["ORIGIN"] for provider in providers.values()})


def _google() -> Providers:
    known = _complete(
        GOOGLE_CLIENT_ID=env.text(
            "GOOGLE_CLIENT_ID",
            help="Sign-in by Google; it sends people back to PUBLIC_URL/accounts/google/login/callback/.",
        ),
        GOOGLE_CLIENT_SECRET=env.secret("GOOGLE_CLIENT_SECRET", help="Google's secret for it."),
    )
    if not known:
        return {}
    app = {"client_id": known["GOOGLE_CLIENT_ID"], "secret": known["GOOGLE_CLIENT_SECRET"]}
    return {"google": _provider(GOOGLE_ORIGIN, app)}


def _github(*, is_development: bool) -> Providers:
    known = _complete(
        GITHUB_CLIENT_ID=env.text(
            "GITHUB_CLIENT_ID",
            help="Sign-in by GitHub; it sends people back to PUBLIC_URL/accounts/github/login/callback/.",
        ),
        GITHUB_CLIENT_SECRET=env.secret("GITHUB_CLIENT_SECRET", help="GitHub's secret for it."),
    )
    own_server = _trusted_address(
        "GITHUB_URL", "Your GitHub Enterprise server; empty: github.com.", is_development=is_development
    )
    if not known:
        return {}
    app = {"client_id": known["GITHUB_CLIENT_ID"], "secret": known["GITHUB_CLIENT_SECRET"]}
    where = {"GITHUB_URL": own_server} if own_server else {}
    return {"github": _provider(_origin(own_server) if own_server else GITHUB_ORIGIN, app) | where}


def _openid_connect(*, is_development: bool) -> Providers:
    name = env.text("OIDC_LOGIN_NAME", help="What the button calls the provider below; empty: its host name.")
    known = _complete(
        OIDC_LOGIN_SERVER_URL=_trusted_address(
            "OIDC_LOGIN_SERVER_URL",
            "Sign-in by an OpenID Connect provider: its issuer, which serves /.well-known/openid-configuration. "
            "It sends people back to PUBLIC_URL/accounts/oidc/sso/login/callback/.",
            is_development=is_development,
        ),
        OIDC_LOGIN_CLIENT_ID=env.text("OIDC_LOGIN_CLIENT_ID", help="What the provider calls this shop."),
        OIDC_LOGIN_CLIENT_SECRET=env.secret("OIDC_LOGIN_CLIENT_SECRET", help="The provider's secret for it."),
    )
    if not known:
        return {}
    server = known["OIDC_LOGIN_SERVER_URL"]
    app = {
        "provider_id": OPENID_CONNECT,
        "name": name or urlsplit(server).hostname,
        "client_id": known["OIDC_LOGIN_CLIENT_ID"],
        "secret": known["OIDC_LOGIN_CLIENT_SECRET"],
        "settings": {"server_url": server},
    }
    return {"openid_connect": _provider(_origin(server), app)}


def _provider(origin: str, app: dict[str, Any]) -> dict[str, Any]:
    return {"APPS": [app], "ORIGIN": origin, "OAUTH_PKCE_ENABLED": True}


def _complete(**values: str) -> dict[str, str]:
    """Return all values, or nothing when none is set."""
    missing = [name for name, value in values.items() if not value]
    if missing and len(missing) < len(values):
        given = ", ".join(name for name in values if name not in missing)
        env.refuse(f"{given} needs {' and '.join(missing)}, too: set all of them or none.")
    return {} if missing else values


def _trusted_address(name: str, help_text: str, *, is_development: bool) -> str:
    """Read an address that is asked who somebody is; over plain http only on this machine or in development."""
    address = env.url(name, schemes=("https", "http"), help=help_text).rstrip("/")
    parts = urlsplit(address)
    if address and not parts.hostname:
        env.refuse(f"{name} must name a host, such as https://login.example.com.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK and not is_development:
        env.refuse(f"{name} must start with https://: what it answers decides who may sign in.")
    return address


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
