"""What waits, what failed and what was given up, for those who operate the shop."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from kernel.events.inbox import replay
from kernel.models import InboxRow, OutboxRow


class Readable(admin.ModelAdmin[Any]):
    """Nothing is changed by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Answer no."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Answer no."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Answer no."""
        return False


@admin.register(OutboxRow)
class OutboxAdmin(Readable):
    """Events on their way; their bodies may hold secrets and are not shown."""

    list_display = ("type", "subject", "created_at", "leased_until")
    list_filter = ("type",)
    fields = ("event_id", "type", "subject", "version", "request_id", "created_at", "leased_until")
    show_full_result_count = False


@admin.register(InboxRow)
class InboxAdmin(Readable):
    """What handlers did; dead events can be given to them once more."""

    list_display = ("consumer", "type", "status", "attempts", "not_before", "handled_at", "error")
    list_filter = ("status", "consumer")
    fields = ("consumer", "event_id", "type", "status", "attempts", "not_before", "handled_at", "error")
    show_full_result_count = False
    actions = ("replay_dead",)

    @admin.action(description="Give dead events to their handlers again", permissions=["view"])
    def replay_dead(self, request: HttpRequest, queryset: QuerySet[InboxRow]) -> None:
        """Hand over at the worker's next turn."""
        rows = list(queryset.filter(status=InboxRow.Status.DEAD))
        for row in rows:
            replay(row_id=row.id, alias=queryset.db)
        self.message_user(request, f"{len(rows)} events will be handled again.")
