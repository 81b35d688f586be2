"""Forgetting whom a message went to and what it said; that there was one, and when, stays."""

from uuid import UUID

from django.db.models import QuerySet

from apps.notifications.models import Message
from contracts.users import AccountMailRequested
from kernel.events.inbox import forget_mentions, forget_waiting
from kernel.spelling import Spelled
from kernel.transactions import unit_of_work

BATCH = 500


@unit_of_work
def strip_messages_to(*, emails: list[str], unproven: list[str]) -> None:
    """Strip what went to these addresses, and what still waits to be written to them. Idempotent.

    :param unproven: addresses that may be somebody else's: there only mails of the sign-in pipeline are stripped.
    """
    _strip(Message.objects.filter(Spelled("to", emails)))
    _strip(Message.objects.filter(Spelled("to", unproven), is_secret=True))
    forget_mentions(service="notifications", words=emails)
    forget_waiting(service="notifications", words=unproven, kind=AccountMailRequested.type)


@unit_of_work
def strip_messages_about(*, things: list[UUID]) -> None:
    """Strip every message about these people or orders, those to the shop, too. Idempotent."""
    for start in range(0, len(things), BATCH):
        _strip(Message.objects.filter(about__in=things[start : start + BATCH]))


def _strip(messages: QuerySet[Message]) -> None:
    """Blank what went out; what did not goes to nobody any more."""
    messages.exclude(status=Message.Status.SENT).delete()
    messages.update(**dict.fromkeys(("to", "subject", "text", "html", "error"), ""))
