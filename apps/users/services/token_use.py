"""A program comes with a personal access token: whose it is, and when it was last used.

The authentication classes of Django REST framework import this while its views are not there yet: it needs none of them.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import DatabaseError
from django.db.models import Q

from apps.users import rules
from apps.users.models import AccessToken
from kernel.transactions import unit_of_work

NOTED_EVERY = timedelta(minutes=1)
"""How exactly the last use is known: a busy token costs one write a minute."""

log = structlog.get_logger(__name__)


def find_token(text: str, *, now: datetime) -> AccessToken | None:
    """Return the usable token with this text, with its person and the second factor, by one statement.

    The look-up goes by digest: how long it takes tells nothing about a token that is nearly right.
    """
    if not rules.is_token(text):
        return None
    found = AccessToken.objects.filter(digest=rules.token_digest(text)).usable(now=now).with_guarded_user().first()
    if found is not None:
        vars(found.user)["second_factor"] = vars(found)["second_factor"]
    return found


def note_use(token: AccessToken, *, now: datetime) -> None:
    """Remember when a token was last used; a database that cannot write it down does not fail the request."""
    if token.last_used_at is not None and now - token.last_used_at < NOTED_EVERY:
        return
    try:
        _note_use(token_id=token.id, now=now)
    except DatabaseError as error:
        log.warning("token_use_not_noted", token_id=str(token.id), error=str(error)[:200])


@unit_of_work
def _note_use(*, token_id: UUID, now: datetime) -> None:
    is_due = Q(last_used_at=None) | Q(last_used_at__lte=now - NOTED_EVERY)
    AccessToken.objects.filter(is_due, id=token_id).update(last_used_at=now)
