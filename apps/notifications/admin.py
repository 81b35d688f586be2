"""Messages in Django's admin: to look at only."""

from typing import ClassVar

from django.contrib import admin

from apps.notifications.models import Message
from kernel.read_only import ReadOnlyAdmin


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Bodies are left to the back office, which hides secrets."""

    list_display = ("created_at", "kind", "to", "subject", "status", "attempts")
    list_filter = ("status", "kind")
    search_fields = ("to", "subject")
    exclude: ClassVar[tuple[str, ...]] = ("text", "html")
