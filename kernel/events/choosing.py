"""Which events somebody means: one, some, or a range; in the back office, the API and on the command line alike."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from kernel.models import ArchiveRow, InboxRow, OutboxRow
from kernel.topology import SERVICES, database_of, local_databases

Status = InboxRow.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is left out narrows nothing."""

    statuses: Collection[str] = (Status.DEAD,)
    pairs: Collection[tuple[str, UUID]] = ()
    """Handlers with their events, as somebody ticked them in a list."""
    event_ids: Collection[UUID] = ()
    service: str = ""
    """Whose events, or whose handlers."""
    consumer: str = ""
    type: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def handled(self, alias: str) -> QuerySet[InboxRow]:
        """Return what handlers did, of this choice; the span is that in which each first had its event."""
        found = InboxRow.objects.using(alias).filter(status__in=list(self.statuses))
        if self.pairs:
            ticked = (Q(consumer=consumer, event_id=event_id) for consumer, event_id in self.pairs)
            found = found.filter(reduce(or_, ticked))
        if self.consumer:
            found = found.filter(consumer=self.consumer)
        if self.service:
            found = found.filter(consumer__startswith=f"{self.service}.")
        return self._narrowed(found, "handled_at")

    def waiting(self, alias: str) -> QuerySet[OutboxRow]:
        """Return what is on its way, of this choice."""
        return self._told(OutboxRow.objects.using(alias))

    def kept(self, alias: str) -> QuerySet[ArchiveRow]:
        """Return the copies of this choice; the span is that in which the events happened."""
        return self._told(ArchiveRow.objects.using(alias))

    @property
    def databases(self) -> tuple[str, ...]:
        """Return where to look: in every database of this process, or in that of the one service."""
        if self.service not in SERVICES:
            return local_databases()
        return tuple(alias for alias in local_databases() if alias == database_of(self.service))

    def _told(self, found: QuerySet[Any]) -> QuerySet[Any]:
        if self.service:
            found = found.filter(type__startswith=f"{self.service}.")
        return self._narrowed(found, "created_at")

    def _narrowed(self, found: QuerySet[Any], moment: str) -> QuerySet[Any]:
        if self.event_ids:
            found = found.filter(event_id__in=list(self.event_ids))
        if self.type:
            found = found.filter(type=self.type)
        if self.since:
            found = found.filter(**{f"{moment}__gte": self.since})
        return found.filter(**{f"{moment}__lt": self.until}) if self.until else found

    def in_words(self) -> dict[str, Any]:
        """Return what the audit log keeps of it."""
        ids = [*self.event_ids, *(event_id for _, event_id in self.pairs)]
        told = {
            "events": [str(one) for one in ids[:8]],
            "service": self.service,
            "handler": self.consumer,
            "type": self.type,
            "since": self.since,
            "until": self.until,
        }
        return {name: value for name, value in told.items() if value}

    @property
    def subject(self) -> str:
        """The one event that is meant; empty when it may be several."""
        ids = {*self.event_ids, *(event_id for _, event_id in self.pairs)}
        return str(ids.pop()) if len(ids) == 1 else ""


def rows_to_show(choice: Choice, rows_of: Callable[[str], QuerySet[Any]]) -> QuerySet[Any]:
    """Return the rows of one database, for a list: the first one that has any; ``service`` leads to the others."""
    databases = choice.databases or local_databases()[:1]
    found = [rows_of(alias) for alias in databases]
    if len(found) == 1:
        return found[0]
    return next((rows for rows in found if rows.exists()), found[0])
