"""Refresh tokens: each works once, and whoever shows an old one ends the session, for it was copied."""

from datetime import timedelta
from typing import Any

import structlog
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from apps.users.services.audit import record_event
from kernel import clock
from kernel.topology import database_of
from kernel.transactions import in_transaction

STATE = "refresh"
"""Where the row of a session keeps the ``jti`` of the one refresh token that is good; requests never save this row."""

log = structlog.get_logger(__name__)


def begin(request: HttpRequest, *, jti: str) -> None:
    """Make this the session's refresh token."""
    request.session.save()  # the list of sessions forgets those that it does not find
    key = request.session.session_key
    if not UserSession.objects.filter(session_key=key).exists():
        UserSession.objects.create_from_request(request)

    def write() -> None:
        row = UserSession.objects.select_for_update().get(session_key=key)
        _keep(row, jti)

    in_transaction(database_of("users"), write)


def rotate(*, session_key: str, old: str, new: str) -> bool:
    """Let the new token take the old one's place; False when the old one was not the good one, which ends the session.

    Of two requests with one token, the row's lock lets one win; the other shows an old token by then.
    """

    def write() -> bool:
        row = UserSession.objects.select_for_update().filter(session_key=session_key).first()
        if row is None:
            return False
        if not constant_time_compare(_state(row), old):
            log.warning("refresh_token_replayed", user_id=str(row.user_id))
            row.end()
            record_event(action="refresh_token_reused", user_id=row.user_id, label=row.user.email, now=clock.now())
            return False
        _keep(row, new)
        until = clock.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
        return bool(Session.objects.filter(session_key=session_key).update(expire_date=until))

    return in_transaction(database_of("users"), write)


def _state(row: UserSession) -> str:
    data: Any = row.data
    return str(data.get(STATE, "")) if isinstance(data, dict) else ""


def _keep(row: UserSession, jti: str) -> None:
    row.data = {STATE: jti}
    row.save(update_fields=["data"])
