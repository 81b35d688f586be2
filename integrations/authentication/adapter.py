"""What django-allauth asks us: how accounts are made, mails go out and addresses are proven."""

from functools import partial
from typing import Any, ClassVar, cast
from urllib.parse import urlsplit, urlunsplit

import structlog
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.base.response import AuthenticationResponse
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError
from django.forms import BaseForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.users.models import User
from apps.users.rules import has_unseen
from apps.users.services.accounts import confirm_registration, locked_user, replace_password
from apps.users.services.connections import disconnect_all
from apps.users.services.invitations import request_account_mail
from contracts.orders import Orders
from integrations.authentication.allauth_internals import (
    app_codes_key,
    count_mail,
    email_codes_key,
    forget_failures,
    is_headless_request,
    mails_key,
    prevent_enumeration,
    require_reauthentication,
)
from integrations.authentication.even_time import note_address
from integrations.authentication.phone import PhoneAdapter
from integrations.authentication.refusing import refusal
from integrations.authentication.signals import record_locked_out, record_wrong_old_password
from kernel import clock
from kernel.errors import ConflictError, NotFoundError
from kernel.http.throttles import caller_of
from kernel.rpc import client
from kernel.topology import database_of
from kernel.transactions import in_transaction

log = structlog.get_logger(__name__)

RESET = "account/email/password_reset_key"
CODES = ("account/email/email_confirmation", "account/email/email_confirmation_signup")
OF_STRANGERS = frozenset({RESET, *CODES, "account/email/unknown_account", "account/email/account_already_exists"})
"""Mails that somebody gets because anybody typed the address."""
validate_length = MaxLengthValidator(254)


class AccountAdapter(PhoneAdapter):
    """Fits the pipeline to our user, our mails and our transactions."""

    def is_safe_url(self, url: str | None) -> bool:
        """Lead nobody to an address that cannot be read; django-allauth stumbles over it."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """Write down that somebody guesses at the old password, in pages and in the API: no signal tells of it."""
        if code == "enter_current_password":
            record_wrong_old_password(context.request)
        error: ValidationError = super().validation_error(code, *args)
        return error

    def save_user(
        self,
        request: HttpRequest,
        user: AbstractBaseUser,
        form: BaseForm,
        commit: bool = True,  # noqa: FBT001, FBT002 - allauth's signature
    ) -> AbstractBaseUser:
        """Insert the account; of two sign-ups with one address at once, the second is told what all are told."""
        cast("User", user).name = form.cleaned_data.get("name", "").strip()
        insert = partial(super().save_user, request, user, form, commit)
        try:
            saved: AbstractBaseUser = in_transaction(database_of("users"), insert)
        except IntegrityError as error:
            answer = prevent_enumeration(request, email=form.cleaned_data["email"])
            if is_headless_request(request):
                answer = AuthenticationResponse.from_response(request, answer)
            raise ImmediateHttpResponse(answer) from error
        return saved

    def clean_email(self, email: str) -> str:
        """Refuse what the database would: django-allauth's own forms allow more."""
        note_address(context.request)
        validate_length(email)
        if has_unseen(email):
            raise ValidationError(_("An address holds no invisible signs."), code="invalid")
        return str(super().clean_email(email))

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address by which the rest of the shop knows the caller; allauth's own answers 500 to a short list."""
        address = caller_of(request)
        return str(address) if address else str(super().get_client_ip(request))

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count an account's failures together: allauth counts them by the Host header, too, whose port anybody chooses."""
        return f"email:{str(credentials.get('email') or '').strip().lower()}"

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Open the account to who chose a new password; what was tried from his address stays counted."""
        forget_failures(request, key=self._get_login_attempts_cache_key(request, **credentials), tries=0)

    error_messages: ClassVar[dict[str, Any]] = PhoneAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy(
            "The email address or the password is not correct. If you never confirmed the address, reset the password."
        ),
    }

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """Have those sign in once more who have neither a password here nor a factor that a page can ask for."""
        again = {"id": "sign_in_again", "description": _("Sign in again"), "url": reverse("sign_in_again")}
        return super().get_reauthentication_methods(user) or ([again] if user.is_authenticated else [])

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Write down whom the lock-out turns away; the password is not even looked at."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            record_locked_out(request, label=str(credentials.get("email") or ""))
            raise

    def send_account_already_exists_mail(self, email: str) -> None:
        """Tell the owner of an address that is taken; it takes a password's time, as an account that is new does."""
        make_password(email)
        super().send_account_already_exists_mail(email)

    def set_password(self, user: User, password: str) -> None:
        """Choose a password; the first proof that an address is somebody's ends what others connected before.

        Who registers with another's address, by a provider that does not vouch for it, must not keep a way in once its
        owner takes the account over by resetting the password.
        """
        if user._state.adding:  # noqa: SLF001 - Django's own word for a new row
            super().set_password(user, password)
            return
        if context.request.user.pk == user.pk and not user.has_usable_password():
            require_reauthentication(context.request)  # else a stale session would give itself what proves it fresh
        try:
            replace_password(user=user, password=password, action=_kind_of_change(user), now=clock.now())
        except ConflictError as error:
            raise ImmediateHttpResponse(refusal(context.request, error, page="account_login")) from error
        if user.verified_at is None:
            disconnect_all(user_id=user.id)
            self._prove_by_link(user)
        self._open_again(user)

    def _prove_by_link(self, user: User) -> None:
        """Take the link of a mail for proof of the address that it went to."""
        address = EmailAddress.objects.filter(user=user, email=user.email).first()
        if address is not None and context.request.user.pk != user.pk:
            self.confirm_email(context.request, address)

    def _open_again(self, user: User) -> None:
        """Let the owner's own proof end what others used up by guessing.

        A session is past the second factor, and who comes by the link of a mail has the mailbox; neither gets the other.
        """
        request = context.request
        if request.user.pk == user.pk:
            forget_failures(request, action="app_codes", key=app_codes_key(user))
        else:
            forget_failures(request, action="email_codes", key=email_codes_key(user.email))
            for kind in (RESET, *CODES):
                forget_failures(request, action="mails", key=mails_key(user.email, kind))

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Mark the address as proven and, the first time, tell the other services: both or neither.

        The account is locked meanwhile: one that is erased at the same moment would get its owner's address back.
        """
        confirm = super().confirm_email

        def prove() -> bool:
            locked_user(user_id=email_address.user_id)
            is_proven = bool(confirm(request, email_address))
            if is_proven:
                confirm_registration(user_id=email_address.user_id, now=clock.now())
            return is_proven

        try:
            return in_transaction(database_of("users"), prove)
        except (IntegrityError, NotFoundError):  # the same code, somebody else's for the address, or the end was faster
            return False

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Send it to the address on file: a database may take another spelling for the same."""
        super().send_password_reset_mail(user, user.email or email, context)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Hand the mail over as an event, so that trouble with the mail server never breaks a sign-up.

        What anybody may let us send to anybody is sent a few times a day; the links of those that came are still good.
        Codes beyond that are left out in silence, too: a refusal would tell a free address from one that has an account.
        """
        if template_prefix in OF_STRANGERS and not count_mail(self.request, email=email, kind=template_prefix):
            log.warning("mails_used_up", kind=template_prefix)
            return
        site = {"name": client(Orders).shop().name, "domain": settings.PUBLIC_URL}
        known = {name: _at_public_url(value) if name.endswith("_url") else value for name, value in context.items()}
        mail = self.render_mail(template_prefix, email, {"email": email, "current_site": site, **known})
        request_account_mail(to=email, subject=mail.subject, text=str(mail.body))


def _at_public_url(address: str) -> str:
    """Return an address of ours below PUBLIC_URL: it was built from a header that the sender of the request chose."""
    parts = urlsplit(str(address))
    return settings.PUBLIC_URL + urlunsplit(("", "", *parts[2:])) if settings.PUBLIC_URL else str(address)


def _kind_of_change(user: User) -> str:
    """Return what a new password is called in the audit log."""
    if context.request.user.pk != user.pk:
        return "password_reset"
    return "password_changed" if user.has_usable_password() else "password_set"
