"""Tokens of our own sign-in: JWTs with our claims, bound to a session."""

from typing import Any, cast

from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from apps.users.models import User
from apps.users.services.audit import record_event
from integrations.authentication import refresh
from integrations.authentication.allauth_internals import create_token, person_of_session, session_key_of
from integrations.authentication.claims import own_claims
from integrations.authentication.credentials import credential
from integrations.authentication.signing import own_key
from integrations.authentication.verification import EVERYTHING, FIRST_PARTY, BadTokenError, Claims, verified
from kernel import clock

REFUSED = "saluhall_token_refused"


def session_of(claims: Claims) -> str | None:
    """Return the key of the session that a token of our sign-in belongs to."""
    sid = claims.get("sid")
    return session_key_of(sid) if claims["gty"] == FIRST_PARTY and isinstance(sid, str) else None


def person_of(claims: Claims) -> User | None:
    """Return whom the token speaks of, if the session lives and is still that person's; two statements."""
    key = session_of(claims)
    found = person_of_session(key) if key else None
    if found is None or str(found[0].pk) != claims.get("sub"):
        return None
    return found[0]


class TokenStrategy(JWTTokenStrategy):
    """Access and refresh tokens of the sign-in API; nothing that the library signs or reads passes by our checks."""

    def get_session_token(self, request: HttpRequest) -> str | None:
        """Return the session of a request: named by its token, or by an access token."""
        if named := request.headers.get("X-Session-Token"):
            return named
        raw = credential(request, "bearer")
        key = session_by(raw) if raw else None
        if raw and key is None and not hasattr(request, REFUSED):  # a request is asked more than once
            setattr(request, REFUSED, True)
            _count_refusal("invalid_token")
        return key

    def lookup_session(self, session_token: str) -> Any:
        """Count what names no session."""
        session = super().lookup_session(session_token)
        if session is None:
            _count_refusal("session")
        return session

    def get_claims(self, user: AbstractBaseUser) -> dict[str, Any]:
        return own_claims(cast("User", user), kind=FIRST_PARTY, scope=EVERYTHING)

    def create_access_token(self, request: HttpRequest) -> str:
        return self._access(cast("User", request.user), self.create_session_token(request))

    def create_access_token_payload(self, request: HttpRequest) -> dict[str, Any]:
        access = self.create_access_token(request)
        raw, jti = self._refresh(cast("User", request.user), str(request.session.session_key))
        refresh.begin(request, jti=jti)
        return {"access_token": access, "refresh_token": raw}

    def refresh_token(self, refresh_token: str) -> tuple[str, str] | None:
        """Return a new pair for a refresh token that was not used yet."""
        try:
            claims = verified(refresh_token, find_key=own_key, use="refresh")
        except BadTokenError:
            _count_refusal("refresh")
            return None
        user, key = person_of(claims), session_of(claims)
        if user is None or key is None:
            return None
        raw, jti = self._refresh(user, key)
        if not refresh.rotate(session_key=key, old=str(claims["jti"]), new=jti):
            return None
        return self._access(user, key), raw

    def _access(self, user: User, session_key: str) -> str:
        seconds = settings.HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN
        return create_token(
            "access", user=user, session_key=session_key, claims=self.get_claims(user), seconds=seconds
        )[0]

    def _refresh(self, user: User, session_key: str) -> tuple[str, str]:
        claims = {"iss": settings.PUBLIC_URL, "aud": settings.JWT_AUDIENCE, "gty": FIRST_PARTY}
        seconds = settings.HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN
        return create_token("refresh", user=user, session_key=session_key, claims=claims, seconds=seconds)


def _count_refusal(what: str) -> None:
    record_event(action="token_refused", subject=("token", what), now=clock.now())


def session_by(raw: str) -> str | None:
    """Return the key of the session that an access token belongs to."""
    try:
        return session_of(verified(raw, find_key=own_key))
    except BadTokenError:
        return None
