"""Who calls the API: the header names a token or a person's session; without it, the cookie of the pages counts."""

import re
from typing import NoReturn

from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.users.models import User
from apps.users.rules import is_token
from apps.users.services.audit import record_event
from apps.users.services.token_use import find_token, note_use
from integrations.authentication.allauth_internals import person_of_session
from integrations.authentication.credentials import challenge, credential
from integrations.authentication.provider import oauth_principal
from integrations.authentication.signing import own_key
from integrations.authentication.tokens import person_of
from integrations.authentication.verification import (
    FIRST_PARTY,
    OAUTH,
    BadTokenError,
    Claims,
    OldTokenError,
    grant_of,
    verified,
)
from kernel import clock
from kernel.http.principals import PAGES, Grant, Principal

SESSION_TOKEN = re.compile(r"\A[a-z0-9]{32}\Z")
Found = tuple[User | Principal, Grant]


class BearerAuthentication(authentication.BaseAuthentication):
    """Every kind of token that comes as ``Authorization: Bearer``; what is there and wrong is refused, never passed on."""

    def authenticate(self, request: Request) -> Found | None:
        raw = credential(request, "bearer")
        if raw is None:
            return None
        try:
            return (by_access_token(raw) if is_token(raw) else _by_signature(raw)) or _refuse()
        except AuthenticationFailed as refusal:
            count_refusal(str(refusal.get_codes()))
            raise

    def authenticate_header(self, request: Request) -> str:
        return challenge(request)


class SessionTokenAuthentication(authentication.BaseAuthentication):
    """``X-Session-Token`` as the sign-in API under ``/_allauth/app/v1/`` gives it."""

    def authenticate(self, request: Request) -> Found | None:
        token = request.headers.get("X-Session-Token")
        if token is None:
            return None
        found = person_of_session(token) if SESSION_TOKEN.match(token) else None
        if found is None:
            count_refusal("session")
            raise AuthenticationFailed("The session token is unknown, or its session has ended.")
        return found[0], PAGES

    def authenticate_header(self, request: Request) -> str:
        return challenge(request)


class SessionAuthentication(authentication.SessionAuthentication):
    """The cookie of the pages; writes need the CSRF token."""

    def authenticate_header(self, request: Request) -> str:
        return challenge(request)


def count_refusal(what: str) -> None:
    """Tell the audit log of a credential that opened nothing; what it was stays unsaid."""
    record_event(action="token_refused", subject=("token", what), now=clock.now())


def by_access_token(raw: str, *, email: str | None = None, kind: str = "token") -> Found | None:
    """Return the person of a personal access token, who must be the one that is named, where one is."""
    now = clock.now()
    token = find_token(raw, now=now)
    if token is None or (email is not None and token.user.email != email):
        return None
    note_use(token, now=now)
    return token.user, Grant(kind=kind, scopes=token.scope_set, client=token.name)


def _by_signature(raw: str) -> Found | None:
    try:
        claims = verified(raw, find_key=own_key)
    except OldTokenError:
        raise AuthenticationFailed("The token has run out.", "token_expired") from None
    except BadTokenError:
        _refuse()
    if claims["gty"] == FIRST_PARTY:
        person = person_of(claims)
        return (person, grant_of(claims, kind="jwt")) if person else None
    return _by_program(raw, claims) if claims["gty"] == OAUTH else None


def _by_program(raw: str, claims: Claims) -> Found | None:
    """Return whom a connected program acts for, or the program itself; what was revoked has no row any more."""
    found = oauth_principal(raw)
    return found if found and (found[0].pk is None or str(found[0].pk) == claims.get("sub")) else None


def _refuse() -> NoReturn:
    raise AuthenticationFailed("The token is not ours, or was taken back.", "invalid_token")
