"""Passkeys: one origin, each challenge once, and garbage is no fault of ours."""

import struct
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError

from apps.users.models import User
from apps.users.services.second_factor import use_code
from integrations.authentication.allauth_internals import webauthn
from integrations.authentication.second_factor import is_our_origin, mark_of
from integrations.authentication.signals import record_copied_key, record_wrong_key
from kernel import clock
from kernel.topology import database_of
from kernel.transactions import in_transaction

P = ParamSpec("P")
R = TypeVar("R")
Function = Callable[..., Any]
UNREADABLE = (AttributeError, LookupError, OverflowError, RuntimeError, TypeError, ValueError, struct.error)
"""What the parsers of passkeys raise at garbage, also at what is nested too deeply; django-allauth knows two of these."""
ASKED = "asked"
"""Where the challenge keeps who was asked; nobody in particular where a passkey is to sign in by itself."""
ANYBODY = ""
COUNTER = "counter"
"""Where a passkey's row keeps how many signatures the key had made when it was last used."""


def passkey_server(_original: Function) -> Function:
    def server() -> Any:
        party = webauthn.PublicKeyCredentialRpEntity(**get_adapter().get_public_key_credential_rp_entity())
        return webauthn.Fido2Server(party, verify_origin=is_our_origin)

    return server


def readable(original: Callable[P, R]) -> Callable[P, R]:
    """Call garbage an incorrect code."""

    @wraps(original)
    def read(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return original(*args, **kwargs)
        except ValidationError:
            raise
        except UNREADABLE as error:
            raise get_adapter().validation_error("incorrect_code") from error

    return read


def new_passkey(original: Function) -> Function:
    """Let nothing pass for a new key but what is checked as one: django-allauth checks only what counts as true."""

    @wraps(original)
    def clean(form: Any) -> dict[str, Any]:
        if "credential" in form.cleaned_data and not form.cleaned_data["credential"]:
            raise get_adapter().validation_error("incorrect_code")
        cleaned: dict[str, Any] = original(form)
        return cleaned

    return clean


def check_new_passkey(original: Function) -> Function:
    """Take a new key once, also of answers that come at the same moment: each would be one more to remove."""

    @wraps(original)
    def complete(credential: dict[str, Any]) -> Any:
        challenge = _challenge()
        binding = readable(original)(credential)
        # an unknown kind of key would count as a factor, and open nothing
        if binding.credential_data.public_key.ALGORITHM is None:
            raise get_adapter().validation_error("incorrect_code")
        _spend(challenge, user=cast("User", context.request.user))
        return binding

    return complete


def ask_for_passkey(original: Function) -> Function:
    """Note with the challenge who is asked: of one who gave a password, the key need not verify that it is he."""

    @wraps(original)
    def begin(user: User | None = None) -> dict[str, Any]:
        options: dict[str, Any] = original(user)
        webauthn.set_state({**(webauthn.get_state() or {}), ASKED: ANYBODY if user is None else str(user.pk)})
        return options

    return begin


def check_passkey(original: Function) -> Function:
    """Take an answer to a challenge once, also of two that come at the same moment, and of nobody else.

    Whoever found a key would else sign in by it without its PIN: by the challenge of a second factor of his own.
    """

    @wraps(original)
    def complete(user: User, response: dict[str, Any]) -> Authenticator:
        challenge = _challenge()
        asked = (webauthn.get_state() or {}).get(ASKED)
        if asked not in {ANYBODY, str(user.pk)}:
            raise get_adapter().validation_error("incorrect_code")
        try:
            authenticator: Authenticator = readable(original)(user, response)
        except ValidationError:
            if asked != ANYBODY:  # who answers gave the password; else the answer itself says whose key it is
                record_wrong_key(user)
            raise
        _spend(challenge, user=user)
        _check_counter(authenticator, webauthn.parse_authentication_response(response))
        return authenticator

    return complete


def _check_counter(authenticator: Authenticator, given: Any) -> None:
    """Refuse a key that counts its signatures and did not count on: it is a copy, or there is one.

    Keys that are shared between devices count nothing and say zero.
    """
    counter = int(given.response.authenticator_data.counter)

    def note() -> bool:
        row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
        last = int(row.data.get(COUNTER, row.wrap().authenticator_data.counter))
        if counter <= last and (counter or last):
            return False
        authenticator.data = row.data | {COUNTER: counter}
        if counter != last:
            authenticator.save(update_fields=["data"])
        return True

    try:
        is_next = in_transaction(database_of("users"), note)
    except Authenticator.DoesNotExist:  # it was removed at the same moment
        is_next = False
    if not is_next:
        record_copied_key(authenticator)
        raise get_adapter().validation_error("incorrect_code")


def _challenge() -> str:
    return str((webauthn.get_state() or {}).get("challenge", ""))


def _spend(challenge: str, *, user: User) -> None:
    if not use_code(user_id=user.pk, steps=[mark_of(challenge)], now=clock.now()):
        raise get_adapter().validation_error("incorrect_code")


def count_passkey(_original: Function) -> Function:
    """Count no answers of passkeys as guesses: who knows the password would else close them to the owner."""

    def count(_user: User, error_key: str | None = None) -> Callable[[], None]:  # noqa: ARG001 - allauth's signature
        return lambda: None

    return count
