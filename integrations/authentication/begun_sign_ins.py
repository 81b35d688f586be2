"""Sign-ins that wait for a second step: they end with everything that ends the sessions of the account."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.utils.crypto import constant_time_compare

Function = Callable[..., Any]
ACCOUNT = "account"
"""Where a sign-in keeps what its account was like when the first step succeeded."""


def note_account(original: Function) -> Function:
    """Keep by what the account's sessions are known: django-allauth keeps its number alone, and goes on for a quarter of an hour."""

    @wraps(original)
    def serialize(self: Any) -> Any:
        if self.user is not None:
            self.state.setdefault(ACCOUNT, self.user.get_session_auth_hash())
        return original(self)

    return serialize


def same_account(original: Function) -> Function:
    """Go on while nothing has ended the account's sessions since: the password may be another's who was just locked out.

    :raises ValueError: it has ended, which django-allauth takes for a sign-in that was never begun.
    """

    @wraps(original)
    def deserialize(data: dict[str, Any]) -> Any:
        login = original(data)
        if login.user is not None and not _is_as_it_was(login.user, str(login.state.get(ACCOUNT, ""))):
            raise ValueError
        return login

    return deserialize


def _is_as_it_was(user: Any, noted: str) -> bool:
    known = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return user.is_active and any(constant_time_compare(noted, one) for one in known)
