"""The sign-in pipeline as a Django app, and Django's admin behind it."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class AuthenticationConfig(AppConfig):
    """What django-allauth wants of us."""

    name = "integrations.authentication"
    label = "authentication"
    default = True

    def ready(self) -> None:
        import_module("integrations.authentication.schema")
        import_module("integrations.authentication.provider_grants").install()
        import_module("integrations.authentication.signals").connect()
        import_module("integrations.authentication.second_factor_flows").install()
        import_module(
            "integrations.authentication.adapter"
        )  # allauth imports it late, and docs/errors.md lists its codes


class GuardedAdminConfig(AdminConfig):
    """Django's admin, entered by the same door as every other page."""

    default = False
    default_site = "integrations.authentication.admin_site.GuardedAdminSite"
