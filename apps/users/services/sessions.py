"""Where somebody is signed in: ended one by one, and swept away when they ran out."""

from collections.abc import Collection, Mapping
from importlib import import_module
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from apps.users.services.audit import record_event
from kernel import clock
from kernel.actors import Actor
from kernel.errors import NotFoundError
from kernel.periodic import every
from kernel.transactions import unit_of_work

BATCH = 1000


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


@unit_of_work
def forget_sessions_of(*, user_id: UUID, emails: Collection[str]) -> None:
    """Drop every session of a person; one in which nobody is signed in yet names whom it was begun for."""
    words = {str(user_id), *(email.lower() for email in emails)}
    rows = Session.objects.iterator(chunk_size=BATCH)
    keys = [row.session_key for row in rows if _is_of(row.get_decoded(), user_id=user_id, words=words)]
    for start in range(0, len(keys), BATCH):
        Session.objects.filter(session_key__in=keys[start : start + BATCH]).delete()


def _is_of(held: Mapping[str, Any], *, user_id: UUID, words: Collection[str]) -> bool:
    signed_in = held.get(SESSION_KEY)
    return signed_in == str(user_id) if signed_in else _names(held, words)


def _names(value: object, words: Collection[str]) -> bool:
    """Tell whether one of the words is a text in there."""
    if isinstance(value, dict):
        return any(_names(part, words) for part in value.values())
    if isinstance(value, list):
        return any(_names(part, words) for part in value)
    return isinstance(value, str) and value.lower() in words


@every(hours=24)
def forget_expired_sessions() -> None:
    """Delete the sessions that ran out, and from where they were used, once a day."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
