"""Who calls the API: a browser's session with CSRF protection, or an app's session token."""

import re

from allauth.headless.internal.sessionkit import authenticate_by_x_session_token
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends.base import SessionBase
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

SESSION_TOKEN = re.compile(r"\A[a-z0-9]{32}\Z")
CHALLENGE = 'Session realm="api"'


class SessionTokenAuthentication(authentication.BaseAuthentication):
    """``X-Session-Token`` as the sign-in API under ``/_allauth/app/v1/`` gives it."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, SessionBase] | None:
        token = request.headers.get("X-Session-Token")
        if token is None:
            return None
        found = authenticate_by_x_session_token(token) if SESSION_TOKEN.match(token) else None
        if found is None:
            raise AuthenticationFailed("The session token is unknown, or its session has ended.")
        user, session = found
        return user, session

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class SessionAuthentication(authentication.SessionAuthentication):
    """The cookie of the pages; writes need the CSRF token."""

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE
