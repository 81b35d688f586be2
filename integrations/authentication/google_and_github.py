"""Sign-in by Google and GitHub: django-allauth asks them, and nothing that they answer is taken for granted."""

import hashlib
from collections.abc import Mapping
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.github.provider import GitHubProvider
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.google.provider import GoogleProvider
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter, OAuth2CallbackView
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from integrations.authentication.asking import asker_of, name_of_person, reading, text_of


class _Reader(OAuth2Adapter):
    """Answers that cannot be read are the provider's failure, which the page tells; no fault of ours."""

    def get_access_token_data(self, *args: Any, **kwargs: Any) -> Any:
        with reading():
            return super().get_access_token_data(*args, **kwargs)

    def parse_token(self, data: Any) -> SocialToken:
        with reading():
            return super().parse_token(data)

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        with reading():
            return super().complete_login(request, app, token, **kwargs)


class _GoogleReader(_Reader, GoogleOAuth2Adapter):
    pass


class _GitHubReader(_Reader, GitHubOAuth2Adapter):
    pass


class _Plain(OAuth2Provider):
    """A link must not change what is asked of the provider: django-allauth takes parameters from the address."""

    supports_token_authentication = False  # people sign in by the page, where the answer is bound to a session

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        return dict(self.get_auth_params())

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        return list(self.get_scope())

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponseBase:
        answer: HttpResponseBase = super().redirect(request, process, next_url, data, asker=asker_of(request), **kwargs)
        return answer


class GuardedGoogle(_Plain, GoogleProvider):
    """Believes what Google says about an address only where it plainly says so."""

    oauth2_adapter_class = _GoogleReader

    def extract_uid(self, data: Mapping[str, Any]) -> str:
        """Return Google's name for the person."""
        return name_of_person(data["sub"] if "sub" in data else data["id"])

    def extract_common_fields(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what fits our account."""
        named = {"email": "email", "first_name": "given_name", "last_name": "family_name"}
        return {ours: text_of(data, theirs) for ours, theirs in named.items()}

    def extract_email_addresses(self, data: Mapping[str, Any]) -> list[EmailAddress]:
        """Return the address."""
        email = text_of(data, "email")
        is_proven = data.get("email_verified") is True or data.get("verified_email") is True
        return [EmailAddress(email=email, verified=is_proven, primary=True)] if email else []


class GuardedGitHub(_Plain, GitHubProvider):
    """Believes what GitHub says about an address only where it plainly says so."""

    oauth2_adapter_class = _GitHubReader

    def extract_uid(self, data: Mapping[str, Any]) -> str:
        """Return GitHub's number of the person, whose name there may be given to somebody else.

        Servers of a shop's own count from one, too: their people get a name that no other server's person has.
        """
        number, own_server = name_of_person(data["id"]), settings.SOCIALACCOUNT_PROVIDERS["github"].get("GITHUB_URL")
        return hashlib.sha256(f"{own_server}\n{number}".encode()).hexdigest() if own_server else number

    def extract_common_fields(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what fits our account."""
        return {name: text_of(data, name) for name in ("email", "name")}

    def extract_email_addresses(self, data: Mapping[str, Any]) -> list[EmailAddress]:
        """Return the addresses."""
        return [
            EmailAddress(email=one["email"], primary=one.get("primary") is True, verified=one.get("verified") is True)
            for one in data.get("emails", [])
            if text_of(one, "email")
        ]


google_callback = OAuth2CallbackView.adapter_view(_GoogleReader)
github_callback = OAuth2CallbackView.adapter_view(_GitHubReader)
