"""Accounts in Django's admin: to look at; rights change in the back office and the API, which know who may change whom."""

from typing import TYPE_CHECKING, ClassVar

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest

from apps.users.models import Address, User

admin.site.unregister(Group)

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Model]
else:
    ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Shows and changes nothing."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002 - as above
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002 - as above
        return False


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Accounts without their password hashes."""

    list_display = ("email", "name", "is_active", "is_staff", "is_superuser", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("-date_joined", "-id")
    exclude: ClassVar[tuple[str, ...]] = ("password", "session_generation")


@admin.register(Address)
class AddressAdmin(ReadOnlyAdmin):
    """Saved addresses."""

    list_display = ("user", "name", "line1", "postcode", "city", "country")
    search_fields = ("user__email", "name", "city")
    list_select_related = ("user",)
