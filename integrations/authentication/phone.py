"""The mobile number: codes by text message prove it, and are asked for at sign-in where nothing stronger is."""

from typing import Any, cast

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.stages import LoginByCodeStage
from allauth.core import context, ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.models import Authenticator
from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.users.models import User
from apps.users.services.second_factor import PHONE, prove_phone
from contracts.orders import Orders
from integrations.authentication.allauth_internals import (
    LoginCodeVerificationProcess,
    count_text,
    headed_redirect_response,
)
from integrations.authentication.refusing import refusal
from integrations.authentication.second_factor_flows import keep_session
from integrations.sms.twilio import TextNotSentError, send_text
from kernel import clock
from kernel.errors import ConflictError, DomainError
from kernel.rpc import client

log = structlog.get_logger(__name__)

BETWEEN_DIGITS = str.maketrans("", "", " -./()")


class TextsUsedUpError(DomainError):
    """The shop pays for each text message, and sends so many a day: to one number, and in all."""

    code = "texts_used_up"
    status = 429

    def __init__(self) -> None:
        super().__init__(_("No more codes are sent by text message today. Use another way, or try again tomorrow."))


class PhoneField(forms.CharField):
    """A number as people write it, with its country; kept as E.164."""

    default_error_messages = {"invalid": gettext_lazy("Write the number with a plus and its country: +46701234567.")}

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"})
        settings: dict[str, Any] = {"label": gettext_lazy("Mobile number"), "max_length": 40, "widget": widget}
        super().__init__(**settings | kwargs)

    def clean(self, value: Any) -> str:
        written = str(super().clean(value))
        phone = written.translate(BETWEEN_DIGITS)
        if written and not PHONE.match(phone):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return phone


class PhoneAdapter(DefaultAccountAdapter):
    """What django-allauth asks about mobile numbers."""

    def get_login_stages(self) -> list[str]:
        """Ask for the phone's code where allauth would ask for one by mail."""
        theirs, ours = (f"{stage.__module__}.{stage.__qualname__}" for stage in (LoginByCodeStage, PhoneCodeStage))
        return [ours if stage == theirs else stage for stage in super().get_login_stages()]

    def phone_form_field(self, **kwargs: Any) -> forms.Field:
        return PhoneField(**kwargs)

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        return (user.phone, user.phone_verified_at is not None) if user.phone else None

    def get_user_by_phone(self, phone: str) -> None:
        """Nobody signs in by number, so two people may share a phone."""

    def set_phone(self, user: User, phone: str, verified: bool) -> None:  # noqa: FBT001 - allauth's signature
        """A number that no code has reached is not kept."""

    def set_phone_verified(self, user: User, phone: str) -> None:
        """Keep the number that somebody signed in has proven; a code at sign-in proves nothing new."""
        request = context.request
        if not request.user.is_authenticated:
            return
        try:
            keep_session(request, prove_phone(user=user, phone=phone, now=clock.now()))
        except ConflictError as error:
            raise ImmediateHttpResponse(refusal(request, error, page="account_login")) from error

    def send_verification_code_sms(self, user: User, phone: str, code: str, **kwargs: Any) -> None:
        """Send a code, at most as often as ``ACCOUNT_RATE_LIMITS`` says."""
        request = context.request
        if not count_text(request, action="text_message", key=f"text-message-user-{user.pk}"):
            raise ImmediateHttpResponse(ratelimit.respond_429(request))
        text = _("%(code)s is your code for %(shop)s. Tell nobody.") % {
            "code": code,
            "shop": client(Orders).shop().name,
        }
        try:
            _check_share(request, user, phone)
            send_text(to=phone, text=text)
        except (TextsUsedUpError, TextNotSentError) as error:
            page = "second_factor_phone" if request.user.is_authenticated else "account_login"
            raise ImmediateHttpResponse(refusal(request, error, page=page)) from error


class PhoneCodeStage(LoginByCodeStage):
    """Asks those whose only second factor is a phone for a code by text message; pages and API know the stage."""

    def handle(self) -> tuple[HttpResponseBase | None, bool]:
        user = cast("User | None", self.login.user)
        if user is None or user.phone_verified_at is None or _has_stronger_factor(user):
            return None, True
        LoginCodeVerificationProcess.initiate(request=self.request, user=user, phone=user.phone, stage=self)
        return headed_redirect_response("account_confirm_login_code"), True


def _has_stronger_factor(user: User) -> bool:
    factors: QuerySet[Authenticator] = Authenticator.objects.filter(user_id=user.id)
    return factors.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


def _check_share(request: HttpRequest, user: User, phone: str) -> None:
    """Count a message to this number, and by the shop as a whole; numbers that are proven have a share of their own.

    Nobody who adds numbers of others, or of his own, uses up what the sign-in of people needs.
    """
    is_known = user.phone_verified_at is not None and user.phone == phone
    kind = "known" if is_known else "new"
    for action, key in ((f"text_to_{kind}_number", phone), (f"texts_to_{kind}_numbers", "the shop")):
        if not count_text(request, action=action, key=f"{action}-{key}"):
            log.warning("texts_used_up", limit=action)
            raise TextsUsedUpError
