"""How Django knows the users service."""

from importlib import import_module

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """The users service."""

    name = "apps.users"
    label = "users"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what this service handles, and what has to hold in it."""
        import_module("apps.users.handlers")
        import_module("apps.users.selectors")
