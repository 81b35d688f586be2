"""What the sign-in pipeline tells, for the audit log: the only place where signals are received."""

from collections.abc import Callable
from typing import Any, cast

from allauth.account import signals as account
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.auth import signals as auth
from django.dispatch import Signal
from django.http import HttpRequest

from apps.users.models import User
from apps.users.services.audit import record_event
from kernel import clock


def connect() -> None:
    """Receive what matters to an auditor."""
    receivers: dict[Signal, Callable[..., None]] = {
        account.user_signed_up: _about_person("signed_up"),
        account.user_logged_in: _signed_in,
        account.authentication_step_completed: _step_done,
        auth.user_logged_out: _about_person("signed_out"),
        auth.user_login_failed: _sign_in_failed,
        account.email_added: _about_email("email_added"),
        account.email_removed: _about_email("email_removed"),
        account.email_confirmed: _about_email("email_confirmed"),
        account.email_changed: _email_changed,
        account.login_code_rejected: _code_failed("sign_in"),
        account.password_reset_code_rejected: _code_failed("password_reset"),
        account.email_verification_code_rejected: _code_failed("email"),
        mfa.authenticator_added: _about_factor("second_factor_added"),
        mfa.authenticator_removed: _about_factor("second_factor_removed"),
        mfa.authenticator_reset: _about_factor("second_factor_renewed"),
        mfa.authenticator_used: _factor_used,
        mfa.authentication_failed: _about_factor("second_factor_failed"),
        social.social_account_added: _social_added,
        social.social_account_removed: _social_removed,
    }
    for signal, receiver in receivers.items():
        signal.connect(receiver, weak=False, dispatch_uid="saluhall.audit")


def record_locked_out(request: HttpRequest, *, label: str) -> None:
    """Write down that somebody is not even listened to any more."""
    user = _person(request)
    _record("locked_out", user, label=label)


def record_password_not_enough(user: User) -> None:
    """Write down that somebody knows the password, whether or not he has the rest."""
    _record("password_not_enough", user)


def record_wrong_old_password(request: HttpRequest) -> None:
    """Write down that whoever holds a session does not know the password that he wants to change."""
    _record("reauthentication_failed", _person(request))


def record_wrong_key(user: User) -> None:
    """Write down that the answer of a passkey was not that of a key of this person."""
    _record("second_factor_failed", user, kind=Authenticator.Type.WEBAUTHN)


def record_copied_key(authenticator: Authenticator) -> None:
    """Write down that a passkey did not count on: there are two of it."""
    _record("second_factor_failed", authenticator.user, kind=authenticator.type, reason="counter")


def _record(action: str, user: User | None, *, label: str = "", **after: Any) -> None:
    # the role on file: asking for the one in force would cost a statement, and remember a factor that comes or goes
    record_event(
        action=action,
        user_id=user.id if user else None,
        label=label or (user.email if user else ""),
        role=user.granted_role.value if user else "",
        now=clock.now(),
        after=after,
    )


def _person(request: HttpRequest | None) -> User | None:
    user = getattr(request, "user", None)
    return user if isinstance(user, User) else None


def _about_person(action: str) -> Callable[..., None]:
    def receive(sender: Any, *, user: User | None = None, **_rest: Any) -> None:  # noqa: ARG001 - Django's signature
        if user is not None:
            _record(action, user)

    return receive


def _about_email(action: str) -> Callable[..., None]:
    def receive(sender: Any, *, email_address: EmailAddress, **_rest: Any) -> None:  # noqa: ARG001 - Django's signature
        _record(action, cast("User", email_address.user), email=email_address.email)

    return receive


def _about_factor(action: str) -> Callable[..., None]:
    def receive(sender: Any, *, user: User, authenticator: Authenticator, **_rest: Any) -> None:  # noqa: ARG001 - as above
        _record(action, user, kind=authenticator.type)

    return receive


def _code_failed(purpose: str) -> Callable[..., None]:
    def receive(sender: Any, *, user: User | None = None, **_rest: Any) -> None:  # noqa: ARG001 - Django's signature
        _record("code_failed", user, purpose=purpose)

    return receive


def _signed_in(sender: Any, *, request: HttpRequest, user: User, **_rest: Any) -> None:  # noqa: ARG001 - as above
    methods = [_method(record) for record in get_authentication_records(request, user)]
    _record("signed_in", user, methods=list(dict.fromkeys(methods)))


def _step_done(sender: Any, *, user: User, method: str, **rest: Any) -> None:  # noqa: ARG001 - as above
    if method == "password" and not rest.get("reauthenticated") and user.has_second_factor:
        record_password_not_enough(user)


def _method(record: dict[str, Any]) -> str:
    detail = record.get("type") or record.get("provider")
    return f"{record['method']}/{detail}" if detail else str(record["method"])


def _sign_in_failed(
    sender: Any,  # noqa: ARG001 - Django's signature
    *,
    credentials: dict[str, Any],
    request: HttpRequest | None = None,
    **_rest: Any,
) -> None:
    user = _person(request)
    tried = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
    _record("reauthentication_failed" if user else "sign_in_failed", user, label=tried)


def _factor_used(sender: Any, *, user: User, authenticator: Authenticator, **_rest: Any) -> None:  # noqa: ARG001 - as above
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        _record("recovery_code_used", user)


def _email_changed(
    sender: Any,  # noqa: ARG001 - Django's signature
    *,
    user: User,
    from_email_address: EmailAddress | None,
    to_email_address: EmailAddress,
    **_rest: Any,
) -> None:
    if from_email_address is not None:  # the first address of a new account is no change
        _record("email_changed", user, former=from_email_address.email, email=to_email_address.email)


def _social_added(sender: Any, *, sociallogin: SocialLogin, **_rest: Any) -> None:  # noqa: ARG001 - Django's signature
    _record("social_account_connected", cast("User", sociallogin.user), provider=sociallogin.account.provider)


def _social_removed(sender: Any, *, socialaccount: SocialAccount, **_rest: Any) -> None:  # noqa: ARG001 - as above
    _record("social_account_disconnected", cast("User", socialaccount.user), provider=socialaccount.provider)
