"""Codes that are typed as a second step, above all those of an authenticator app: the database decides that each works once, and a day has room for few wrong ones."""

import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core import context, ratelimit
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.users.services.second_factor import use_code
from integrations.authentication.allauth_internals import compare_user_code, count_app_code, normalize_user_code, totp
from integrations.authentication.second_factor import SecondFactorUnreadableError
from integrations.authentication.signals import record_locked_out
from kernel import clock

P = ParamSpec("P")
R = TypeVar("R")
Function = Callable[..., Any]
FORM = re.compile(r"[0-9]{6}")
TYPED = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
TOO_MANY = _("Too many wrong codes of the app today. Use a recovery code or a passkey.")


def time_steps(_original: Function) -> Function:
    """Tell the time by the one clock."""

    def steps() -> Iterator[int]:
        now = int(clock.now().timestamp()) // app_settings.TOTP_PERIOD
        yield from range(now - app_settings.TOTP_TOLERANCE, now + app_settings.TOTP_TOLERANCE + 1)

    return steps


def enrolment_secret(_original: Function) -> Function:
    """Keep a secret that is not active yet encrypted, too: sessions are rows of the database."""

    def secret(regenerate: bool = False) -> str:  # noqa: FBT001, FBT002 - allauth's signature
        session, key = context.request.session, totp.SECRET_SESSION_KEY
        if regenerate or not session.get(key):
            session[key] = get_adapter().encrypt(totp.generate_totp_secret())
        return str(get_adapter().decrypt(session[key]))

    return secret


def totp_code(_original: Function) -> Function:
    """Count what is wrong by day, too: whoever knows the password could else guess on, five times in five minutes.

    What else opens the account stays open: a recovery code is no guess at the app, and a passkey has no code.
    """

    def validate_code(self: Any, code: str) -> bool:
        if not FORM.fullmatch(normalize_user_code(code)):
            return False
        user = self.instance.user
        counted = count_app_code(context.request, user=user)
        if counted is None:
            record_locked_out(context.request, label=user.email)
            raise ValidationError(TOO_MANY, code="too_many_app_codes")
        steps = _steps_of(code, secret=get_adapter().decrypt(self.instance.data["secret"]))
        is_right = bool(steps) and use_code(user_id=user.pk, steps=steps, now=clock.now())
        if is_right:
            counted.rollback()
        return is_right

    return legible(validate_code)


def typed_code(_original: Function) -> Function:
    """Count guesses at the app and at recovery codes apart: who guesses at the app would else close both to the owner."""

    def clean_code(self: Any) -> str:
        code = str(self.cleaned_data["code"])
        kind = (
            Authenticator.Type.TOTP if FORM.fullmatch(normalize_user_code(code)) else Authenticator.Type.RECOVERY_CODES
        )
        key = f"{kind}-user-{self.user.pk}"
        if not ratelimit.consume(context.request, action="login_failed", key=key):
            record_locked_out(context.request, label=self.user.email)
            raise get_account_adapter().validation_error("too_many_login_attempts")
        factors = {factor.type: factor for factor in Authenticator.objects.filter(user=self.user, type__in=TYPED)}
        factor = factors.get(kind)
        if factor is not None and factor.wrap().validate_code(code):
            factor.user, self.authenticator = self.user, factor
            ratelimit.clear(context.request, action="login_failed", key=key)
            return code
        if factors:
            self._emit_authentication_failed(factors.get(Authenticator.Type.TOTP) or next(iter(factors.values())))
        raise get_adapter().validation_error("incorrect_code")

    return clean_code


def first_totp_code(original: Function) -> Function:
    """The code that activates an app is used up by that."""

    @wraps(original)
    def clean_code(self: Any) -> str:
        code = str(original(self))
        use_code(user_id=self.user.pk, steps=_steps_of(code, secret=self.secret), now=clock.now())
        return code

    return clean_code


def legible(original: Callable[P, R]) -> Callable[P, R]:
    """Say on the form that a seed cannot be decrypted any more."""

    @wraps(original)
    def check(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return original(*args, **kwargs)
        except SecondFactorUnreadableError as error:
            raise ValidationError(error.message, code=error.code) from error

    return check


def _steps_of(code: str, *, secret: str) -> list[int]:
    """Return the time steps near now at which the code is right."""
    return [
        step
        for step in totp.yield_hotp_counters_from_time()
        if compare_user_code(actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, step)))
    ]
