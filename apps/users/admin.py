"""Accounts in Django's admin: to look at; rights change in the back office and the API, which know who may change whom."""

from typing import ClassVar

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group

from apps.users.models import Address, User
from kernel.read_only import ReadOnlyAdmin

admin.site.unregister(Group)
admin.site.unregister(EmailAddress)  # allauth's own would let staff move an account to another address


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


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    """Which addresses were proven."""

    list_display = ("email", "user", "primary", "verified")
    list_filter = ("primary", "verified")
    search_fields = ("email",)
    list_select_related = ("user",)
