"""Sign-in by any OpenID Connect provider, with every check of the specification.

django-allauth takes an id_token on trust, because it came over TLS, and sends no nonce. Ours is verified: signature,
issuer, audience, authorized party, times, nonce, and that the person of the userinfo answer is the same.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import jwt
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from requests import RequestException

from integrations.authentication.asking import asker_of, reading

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Only keys of two halves: with a shared one the public half would do for a signature."""
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
CLAIMS = ("iss", "sub", "aud", "exp", "iat")
CLOCKS_DIFFER_SECONDS = 60


def verified_claims(token: object, *, keys: object, issuer: str, audience: str) -> dict[str, Any]:
    """Return what an id_token says.

    :raises OAuth2Error: it is not one of this provider for us.
    """
    if not isinstance(token, str) or not isinstance(keys, dict):
        raise OAuth2Error("There is no id_token, or no keys.")
    try:
        header = jwt.get_unverified_header(token)
        signing = [key for key in jwt.PyJWKSet.from_dict(keys).keys if key.public_key_use in {None, "sig"}]
        wanted = [key for key in signing if header.get("kid") in {None, key.key_id}]
        if len(wanted) != 1:
            raise OAuth2Error("The id_token is signed by a key that the provider does not publish.")
        claims: dict[str, Any] = jwt.decode(
            token,
            wanted[0],
            algorithms=[one for one in ALGORITHMS if one == wanted[0].algorithm_name],
            issuer=issuer,
            audience=audience,
            leeway=CLOCKS_DIFFER_SECONDS,
            options={"require": list(CLAIMS)},
        )
    except (jwt.PyJWTError, AttributeError, TypeError, ValueError) as error:
        raise OAuth2Error("The id_token is not valid.") from error
    if claims["aud"] not in (audience, [audience]) or claims.get("azp", audience) != audience:
        raise OAuth2Error("The id_token was made for somebody else, too.")
    return claims


class GuardedAdapter(OpenIDConnectOAuth2Adapter):
    """Talks to the provider, and believes nothing that is not proven."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return the provider's description of itself.

        :raises OAuth2Error: it does not answer, or describes another.
        """
        try:
            config = super().openid_config
        except (RequestException, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise OAuth2Error("The provider does not answer.") from error
        if not isinstance(config, dict) or any(not isinstance(config.get(name), str) for name in NEEDED):
            raise OAuth2Error("The provider's description is not complete.")
        named = self.get_provider().app.settings["server_url"]
        if "/.well-known/" not in named and config["issuer"].rstrip("/") != named:
            raise OAuth2Error("The provider describes another issuer.")
        return config

    def get_access_token_data(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the provider gives for a code.

        :raises OAuth2Error: it is no object, or too deep to be read.
        """
        with reading():
            return super().get_access_token_data(*args, **kwargs)

    def parse_token(self, data: Any) -> SocialToken:
        """Return the access token.

        :raises OAuth2Error: the answer holds none, or nonsense.
        """
        with reading():
            return super().parse_token(data)

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Return who the provider says it is, once everything agrees."""
        config = self.openid_config
        keys = self._ask(config["jwks_uri"])
        claims = verified_claims(
            kwargs["response"].get("id_token"), keys=keys, issuer=config["issuer"], audience=app.client_id
        )
        person = self._ask(config["userinfo_endpoint"], {"Authorization": f"Bearer {token.token}"})
        if person.get("sub") != claims["sub"]:
            raise OAuth2Error("The provider speaks of two people.")
        if not claims["sub"].strip():
            raise OAuth2Error("The provider names nobody.")
        return self.get_provider().sociallogin_from_response(request, {"userinfo": person, "id_token": claims})

    def _ask(self, address: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            answer = session.get(address, headers=headers)
            answer.raise_for_status()
            try:
                content = answer.json()
            except RecursionError:
                content = None
        if not isinstance(content, dict):
            raise OAuth2Error("The provider's answer cannot be read.")
        return content


class GuardedProvider(OpenIDConnectProvider):
    """Sends people there with a nonce, and reads what comes back without trusting its types."""

    oauth2_adapter_class = GuardedAdapter
    supports_token_authentication = False  # a token from elsewhere has no nonce of ours

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        """Take none from the address: a link must not change what is asked of the provider."""
        return dict(self.get_auth_params())

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """Ask for the same, whatever the address says."""
        return list(self.get_scope())

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponseBase:
        """Send the browser to the provider, or say that it does not answer."""
        nonce = secrets.token_urlsafe(24)
        asked = (kwargs.pop("auth_params", None) or self.get_auth_params()) | {"nonce": nonce}
        kept = {"nonce": nonce, "asker": asker_of(request)}
        try:
            answer = super().redirect(request, process, next_url, data, auth_params=asked, **kept, **kwargs)
        except OAuth2Error as error:
            return failed(request, self, error)
        return _visible(request, answer)

    def extract_uid(self, data: Mapping[str, Any]) -> str:
        """Return a name that no other issuer's person has, should the shop change its provider."""
        claims = data["id_token"]
        return hashlib.sha256(f"{claims['iss']}\n{claims['sub']}".encode()).hexdigest()

    def extract_common_fields(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what fits our account."""
        person = data["userinfo"]
        return {name: person[name] for name in ("email", "name") if isinstance(person.get(name), str)}

    def extract_email_addresses(self, data: Mapping[str, Any]) -> list[EmailAddress]:
        """Return the address; only a plain ``true`` counts as the provider's word for it."""
        person = data["userinfo"]
        if not isinstance(person.get("email"), str):
            return []
        return [EmailAddress(email=person["email"], verified=person.get("email_verified") is True, primary=True)]


def failed(request: HttpRequest, provider: Any, error: Exception) -> HttpResponseBase:
    """Answer that nobody was signed in; the reason goes to the log."""
    answer: HttpResponseBase = render_authentication_error(request, provider, exception=error)
    return answer


def _visible(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Turn a redirect that the browser would refuse after a form into a page that leads on."""
    if not isinstance(answer, HttpResponseRedirect):
        return answer
    parts = urlsplit(answer.url)
    if f"{parts.scheme}://{parts.netloc}" in settings.SIGN_IN_ORIGINS:
        return answer
    return render(request, "socialaccount/login_redirect.html", {"redirect_to": answer.url})


class GuardedCallback(OAuth2CallbackView):
    """Where the provider sends people back to."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Sign in, or say that it did not work: the provider may have gone meanwhile."""
        try:
            answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        except (OAuth2Error, RecursionError, ValueError) as error:  # ValueError: endless numbers, half characters
            return failed(request, self.adapter.get_provider(), error)
        return answer


def login(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Ask whether to go to the provider; on POST, go."""
    answer: HttpResponseBase = OAuth2LoginView.adapter_view(GuardedAdapter(request, provider_id))(request)
    return answer


def callback(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Take what the provider sends."""
    answer: HttpResponseBase = GuardedCallback.adapter_view(GuardedAdapter(request, provider_id))(request)
    return answer
