"""Accounts in Django's admin: to look at; rights change in the back office and the API, which know who may change whom."""

from typing import ClassVar

from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Client, Token
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group

from apps.users.models import Address, AuditEntry, User
from kernel.read_only import ReadOnlyAdmin

admin.site.unregister(Group)
admin.site.unregister(SocialApp)  # the environment says which providers there are
admin.site.unregister(SocialToken)  # nothing but secrets
for taken_over in (EmailAddress, Client, Token, Authenticator, SocialAccount, UserSession):
    admin.site.unregister(
        taken_over
    )  # allauth's own would let staff move an account to another address, and show secrets


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


@admin.register(Client)
class ClientAdmin(ReadOnlyAdmin):
    """Connected programs without their secrets; they are changed at /office/apps/."""

    list_display = ("name", "id", "type", "created_at")
    search_fields = ("name", "id")
    fields = ("id", "name", "type", "grant_types", "scopes", "redirect_uris", "created_at")


@admin.register(Token)
class TokenAdmin(ReadOnlyAdmin):
    """Which programs hold tokens of whom."""

    list_display = ("type", "client", "user", "created_at", "expires_at")
    list_filter = ("type",)
    search_fields = ("user__email", "client__name")
    list_select_related = ("client", "user")
    fields = ("type", "client", "user", "scopes", "created_at", "expires_at")


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnlyAdmin):
    """Who has which second factor, without its seed."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    search_fields = ("user__email",)
    list_select_related = ("user",)
    fields = ("user", "type", "created_at", "last_used_at")


@admin.register(SocialAccount)
class SocialAccountAdmin(ReadOnlyAdmin):
    """Who signs in by another company."""

    list_display = ("user", "provider", "uid", "date_joined", "last_login")
    list_filter = ("provider",)
    search_fields = ("user__email", "uid")
    list_select_related = ("user",)
    fields = ("user", "provider", "uid", "date_joined", "last_login")


@admin.register(UserSession)
class UserSessionAdmin(ReadOnlyAdmin):
    """Who is signed in where, without the key of the session."""

    list_display = ("user", "ip", "user_agent", "created_at", "last_seen_at")
    search_fields = ("user__email", "ip")
    list_select_related = ("user",)
    fields = ("user", "ip", "user_agent", "created_at", "last_seen_at")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """The audit log, without the salts of its digests."""

    list_display = ("at", "action", "actor_label", "address", "subject_kind", "subject_id", "sequence")
    search_fields = ("actor_label", "address", "subject_id", "request_id")
    ordering = ("-at", "-id")
    exclude: ClassVar[tuple[str, ...]] = ("salt",)
