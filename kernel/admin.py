"""What waits, what failed and what was given up, for those who operate the shop."""

import structlog
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from kernel.events.inbox import replay
from kernel.models import InboxRow, OutboxRow
from kernel.read_only import ReadOnlyAdmin

log = structlog.get_logger(__name__)


@admin.register(OutboxRow)
class OutboxAdmin(ReadOnlyAdmin):
    """Events on their way; their bodies may hold secrets and are not shown."""

    list_display = ("type", "subject", "created_at", "leased_until")
    list_filter = ("type",)
    fields = ("event_id", "type", "subject", "version", "request_id", "created_at", "leased_until")


@admin.register(InboxRow)
class InboxAdmin(ReadOnlyAdmin):
    """What handlers did; dead events can be given to them once more."""

    list_display = ("consumer", "type", "status", "attempts", "not_before", "handled_at", "error")
    list_filter = ("status", "consumer")
    fields = ("consumer", "event_id", "type", "status", "attempts", "not_before", "handled_at", "error")
    actions = ("replay_dead",)

    @admin.action(description="Give dead events to their handlers again", permissions=["view"])
    def replay_dead(self, request: HttpRequest, queryset: QuerySet[InboxRow]) -> None:
        """Hand over at the worker's next turn."""
        rows = list(queryset.filter(status=InboxRow.Status.DEAD))
        for row in rows:
            replay(row_id=row.id, alias=queryset.db)
        log.info("dead_events_replayed", by=str(request.user.pk), rows=[row.id for row in rows])
        self.message_user(request, f"{len(rows)} events will be handled again.")
