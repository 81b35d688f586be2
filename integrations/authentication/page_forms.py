"""The forms of signing in as pages show them: what they check is django-allauth's, the words are this shop's."""

from typing import Any, ClassVar

import orjson
from allauth.account import forms as account
from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp import forms as app
from allauth.mfa.webauthn import forms as passkeys
from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError

from kernel.http.json import check

NEW_PASSWORD = _("At least 8 characters. Not a common password, not only digits, and not like your name or address.")


class PlainWords:
    """Gives fields the labels and notes named here, and takes the examples out of them: the label says it."""

    fields: dict[str, Any]
    labels: ClassVar[dict[str, Promise]] = {}
    notes: ClassVar[dict[str, Promise]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.labels.get(name, field.label)
            field.help_text = self.notes.get(name, field.help_text)
            field.widget.attrs.pop("placeholder", None)


class LoginForm(PlainWords, account.LoginForm):
    labels: ClassVar[dict[str, Promise]] = {"remember": _("Stay signed in on this device")}


class SignupForm(PlainWords, account.SignupForm):
    labels: ClassVar[dict[str, Promise]] = {"password2": _("Password again")}
    notes: ClassVar[dict[str, Promise]] = {"password1": NEW_PASSWORD}


class ChangePasswordForm(PlainWords, account.ChangePasswordForm):
    labels: ClassVar[dict[str, Promise]] = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("New password again"),
    }
    notes: ClassVar[dict[str, Promise]] = {"password1": NEW_PASSWORD}


class SetPasswordForm(PlainWords, account.SetPasswordForm):
    labels: ClassVar[dict[str, Promise]] = {"password2": _("Password again")}
    notes: ClassVar[dict[str, Promise]] = {"password1": NEW_PASSWORD}


class ResetPasswordKeyForm(PlainWords, account.ResetPasswordKeyForm):
    labels: ClassVar[dict[str, Promise]] = {"password1": _("New password"), "password2": _("New password again")}
    notes: ClassVar[dict[str, Promise]] = {"password1": NEW_PASSWORD}


class AddEmailForm(PlainWords, account.AddEmailForm):
    labels: ClassVar[dict[str, Promise]] = {"email": _("New email address")}


class ActivateAppForm(PlainWords, app.ActivateTOTPForm):
    labels: ClassVar[dict[str, Promise]] = {"code": _("Code from the app")}


class CredentialField(forms.Field):
    """What a browser says of a passkey; Django's own field meets deep nesting and long numbers with a fault."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        """Return the content.

        :raises ValidationError: nobody could read or keep it.
        """
        if value in self.empty_values:
            return None
        try:
            content = orjson.loads(value)
            check(content)
        except (orjson.JSONDecodeError, ParseError) as error:
            raise get_adapter().validation_error("incorrect_code") from error
        return content


class SignInByPasskeyForm(passkeys.LoginWebAuthnForm):
    credential = CredentialField()


class SecondFactorByPasskeyForm(passkeys.AuthenticateWebAuthnForm):
    credential = CredentialField()


class ProofByPasskeyForm(passkeys.ReauthenticateWebAuthnForm):
    credential = CredentialField()


class AddPasskeyForm(PlainWords, passkeys.AddWebAuthnForm):
    credential = CredentialField()
    labels: ClassVar[dict[str, Promise]] = {"passwordless": _("Sign in with it alone, without the password")}
    notes: ClassVar[dict[str, Promise]] = {
        "passwordless": _("For a key that asks for your fingerprint, your face or a PIN.")
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"name": _("My passkey")} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
