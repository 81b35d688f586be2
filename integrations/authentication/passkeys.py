"""Passkeys: one origin, each challenge once, and garbage is no fault of ours."""

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
from kernel import clock

P = ParamSpec("P")
R = TypeVar("R")
Function = Callable[..., Any]
UNREADABLE = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)
"""What the parsers of passkeys raise at garbage; django-allauth knows two of these."""


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


def check_new_passkey(original: Function) -> Function:
    """Take a new key once, also of answers that come at the same moment: each would be one more to remove."""

    @wraps(original)
    def complete(credential: dict[str, Any]) -> Any:
        challenge = _challenge()
        binding = readable(original)(credential)
        _spend(challenge, user=cast("User", context.request.user))
        return binding

    return complete


def check_passkey(original: Function) -> Function:
    """Take an answer to a challenge once, also of two that come at the same moment."""

    @wraps(original)
    def complete(user: User, response: dict[str, Any]) -> Authenticator:
        challenge = _challenge()
        authenticator: Authenticator = readable(original)(user, response)
        _spend(challenge, user=user)
        return authenticator

    return complete


def _challenge() -> str:
    return str((webauthn.get_state() or {}).get("challenge", ""))


def _spend(challenge: str, *, user: User) -> None:
    if not use_code(user_id=user.pk, steps=[mark_of(challenge)], now=clock.now()):
        raise get_adapter().validation_error("incorrect_code")
