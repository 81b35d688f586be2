"""How Django knows the notifications service."""

from importlib import import_module

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The notifications service."""

    name = "apps.notifications"
    label = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what this service handles, and what has to hold in it."""
        import_module("apps.notifications.handlers")
        import_module("apps.notifications.selectors")
