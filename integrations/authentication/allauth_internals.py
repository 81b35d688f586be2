"""The only door to what django-allauth keeps to itself; every name has a test that fails when an upgrade moves it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache as once
from typing import TYPE_CHECKING, Any, cast

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows import reauthentication
from allauth.account.internal.flows.email_verification_by_code import EmailVerificationProcess
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.flows.phone_verification import ChangePhoneVerificationProcess
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY as WAITING
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.internal.flows.signup import prevent_enumeration
from allauth.account.models import Login
from allauth.core.internal import jwkkit, ratelimit
from allauth.core.internal.cryptokit import compare_user_code, normalize_user_code
from allauth.core.internal.httpkit import extract_basic_auth, headed_redirect_response, is_headless_request
from allauth.core.internal.sessionkit import get_session_user
from allauth.headless.internal import authkit
from allauth.headless.internal.restkit.response import APIResponse, ErrorResponse
from allauth.headless.internal.sessionkit import lookup_session
from allauth.headless.tokens.strategies.jwt import internal as headless_jwt
from allauth.idp.oidc.internal.oauthlib import server as oauth_server
from allauth.idp.oidc.internal.oauthlib.request_validator import OAuthLibRequestValidator
from allauth.idp.oidc.internal.oauthlib.utils import extract_params, get_validator_context, respond_html_error
from allauth.idp.oidc.views import _enforce_csrf
from allauth.mfa.base.forms import BaseAuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import flows as recovery_flows
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.totp.internal import flows as totp_flows
from allauth.mfa.webauthn import forms as webauthn_forms
from allauth.mfa.webauthn.forms import _BaseAddWebAuthnForm
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.internal import flows as webauthn_flows
from allauth.socialaccount.internal.flows import connect as connect_flows
from allauth.socialaccount.internal.flows.connect import validate_disconnect
from allauth.socialaccount.models import SocialLogin
from django.core.cache import cache

from apps.users.rules import mailbox_of

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase
    from django.http import HttpRequest, HttpResponse

    from apps.users.models import User

__all__ = [
    "WAITING",
    "APIResponse",
    "ChangePhoneVerificationProcess",
    "ErrorResponse",
    "LoginCodeVerificationProcess",
    "OAuthLibRequestValidator",
    "compare_user_code",
    "extract_basic_auth",
    "headed_redirect_response",
    "is_headless_request",
    "normalize_user_code",
    "prevent_enumeration",
    "totp",
    "validate_disconnect",
    "webauthn",
]


# --- Sessions and tokens: the public strategy signs without issuer and audience, and believes one key only -----------
def person_of_session(session_key: str) -> "tuple[User, SessionBase] | None":
    """Return who is signed in by this session, in two statements."""
    session = lookup_session(session_key)
    user = get_session_user(session) if session is not None else None
    return None if user is None else (cast("User", user), cast("SessionBase", session))


def create_token(use: str, *, user: "User", session_key: str, claims: dict[str, Any], seconds: int) -> tuple[str, str]:
    """Return a token of the sign-in API and its ``jti``; it names its session in cipher only."""
    token, payload = headless_jwt.create_token(
        use, sub=str(user.pk), sid=headless_jwt.session_key_to_sid(session_key), claims=claims, expires_in=seconds
    )
    return token, payload["jti"]


def session_key_of(sid: str) -> str | None:
    """Return the key of the session that a token names."""
    try:
        return cast("str | None", headless_jwt.session_key_from_sid(sid))
    except ValueError:
        return None


def jwk_of(pem: str) -> tuple[dict[str, Any], Any]:
    """Return the public key as JWK, under the id by which ``jwks.json`` lists it, and the private key."""
    return cast("tuple[dict[str, Any], Any]", jwkkit.load_jwk_from_pem(pem))


# --- Failed sign-ins: the public functions let every GET pass --------------------------------------------------------
def is_locked_out(request: "HttpRequest", *, email: str) -> bool:
    """True when this account, or this address, has had its share of failures; counts nothing."""
    return _count_failure(request, email=email, dry_run=True) is None


def count_failure(request: "HttpRequest", *, email: str) -> "ratelimit.RateLimitUsage | None":
    """Count a failed sign-in in the buckets of the sign-in page; None when there is no room left."""
    return _count_failure(request, email=email, dry_run=False)


def _count_failure(request: "HttpRequest", *, email: str, dry_run: bool) -> "ratelimit.RateLimitUsage | None":
    key = get_adapter(request)._get_login_attempts_cache_key(request, email=email)  # noqa: SLF001 - the page's own bucket
    return ratelimit.consume(
        request, app="allauth.account", action="login_failed", key=key, dry_run=dry_run, limit_get=True
    )


def count_email_code(request: "HttpRequest", *, email: str, sent_at: float, is_real: bool) -> bool:
    """Count a guess at the code of a mail, and at all codes to this address; False when there is no room left."""
    all_codes = email_codes_key(email) if is_real else f"none-was-sent {email_codes_key(email)}"
    keys = {"email_code": f"email-code-{email}-{sent_at}", "email_codes": all_codes}
    return all(
        ratelimit.consume(request, app="allauth.account", action=action, key=key, limit_get=True) is not None
        for action, key in keys.items()
    )


def count_text(request: "HttpRequest", *, action: str, key: str) -> bool:
    """Count a text message; False when there is no room left. Who comes back from another company sends a GET."""
    return ratelimit.consume(request, app="allauth.account", action=action, key=key, limit_get=True) is not None


def count_mail(request: "HttpRequest", *, email: str, kind: str) -> bool:
    """Count a mail of one kind to an address; False when there is no room left."""
    key = mails_key(email, kind)
    return ratelimit.consume(request, app="allauth.account", action="mails", key=key, limit_get=True) is not None


def mails_key(email: str, kind: str) -> str:
    """Return by what mails of one kind to an address are counted; most mailboxes take whatever follows a plus."""
    name, _at, domain = mailbox_of(email).rpartition("@")
    return f"{kind} {name.partition('+')[0]}@{domain}"


def email_codes_key(email: str) -> str:
    """Return by what guesses at the codes of all mails to an address are counted."""
    return mailbox_of(email)


def count_app_code(request: "HttpRequest", *, user: "User") -> "ratelimit.RateLimitUsage | None":
    """Count a guess at the code of an app; None when the day has no room left."""
    return ratelimit.consume(
        request, app="allauth.account", action="app_codes", key=app_codes_key(user), limit_get=True
    )


def app_codes_key(user: "User") -> str:
    """Return by what wrong codes of somebody's app are counted."""
    return f"app-codes-{user.pk}"


def forget_failures(
    request: "HttpRequest",
    *,
    app: str = "allauth.account",
    action: str = "login_failed",
    config: dict[str, str] | None = None,
    key: str | None = None,
    user: "User | None" = None,
    tries: int = 1,
) -> None:
    """Empty an account's bucket, and take from the address's no more than the ``tries`` of who proved himself."""
    for rate in ratelimit.get_rates(app=app, action=action, config=config):
        place = ratelimit.get_cache_key(request, app=app, action=action, rate=rate, key=key, user=user)
        with ratelimit.cache_lock(place) as locked:
            if locked and rate.per == "ip":
                cache.set(place, cache.get(place, [])[tries:], rate.duration)  # the newest come first
            elif locked:
                cache.delete(place)


# --- Our OAuth server: allauth has no setting for its validator, which decides nearly everything ---------------------
validation_context = get_validator_context
"""What allauth remembers of the request while oauthlib works on it: the refresh token in use, a chosen address."""


def use_oauth_validator(validator: type[OAuthLibRequestValidator]) -> None:
    """Let every OAuth request be judged by this class."""
    oauth_server.OAuthLibRequestValidator = validator


def forget_validation(request: "HttpRequest") -> None:
    """Let a request be judged afresh, as when its transaction runs again."""
    vars(request).pop("_oauthlib_request_validator_context", None)


def check_authorization_request(request: "HttpRequest") -> None:
    """Judge what a program asks for, before anybody signs in for it.

    :raises oauthlib.oauth2.OAuth2Error: says what is wrong with it.
    """
    oauth_server.get_server().validate_authorization_request(*extract_params(request))


def oauth_error_page(request: "HttpRequest", error: Exception) -> "HttpResponse":
    """Return the page for an error that is not the program's to hear."""
    return cast("HttpResponse", respond_html_error(request, error=error))


def parse_keys_once() -> None:
    """Keep parsed keys: the server reads its key from PEM with every token, which takes 45 ms of its 50."""
    jwkkit.load_jwk_from_pem = once(jwkkit.load_jwk_from_pem)


def forged_answer(request: "HttpRequest") -> "HttpResponse | None":
    """Return the refusal of an answer to a program's question that comes without a CSRF token; allauth looks later."""
    return cast("HttpResponse | None", _enforce_csrf(request))


# --- The second factor: what allauth forgets too soon, decides without the database, or does not ask ------------------
@dataclass(frozen=True, slots=True)
class Seam:
    """A function of allauth's that ours takes the place of, with the arguments that we count on."""

    owner: Any
    name: str
    arguments: str

    def replace(self, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """Put in its place what ``make`` returns for it."""
        original = getattr(self.owner, self.name)
        if not hasattr(original, "replaces"):
            ours = make(original)
            vars(ours)["replaces"] = original  # an app may be made ready twice
            setattr(self.owner, self.name, ours)


SEAMS = {
    "time_steps": Seam(totp, "yield_hotp_counters_from_time", ""),
    "enrolment_secret": Seam(totp, "get_totp_secret", "regenerate"),
    "totp_code": Seam(totp.TOTP, "validate_code", "self code"),
    "typed_code": Seam(BaseAuthenticateForm, "clean_code", "self"),
    "first_totp_code": Seam(ActivateTOTPForm, "clean_code", "self"),
    "add_totp": Seam(totp_flows, "activate_totp", "request form"),
    "remove_totp": Seam(totp_flows, "deactivate_totp", "request authenticator"),
    "note_use": Seam(Authenticator, "record_usage", "self"),
    "recovery_code": Seam(RecoveryCodes, "validate_code", "self code"),
    "note_recovery_codes_seen": Seam(RecoveryCodes, "mark_as_viewed", "self"),
    "make_recovery_codes": Seam(recovery_flows, "generate_recovery_codes", "request"),
    "show_recovery_codes": Seam(recovery_flows, "view_recovery_codes", "request"),
    "count_passkey": Seam(webauthn_forms, "check_rate_limit", "user error_key"),
    "new_passkey": Seam(_BaseAddWebAuthnForm, "clean", "self"),
    "passkey_server": Seam(webauthn, "get_server", ""),
    "read_new_passkey": Seam(webauthn, "parse_registration_response", "response"),
    "check_new_passkey": Seam(webauthn, "complete_registration", "credential"),
    "read_passkey": Seam(webauthn, "parse_authentication_response", "response"),
    "owner_of_passkey": Seam(webauthn, "extract_user_from_response", "response"),
    "ask_for_passkey": Seam(webauthn, "begin_authentication", "user"),
    "check_passkey": Seam(webauthn, "complete_authentication", "user response"),
    "add_passkey": Seam(webauthn_flows, "add_authenticator", "request name credential"),
    "remove_passkey": Seam(webauthn_flows, "remove_authenticator", "request authenticator"),
    "remove_passkeys": Seam(webauthn_flows, "remove_authenticators", "request authenticators"),
    "resume_text_code": Seam(LoginCodeVerificationProcess, "resume", "stage"),
    "finish_text_code": Seam(LoginCodeVerificationProcess, "finish", "self redirect_url"),
    "app_session": Seam(authkit, "authentication_context", "request"),
    "finish_email_proof": Seam(EmailVerificationProcess, "finish", "self"),
    "resume_email_proof": Seam(EmailVerificationProcess, "resume", "request"),
    "recent_proof": Seam(reauthentication, "did_recently_reauthenticate", "request"),
    "suspended_form": Seam(reauthentication, "serialize_request", "request"),
    "suspend_form": Seam(reauthentication, "suspend_request", "request redirect_to"),
    "suspend_connection": Seam(reauthentication, "stash_and_reauthenticate", "request state callback"),
    "go_on": Seam(reauthentication, "resume_request", "request"),
    "forget_failures": Seam(ratelimit, "clear", "request app action config key user"),
    "known_account": Seam(SocialLogin, "_lookup_by_socialaccount", "self"),
    "connect_account": Seam(SocialLogin, "connect", "self request user"),
    "disconnect_account": Seam(connect_flows, "disconnect", "request account"),
    "resume_phone_proof": Seam(ChangePhoneVerificationProcess, "resume", "request"),
    "keep_sign_in": Seam(Login, "serialize", "self"),
    "resume_sign_in": Seam(Login, "deserialize", "data"),
}
"""What second_factor_flows.py replaces; each one's reason stands there."""


def require_reauthentication(request: "HttpRequest") -> None:
    """Ask for the password or a factor again, unless that was lately; pages have a public decorator for it.

    :raises allauth.core.exceptions.ReauthenticationRequired: is answered by allauth.
    """
    raise_if_reauthentication_required(request, app="allauth.mfa")
