"""Sign-in with every request: e-mail address and password, or a personal access token in the password's place."""

import base64
import binascii
import hashlib
from threading import Lock
from typing import NoReturn

from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.utils.crypto import salted_hmac
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from apps.users.models import User
from apps.users.rules import is_token
from apps.users.services.audit import record_event
from integrations.authentication.allauth_internals import count_failure, is_locked_out
from integrations.authentication.credentials import challenge, credential
from integrations.authentication.drf import Found, by_access_token, count_refusal
from integrations.authentication.signals import record_password_not_enough
from kernel import clock
from kernel.http.principals import Grant

REMEMBERED_SECONDS = 60
LOCKED_SECONDS = 60
LOCKED = "Too many failed sign-ins."
LONGEST = 4096
"""In characters: a password that takes long to hash is no password."""
BASIC = Grant(kind="basic")
_QUEUES = tuple(Lock() for _ in range(64))


class BasicAuthentication(authentication.BaseAuthentication):
    """For programs that know nothing else. People with a second factor, and staff, use a token as the password."""

    def authenticate(self, request: Request) -> Found | None:
        encoded = credential(request, "basic")
        if encoded is None:
            return None
        email, password = _decoded(encoded)
        if is_token(password):  # nobody guesses one, so that failures need no counting
            found = by_access_token(password, email=email, kind="basic")
            if found is None:
                count_refusal("invalid_credentials")
            return found or _refuse()
        if is_locked_out(request, email=email):
            record_event(action="locked_out", label=email, now=clock.now())
            raise Throttled(LOCKED_SECONDS, LOCKED)
        user = _owner(email)
        if not _is_right(request, user, email=email, password=password):
            record_event(action="sign_in_failed", label=email, now=clock.now())
            _refuse()
        assert user is not None
        _check_account(user)
        return user, BASIC

    def authenticate_header(self, request: Request) -> str:
        return challenge(request)


def _decoded(encoded: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(encoded[:LONGEST], validate=True).decode()
    except (binascii.Error, ValueError):
        _refuse()
    email, colon, password = text.partition(":")
    if not colon or not email or not password or "\x00" in text:
        _refuse()
    return email.strip().lower(), password


def _owner(email: str) -> User | None:
    """Return the account with this address, to the letter: each spelling that MariaDB takes for it has its own five guesses."""
    user = User.objects.get_queryset().with_second_factor().filter(email=email).first()
    return user if user is not None and user.email == email else None


def _is_right(request: Request, user: User | None, *, email: str, password: str) -> bool:
    """Compare with what was right lately, else hash: one at a time for an account, so that its own crowd is no attack."""
    key = _memory(user, password) if user is not None else ""
    if key and cache.get(key):
        return True
    with _QUEUES[hashlib.sha256(email.encode()).digest()[0] % len(_QUEUES)]:
        if key and cache.get(key):
            return True
        counted = count_failure(request, email=email)
        if counted is None:
            raise Throttled(LOCKED_SECONDS, LOCKED)
        if user is None:
            make_password(password)  # takes as long as for an account that exists
            return False
        if not user.check_password(password) or not user.is_active or user.verified_at is None:
            return False
        counted.rollback()
        cache.set(_memory(user, password), 1, REMEMBERED_SECONDS)
        return True


def _memory(user: User, password: str) -> str:
    """Return where it is remembered that this is right: another place once anything about the account is different."""
    parts = (
        *(user.pk, user.email, user.password, user.session_generation),
        *(user.is_active, user.verified_at, user.works_here, user.has_second_factor, password),
    )
    return "basic:" + salted_hmac(__name__, repr(parts), algorithm="sha256").hexdigest()


def _check_account(user: User) -> None:
    """Tell only those who know the password why it is not enough."""
    if user.has_second_factor or user.works_here:
        record_password_not_enough(user)
        raise AuthenticationFailed(
            "This account takes no password here: use a personal access token in its place.", "access_token_required"
        )


def _refuse() -> NoReturn:
    raise AuthenticationFailed("E-mail address or password is wrong.", "invalid_credentials")
