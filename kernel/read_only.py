"""Django's admin as a place to look at tables; changes go through pages, API and services."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class Untouchable:
    """Nobody adds, changes or deletes here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Answer no."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Answer no."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Answer no."""
        return False


class ReadOnlyAdmin(Untouchable, admin.ModelAdmin[Any]):
    """A table to look at; its rows are not counted."""

    show_full_result_count = False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:  # type: ignore[override]  # the stubs know a call without the request
        """Filter by what the page offers only: by any other column, staff could guess secrets letter by letter."""
        return lookup.partition("__")[0] in self.list_filter and super().lookup_allowed(lookup, value, request)


class ReadOnlyRows(Untouchable, admin.TabularInline[Any, Any]):
    """Rows below the row that they belong to."""

    extra = 0
