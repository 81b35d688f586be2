"""What django-allauth asks us about the list of sessions."""

from collections.abc import Iterable

from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession

from apps.users.services.sessions import record_session_ended


class SessionsAdapter(DefaultUserSessionsAdapter):
    """Writes down which sessions a person ended by the sign-in API."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        for session in sessions:
            record_session_ended(session)
            session.end()
