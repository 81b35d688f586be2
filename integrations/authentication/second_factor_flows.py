"""Where our rules of the second factor take the place of django-allauth's, in pages and API at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from http import HTTPStatus
from typing import Any, ParamSpec, TypeVar, cast

from allauth.core import context, ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.base.response import UnauthorizedResponse
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY, update_session_auth_hash
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpRequest
from django.shortcuts import redirect

from apps.users.models import User
from apps.users.services.accounts import locked_user
from apps.users.services.second_factor import (
    LastSecondFactorError,
    check_removal,
    end_older_sessions,
    use_code,
)
from integrations.authentication.accounts_elsewhere import connect_account, disconnect_account, known_account
from integrations.authentication.allauth_internals import (
    SEAMS,
    count_email_code,
    forget_failures,
    is_headless_request,
)
from integrations.authentication.app_codes import (
    enrolment_secret,
    first_totp_code,
    legible,
    time_steps,
    totp_code,
    typed_code,
)
from integrations.authentication.begun_sign_ins import note_account, same_account
from integrations.authentication.even_time import note_address
from integrations.authentication.passkeys import (
    ask_for_passkey,
    check_new_passkey,
    check_passkey,
    count_passkey,
    new_passkey,
    passkey_server,
    readable,
)
from integrations.authentication.reauthentication import recent_proof
from integrations.authentication.refusing import refusal
from integrations.authentication.second_factor import UsedCodeError, mark_of
from integrations.authentication.signals import record_locked_out
from integrations.authentication.waiting import go_on, suspend, suspended_form
from kernel import clock
from kernel.errors import ConflictError
from kernel.topology import database_of
from kernel.transactions import in_transaction

P = ParamSpec("P")
R = TypeVar("R")
Function = Callable[..., Any]
EMAIL_KEY = "X-Email-Verification-Key"


def install() -> None:
    """Put every function of ours in its place; once, when the app is ready."""
    for name, replacement in REPLACEMENTS.items():
        SEAMS[name].replace(replacement)


# --- Recovery codes: their row is locked in the users service's own database ------------------------------------------
def in_one_transaction(original: Callable[P, R]) -> Callable[P, R]:
    @wraps(original)
    def joined(*args: P.args, **kwargs: P.kwargs) -> R:
        return in_transaction(database_of("users"), lambda: original(*args, **kwargs))

    return joined


def recovery_code(original: Function) -> Function:
    take = legible(in_one_transaction(original))

    def validate_code(self: Any, code: str) -> bool:
        try:
            return bool(take(self, code))
        except Authenticator.DoesNotExist:  # other codes were made, or the last factor went, at the same moment
            return False

    return validate_code


def note_recovery_codes_seen(original: Function) -> Function:
    """Write upon the row as it is now: a copy from before would bring used codes back."""

    @wraps(original)
    def mark_as_viewed(self: Any) -> None:
        def mark() -> None:
            row = Authenticator.objects.select_for_update().filter(pk=self.instance.pk).first()
            if row is None:  # others were made at the same moment
                raise ImmediateHttpResponse(refusal(context.request, ConflictError("Newer codes replaced these.")))
            self.instance = row
            original(self)

        in_transaction(database_of("users"), mark)

    return mark_as_viewed


def show_recovery_codes(original: Function) -> Function:
    """Of two who look at the same moment, one sees them."""

    @wraps(original)
    def view(request: HttpRequest) -> Any:
        def look() -> Any:
            if request.user.is_authenticated:
                locked_user(user_id=request.user.pk)
            return original(request)

        return in_transaction(database_of("users"), look)

    return view


def note_use(_original: Function) -> Function:
    """Let nobody in by a factor that was removed while its code was read; django-allauth answers 500."""

    def record_usage(self: Authenticator) -> None:
        self.last_used_at = clock.now()
        if not Authenticator.objects.filter(pk=self.pk).update(last_used_at=self.last_used_at):
            gone = ConflictError("This second factor was removed meanwhile.")
            raise ImmediateHttpResponse(refusal(context.request, gone, page="account_login"))

    return record_usage


# --- Coming and going ---------------------------------------------------------------------------------------------------
def enrolment(original: Function) -> Function:
    """A new factor ends every older session in its own transaction; the one that set it up goes on."""

    @wraps(original)
    def enrol(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        def add() -> tuple[User, Any]:
            account = end_older_sessions(user=cast("User", request.user), now=clock.now())
            return account, original(request, *args, **kwargs)

        try:
            account, added = in_transaction(database_of("users"), add)
        except ConflictError as error:
            raise ImmediateHttpResponse(refusal(request, error, page="account_login")) from error
        keep_session(request, account)
        return added

    return enrol


def totp_enrolment(original: Function) -> Function:
    """One app an account, also on databases without conditional constraints; the account's lock orders two at once."""

    @wraps(original)
    def activate(request: HttpRequest, form: Any) -> Any:
        if Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.TOTP).exists():
            late = ConflictError("An app is set up already.")
            answer = refusal(request, late) if is_headless_request(request) else redirect("mfa_index")
            raise ImmediateHttpResponse(answer)
        return original(request, form)

    return enrolment(activate)


def removal(original: Function) -> Function:
    """All go or none, and never the last factor of staff."""

    @wraps(original)
    def remove(request: HttpRequest, gone: Any) -> Any:
        rows = [gone] if isinstance(gone, Authenticator) else list(gone)

        def work() -> Any:
            check_removal(user_id=cast("User", request.user).id, of=[row.pk for row in rows])
            return original(request, gone)

        try:
            return in_transaction(database_of("users"), work)
        except LastSecondFactorError as error:
            raise ImmediateHttpResponse(refusal(request, error)) from error

    return remove


def keep_session(request: HttpRequest, account: User) -> None:
    """Let the running session outlive the end of all others; a browser's gets a new key."""
    user = cast("User", request.user)
    user.session_generation = account.session_generation
    if is_headless_request(request) == "app":  # its tokens name the key
        request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        request.session.save()  # at once: until then, any other request of the app would find the session ended, and end it
        return
    update_session_auth_hash(request, user)
    UserSession.objects.create_from_request(request)


# --- Sessions of apps ---------------------------------------------------------------------------------------------------
def app_session(original: Function) -> Function:
    """Tell an app that its session went on under another key while it asked; django-allauth answers with 500."""

    @contextmanager
    def session(request: HttpRequest) -> Iterator[None]:
        try:
            with original(request):
                yield
        except UpdateError as error:
            request.session.flush()
            request.user = AnonymousUser()  # the answer would else make tokens of the session that is gone
            raise ImmediateHttpResponse(UnauthorizedResponse(request, status=HTTPStatus.GONE)) from error

    return session


# --- Codes by text message ------------------------------------------------------------------------------------------------
def resume_text_code(original: Function) -> Function:
    """Count guesses by account where all processes see it: the session alone counts parallel ones as one."""

    def resume(stage: Any) -> Any:
        _count_guess(stage.request, stage.login.user)
        return original(stage)

    return resume


def resume_phone_proof(original: Function) -> Function:
    """As above, while a number is added."""

    def resume(request: HttpRequest) -> Any:
        _count_guess(request, request.user)
        return original(request)

    return resume


def resume_email_proof(original: Function) -> Function:
    """As above, while an address is proven, for each code that was sent; the API takes guesses by GET, too.

    A sign-up with an address that is taken has no right code: its guesses close nothing to the owner.
    """

    def resume(request: HttpRequest) -> Any:
        process = original(request)
        if process is None or (request.method == "GET" and EMAIL_KEY not in request.headers):
            return process
        is_real = process.user is not None and not process.state.get("account_already_exists")
        if not count_email_code(request, email=process.email, sent_at=process.state["at"], is_real=is_real):
            raise ImmediateHttpResponse(ratelimit.respond_429(request))
        note_address(request)
        return process

    return resume


def finish_email_proof(original: Function) -> Function:
    """Take a code once: each answer to it would sign in by a session of its own.

    An address that somebody else proved meanwhile is a conflict, too; django-allauth answers 500.
    """

    @wraps(original)
    def finish(self: Any) -> Any:
        sent = mark_of(f"{self.email} {self.state['at']} {self.code}")
        is_late = self.user is not None and not use_code(user_id=self.user.pk, steps=[sent], now=clock.now())
        if is_late or (address := original(self)) is None:
            raise ImmediateHttpResponse(refusal(self.request, UsedCodeError(), page="account_login"))
        return address

    return finish


def finish_text_code(original: Function) -> Function:
    """Take a code once, also of two that come at the same moment."""

    @wraps(original)
    def finish(self: Any, redirect_url: str | None) -> Any:
        sent = f"{self.state.get('phone')} {self.state['at']}"
        if not use_code(user_id=self.user.pk, steps=[mark_of(sent)], now=clock.now()):
            # the session is left alone: the winner has moved it to another key
            raise ImmediateHttpResponse(refusal(self.request, UsedCodeError(), page="account_login"))
        ratelimit.clear(self.request, action="login_failed", key=_guesses_of(self.user))
        return original(self, redirect_url)

    return finish


def own_tries(_original: Function) -> Function:
    """django-allauth empties the address's bucket, too: one's own second factor would buy twenty more guesses at others."""
    return partial(forget_failures)


def _count_guess(request: HttpRequest, user: Any) -> None:
    if request.method == "POST" and not ratelimit.consume(request, action="login_failed", key=_guesses_of(user)):
        record_locked_out(request, label=user.email)
        raise ImmediateHttpResponse(ratelimit.respond_429(request))


def _guesses_of(user: Any) -> str:
    return f"text-code-user-{user.pk}"


REPLACEMENTS: dict[str, Callable[[Function], Function]] = {
    "time_steps": time_steps,
    "enrolment_secret": enrolment_secret,
    "totp_code": totp_code,
    "typed_code": typed_code,
    "first_totp_code": first_totp_code,
    "add_totp": totp_enrolment,
    "remove_totp": removal,
    "note_use": note_use,
    "recovery_code": recovery_code,
    "note_recovery_codes_seen": note_recovery_codes_seen,
    "make_recovery_codes": in_one_transaction,
    "show_recovery_codes": show_recovery_codes,
    "count_passkey": count_passkey,
    "new_passkey": new_passkey,
    "passkey_server": passkey_server,
    "read_new_passkey": readable,
    "check_new_passkey": check_new_passkey,
    "read_passkey": readable,
    "owner_of_passkey": readable,
    "ask_for_passkey": ask_for_passkey,
    "check_passkey": check_passkey,
    "add_passkey": enrolment,
    "remove_passkey": removal,
    "remove_passkeys": removal,
    "resume_text_code": resume_text_code,
    "finish_text_code": finish_text_code,
    "app_session": app_session,
    "resume_email_proof": resume_email_proof,
    "finish_email_proof": finish_email_proof,
    "recent_proof": recent_proof,
    "suspended_form": suspended_form,
    "suspend_form": suspend,
    "suspend_connection": suspend,
    "go_on": go_on,
    "known_account": known_account,
    "connect_account": connect_account,
    "disconnect_account": disconnect_account,
    "forget_failures": own_tries,
    "resume_phone_proof": resume_phone_proof,
    "keep_sign_in": note_account,
    "resume_sign_in": same_account,
}
