"""Where somebody is signed in: ended one by one, and swept away when they ran out."""

from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session

from apps.users.services.audit import record_event
from kernel import clock
from kernel.actors import Actor
from kernel.errors import NotFoundError
from kernel.periodic import every
from kernel.transactions import unit_of_work


@unit_of_work
def end_session(*, session_id: int, actor: Actor) -> None:
    """End one of the actor's own sessions, and the tokens that belong to it.

    :raises NotFoundError: it has ended, or is another's.
    """
    row = UserSession.objects.filter(id=session_id, user_id=actor.id).first() if actor.id else None
    if row is None:
        raise NotFoundError("There is no such session.")
    row.end()
    record_session_ended(row)


def record_session_ended(row: UserSession) -> None:
    """Write down that a person ended one of his sessions, and where it was used."""
    record_event(
        action="session_revoked",
        user_id=row.user_id,
        label=row.user.email,
        subject=("session", row.pk or ""),
        before={"user_agent": row.user_agent[:200], "address": row.ip},
        now=clock.now(),
    )


@every(hours=24)
def forget_expired_sessions() -> None:
    """Delete the sessions that ran out, and from where they were used, once a day."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
