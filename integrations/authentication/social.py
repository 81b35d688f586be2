"""Sign-in by Google, GitHub and any OpenID Connect provider: how others' people fit our accounts."""

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import requests
import structlog
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.forms import DisconnectForm
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess, Provider
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import Http404, HttpRequest

from apps.users.models import User
from apps.users.services.accounts import confirm_registration
from apps.users.services.audit import record_event
from integrations.authentication.allauth_internals import prevent_enumeration
from integrations.authentication.asking import BoundedSession, asker_of
from integrations.authentication.google_and_github import GuardedGitHub, GuardedGoogle
from integrations.authentication.openid_connect import GuardedProvider, failed
from kernel import clock
from kernel.topology import database_of
from kernel.transactions import in_transaction

LONGEST_NAME = 150
UNREADABLE = re.compile("C|Zl|Zp")
"""Categories of signs that steer, that nobody sees, or that end a line."""

log = structlog.get_logger(__name__)


class NoSuchProviderError(SocialApp.DoesNotExist, Http404):
    """Nobody set this provider up: pages answer 404, the API its own refusal."""


class SocialAdapter(DefaultSocialAccountAdapter):
    """Fits other companies' sign-in to our user; what they say proves an address, but never gives an account away."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Return what the environment set up; a row in the database sets up nothing."""
        apps = [
            SocialApp(provider=name, **app)
            for name, config in settings.SOCIALACCOUNT_PROVIDERS.items()
            for app in config["APPS"]
        ]
        return [
            app
            for app in apps
            if provider in {None, app.provider, app.provider_id or None} and client_id in {None, app.client_id}
        ]

    def get_app(self, request: HttpRequest, provider: str, client_id: str | None = None) -> SocialApp:
        """Return a provider's credentials.

        :raises NoSuchProviderError: it is not set up.
        """
        try:
            return super().get_app(request, provider, client_id=client_id)
        except SocialApp.DoesNotExist as error:
            raise NoSuchProviderError from error

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Provider:
        """Return a provider, the guarded kind for OpenID Connect."""
        return _guarded(super().get_provider(request, provider, client_id=client_id))

    def list_providers(self, request: HttpRequest) -> list[Provider]:
        """Return whom the sign-in page offers."""
        return [_guarded(provider) for provider in super().list_providers(request)]

    def get_requests_session(self) -> requests.Session:
        """Return what asks the provider."""
        return BoundedSession()

    def deserialize_instance(self, model: type[Model], data: dict[str, Any]) -> Model:
        """Return what waited in the session; allauth leaves a key as the text that it was written as."""
        instance: Model = super().deserialize_instance(model, data)
        instance.pk = model._meta.pk.to_python(instance.pk)  # noqa: SLF001 - Django's public name for it
        return instance

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse an answer to a question that this browser, or this person, did not ask; take over one address at most."""
        claims = sociallogin.account.extra_data.get("id_token")
        if isinstance(claims, dict) and claims.get("nonce") != sociallogin.state.get("nonce", ""):
            raise ImmediateHttpResponse(failed(request, sociallogin.provider, OAuth2Error("Another nonce.")))
        is_connecting = sociallogin.state.get("process") == AuthProcess.CONNECT and request.user.is_authenticated
        if is_connecting and sociallogin.state.get("asker") != asker_of(request):
            # begun before the sign-in, perhaps by somebody else at this browser, whom it would let in for ever
            raise ImmediateHttpResponse(failed(request, sociallogin.provider, OAuth2Error("Another person.")))
        if not sociallogin.is_existing and sociallogin.email_addresses:
            del sociallogin.email_addresses[1:]
            sociallogin.user.email = sociallogin.email_addresses[0].email.lower()

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Provider | None,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: Mapping[str, Any] | None = None,
    ) -> None:
        """Tell the operator what the person is not told."""
        log.warning(
            "sign_in_by_others_failed", provider=getattr(provider, "sub_id", ""), reason=str(exception or error)[:300]
        )
        record_event(
            action="social_sign_in_failed", subject=("provider", getattr(provider, "sub_id", "")), now=clock.now()
        )

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: Mapping[str, Any]) -> User:
        """Take over name and address; what no database keeps is left out."""
        parts = [data.get(part) for part in ("first_name", "last_name")]
        name = data.get("name") or " ".join(part for part in parts if isinstance(part, str))
        user: User = super().populate_user(request, sociallogin, {"email": data.get("email")})
        sociallogin.account.extra_data = _storable(sociallogin.account.extra_data)
        readable = "".join(sign for sign in str(name) if not UNREADABLE.match(unicodedata.category(sign)))
        user.name = readable[:LONGEST_NAME].strip()
        return user

    def get_signup_form_initial_data(self, sociallogin: SocialLogin) -> dict[str, Any]:
        """Fill the form that asks for what the provider did not say."""
        return {**super().get_signup_form_initial_data(sociallogin), "name": sociallogin.user.name}

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: BaseForm | None = None) -> User:
        """Insert the account; when the provider vouches for the address, the others learn of it at once."""
        save = super().save_user

        def insert() -> User:
            user: User = save(request, sociallogin, form)
            if EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists():
                confirm_registration(user_id=user.id, now=clock.now())
            return user

        try:
            return in_transaction(database_of("users"), insert)
        except IntegrityError as error:
            raise ImmediateHttpResponse(prevent_enumeration(request, email=sociallogin.user.email)) from error

    def validate_disconnect(self, account: SocialAccount, accounts: QuerySet[SocialAccount]) -> None:
        """Refuse to close the last way in: a provider that is not set up any more is none.

        :raises ValidationError: there is neither a password nor another provider.
        """
        others = accounts.exclude(pk=account.pk).filter(provider__in=_set_up())
        if not account.user.has_usable_password() and not others.exists():
            message = self.error_messages["no_password"]
            raise ValidationError(message, code="no_password")


class ConnectedAccountForm(DisconnectForm):
    """Offers to remove what works; an account of a provider that is gone is nobody's way in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = SocialAccount.objects.filter(user=self.request.user)
        self.accounts = mine.filter(provider__in=_set_up()).order_by("id")
        self.fields["account"].queryset = self.accounts


def _set_up() -> set[str]:
    providers = settings.SOCIALACCOUNT_PROVIDERS.items()
    return {app.get("provider_id") or name for name, config in providers for app in config["APPS"]}


def _storable(told: Any) -> Any:
    """Return what a provider told without the signs and numbers that databases keep in no JSON."""
    if isinstance(told, str):
        return told.replace("\x00", "").encode(errors="ignore").decode()
    if isinstance(told, float) and not math.isfinite(told):
        return None  # JSON knows neither; Python writes them all the same
    if isinstance(told, dict):
        return {_storable(name): _storable(value) for name, value in told.items()}
    return [_storable(value) for value in told] if isinstance(told, list) else told


def _guarded(provider: Provider) -> Provider:
    kind = next(kind for kind in (GuardedProvider, GuardedGoogle, GuardedGitHub) if kind.id == provider.id)
    return kind(provider.request, app=provider.app)
