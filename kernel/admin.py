"""What waits, what failed and what was given up, for those who operate the shop."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from kernel import clock
from kernel.events.choosing import Choice
from kernel.events.repair import replay
from kernel.http.principals import actor_of
from kernel.models import InboxRow, OutboxRow
from kernel.read_only import ReadOnlyAdmin


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
        pairs = tuple(queryset.filter(status=InboxRow.Status.DEAD).values_list("consumer", "event_id"))
        count = 0
        if pairs:
            count = replay(Choice(pairs=pairs), actor=actor_of(request), now=clock.now()).given_back
        self.message_user(request, f"{count} events will be handled again.")
