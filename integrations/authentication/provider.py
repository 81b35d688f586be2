"""Our own OAuth2 and OpenID Connect server: its name, its tokens' claims, and what it tells of itself."""

import secrets
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.models import Client, Token
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.users import rules, selectors
from apps.users.models import User
from contracts.rights import SCOPES
from integrations.authentication.backends import GuardedBackend
from integrations.authentication.claims import MACHINE_CLAIMS, role_claims
from kernel import clock
from kernel.actors import Role
from kernel.http.principals import Grant, Principal

GRANT_TYPES = ["authorization_code", "client_credentials", "refresh_token"]
NOT_OFFERED = ("device_authorization_endpoint",)
OUR_METADATA = {
    "scopes_supported": [*rules.IDENTITY_SCOPES, *SCOPES],
    "response_types_supported": ["code"],
    "response_modes_supported": ["query"],
    "grant_types_supported": GRANT_TYPES,
    "claims_supported": [
        "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "email", "email_verified", "name", "role",
    ],
    "prompt_values_supported": ["none", "login", "consent"],
    "claims_parameter_supported": False,
    "request_parameter_supported": False,
    "request_uri_parameter_supported": False,
    "authorization_response_iss_parameter_supported": True,
    "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
}  # fmt: skip


class ProviderAdapter(DefaultOIDCAdapter):
    """Fits the server to our user, our claims and our address."""

    scope_display = {
        "openid": _("See which account is yours"),
        "profile": _("See your name and your role"),
        "email": _("See your email address"),
        **{scope: _(meaning) for scope, meaning in SCOPES.items()},
    }

    def generate_client_id(self) -> str:
        """Return hex, which nobody's percent-encoding changes."""
        return secrets.token_hex(16)

    def generate_client_secret(self) -> str:
        """Return hex, as above."""
        return secrets.token_hex(32)

    def get_issuer(self) -> str:
        """Return the one name of this server, whatever address it was called by."""
        return str(settings.PUBLIC_URL)

    def populate_access_token(
        self, access_token: dict[str, Any], *, client: Client, scopes: Iterable[str], user: User | None, **_: Any
    ) -> None:
        """Say what our own services ask about; of the person no more than the scopes allow."""
        access_token |= {
            "aud": settings.JWT_AUDIENCE,
            "gty": "oauth",
            "scope": " ".join(scopes),
            "client": client.name,
            **(MACHINE_CLAIMS if user is None else role_claims(user)),
        }

    def get_claims(
        self, purpose: Any, user: User, client: Client, scopes: Iterable[str], email: str | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Return what an id token or the userinfo endpoint says; a missing name is not made up from the address."""
        known = {"sub", "email", "email_verified"}
        wanted = super().get_claims(purpose, user, client, scopes, email=email, **kwargs)
        claims = {name: value for name, value in wanted.items() if name in known}
        if "profile" in scopes:
            claims |= {"role": user.role.value} | ({"name": user.name} if user.name else {})
        return claims

    def populate_server_metadata(self, data: dict[str, Any]) -> None:
        """List what works, at the one address of this server."""
        for name in NOT_OFFERED:
            data.pop(name, None)
        for name, value in data.items():
            if name.endswith(("_endpoint", "jwks_uri")):
                data[name] = settings.PUBLIC_URL + urlsplit(value).path
        data |= OUR_METADATA

    def validate_resource_uris(self, *, uris: list[str]) -> None:
        """Take one audience: this server."""
        if set(uris) - {settings.PUBLIC_URL}:
            raise ValidationError(_("This server gives access to itself only."))

    def populate_introspection_response(self, *, response: dict[str, Any], token: Token, **_: Any) -> None:
        """Name no scope that the program lost meanwhile."""
        response["scope"] = " ".join(scope for scope in token.get_scopes() if scope in token.client.get_scopes())

    def is_introspection_allowed(self, token: Token, *, caller_client: Client) -> bool:
        """Let a program ask about its own tokens, and one that serves data about everybody's."""
        return bool(token.client_id == caller_client.pk or rules.is_resource_server(caller_client.data))


def oauth_principal(token: str) -> tuple[User | Principal, Grant] | None:
    """Return who holds an access token whose signature and claims are good, unless it was taken back; two statements."""
    row = selectors.living_access_token(rules.token_digest(token), now=clock.now())
    if row is None:
        return None
    scopes = frozenset(row.get_scopes()).intersection(row.client.get_scopes())
    grant = Grant(kind="oauth", scopes=scopes, client=row.client.name, client_id=row.client.id)
    if row.user_id is None:
        return Principal(role=Role.MACHINE, name=row.client.name), grant
    user = GuardedBackend().get_user(row.user_id)
    return None if user is None else (user, grant)
