"""Messages in Django's admin: to look at only."""

from typing import TYPE_CHECKING, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from apps.notifications.models import Message

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Message]
else:
    ModelAdmin = admin.ModelAdmin


@admin.register(Message)
class MessageAdmin(ModelAdmin):
    """Bodies are left to the back office, which hides secrets."""

    list_display = ("created_at", "kind", "to", "subject", "status", "attempts")
    list_filter = ("status", "kind")
    search_fields = ("to", "subject")
    exclude: ClassVar[tuple[str, ...]] = ("text", "html")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:  # noqa: ARG002 - as above
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:  # noqa: ARG002 - as above
        return False
