"""Shapes of accounts and addresses in the API."""

from typing import Any

import orjson
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.users import rules
from apps.users.models import AccessToken, Address, AuditEntry, PermissionGroup, User
from apps.users.rules import GIVEN_ROLES, MOST_TOKEN_DAYS, TOKEN_DAYS
from contracts.rights import MEANINGS, SCOPES, Right
from kernel.addresses import Address as PostalAddress
from kernel.http.validation import AddressSerializer, LineField, StrictModelSerializer, StrictSerializer

ROLES = [(role.value, role.value.replace("_", " ")) for role in GIVEN_ROLES]
RIGHTS = [(right.value, meaning) for right, meaning in MEANINGS.items()]


class GroupNameSerializer(StrictModelSerializer):
    """A permission group by name."""

    class Meta:
        model = PermissionGroup
        fields = ("id", "name")
        read_only_fields = fields


class UserSerializer(StrictModelSerializer):
    """An account as staff sees it."""

    role = serializers.ChoiceField(choices=ROLES, source="granted_role", read_only=True)
    is_verified = serializers.SerializerMethodField(help_text="Whether the e-mail address was ever proven.")
    groups = serializers.SerializerMethodField(help_text="The permission groups the person is in.")
    rights = serializers.SerializerMethodField(help_text="What the groups give together.")

    class Meta:
        model = User
        fields: tuple[str, ...] = (
            *("id", "email", "name", "role", "groups", "rights"),
            *("is_active", "is_verified", "date_joined", "last_login"),
        )
        read_only_fields = fields

    def get_is_verified(self, user: User) -> bool:
        return user.verified_at is not None

    @extend_schema_field(GroupNameSerializer(many=True))
    def get_groups(self, user: User) -> Any:
        groups = sorted(user.permission_groups.all(), key=lambda group: (group.name, group.id))
        return GroupNameSerializer(groups, many=True).data

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=RIGHTS)))
    def get_rights(self, user: User) -> list[str]:
        return sorted(rules.rights_in(user.granted_rights))


class OwnAccountSerializer(UserSerializer):
    """An account as its owner sees it; ``role`` and ``rights`` are what the account may do now."""

    role = serializers.ChoiceField(choices=ROLES, read_only=True)
    groups: Any = None
    rights = serializers.SerializerMethodField(help_text="The parts of the back office that you work with now.")

    class Meta(UserSerializer.Meta):
        fields = tuple(name for name in UserSerializer.Meta.fields if name != "groups")
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=RIGHTS)))
    def get_rights(self, user: User) -> list[str]:
        held = frozenset(Right) if user.role in rules.STAFF_ROLES else user.rights
        return sorted(held)


class GroupSerializer(StrictModelSerializer):
    """A permission group."""

    rights = serializers.SerializerMethodField(help_text="What its members work with in the back office.")
    member_count = serializers.IntegerField(read_only=True, help_text="How many are in it.")

    class Meta:
        model = PermissionGroup
        fields = ("id", "name", "rights", "member_count", "created_at", "updated_at")
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=RIGHTS)))
    def get_rights(self, group: PermissionGroup) -> list[str]:
        return sorted(rules.rights_in(group.rights))


class MemberSerializer(StrictModelSerializer):
    """Somebody in a permission group."""

    class Meta:
        model = User
        fields = ("id", "email", "name", "is_active")
        read_only_fields = fields


class GroupInputSerializer(StrictSerializer):
    """A permission group as staff composes it."""

    name = LineField(max_length=80)
    rights = serializers.ListField(
        child=serializers.ChoiceField(choices=RIGHTS),
        max_length=len(RIGHTS),
        help_text="Only rights that you hold yourself.",
    )

    def validate_rights(self, rights: list[str]) -> list[Right]:
        return [Right(right) for right in rights]


class NewUserSerializer(StrictSerializer):
    """What staff says to make an account."""

    email = serializers.EmailField(max_length=254)
    name = LineField(max_length=150, required=False, allow_blank=True, default="")
    role = serializers.ChoiceField(choices=ROLES, required=False, default=GIVEN_ROLES[0].value)
    password = serializers.CharField(
        max_length=128,
        required=False,
        write_only=True,
        trim_whitespace=False,
        help_text="Without one, the person chooses it by the password reset.",
    )


class UserChangeSerializer(StrictSerializer):
    """What staff may change of an account."""

    name = LineField(max_length=150, required=False, allow_blank=True)
    role = serializers.ChoiceField(choices=ROLES, required=False, help_text="Only a super user changes roles.")
    is_active = serializers.BooleanField(required=False)


class OwnAccountChangeSerializer(StrictSerializer):
    """What people may change of their own account; the e-mail address has its own pipeline."""

    name = LineField(max_length=150, required=False, allow_blank=True)


class SavedAddressSerializer(StrictModelSerializer):
    """A saved address as it is shown."""

    is_default = serializers.BooleanField(read_only=True)

    class Meta:
        model = Address
        fields = (
            "id", "name", "line1", "line2", "postcode", "city", "region", "country", "phone", "is_default", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class AddressInputSerializer(AddressSerializer):
    """A postal address, and whether it is the default."""

    is_default = serializers.BooleanField(required=False, help_text="Use this address unless another one is said.")

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the members: ``address`` is an ``Address``."""
        values = dict(super(AddressSerializer, self).run_validation(data))
        is_default = values.pop("is_default", None)
        if self.partial:
            return {"changes": values, "is_default": is_default}
        return {"address": PostalAddress(**values), "is_default": is_default}


class TokenSerializer(StrictModelSerializer):
    """A personal access token, but for its text, which nobody can show again."""

    hint = serializers.CharField(read_only=True, help_text="The first characters after `saluhall_pat_`.")
    scopes = serializers.SerializerMethodField(help_text="What the token may do, as long as its person may.")

    class Meta:
        model = AccessToken
        fields: tuple[str, ...] = ("id", "name", "hint", "scopes", "created_at", "expires_at", "last_used_at")
        read_only_fields = fields

    def get_scopes(self, token: AccessToken) -> list[str]:
        return sorted(token.scope_set)


class TokenOnceSerializer(TokenSerializer):
    """A new token with its text."""

    token = serializers.SerializerMethodField(help_text="Keep it now: it is not shown again.")

    class Meta(TokenSerializer.Meta):
        fields = (*TokenSerializer.Meta.fields, "token")
        read_only_fields = fields

    def get_token(self, token: AccessToken) -> str:  # noqa: ARG002 - DRF's signature
        return str(self.context["text"])


class NewTokenSerializer(StrictSerializer):
    """What a new token is for."""

    name = LineField(max_length=80, help_text="Which program uses it.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=list(SCOPES.items())),
        allow_empty=False,
        max_length=len(SCOPES),
        help_text="What it may do, such as `orders:read`; no more than you may do yourself.",
    )
    expires_in_days = serializers.IntegerField(
        min_value=1, max_value=MOST_TOKEN_DAYS, required=False, default=TOKEN_DAYS
    )


PROGRAM_SCOPES = [(scope, scope) for scope in (*rules.IDENTITY_SCOPES, *SCOPES)]


class ProgramInputSerializer(StrictSerializer):
    """What an admin says about a program that uses the shop's OAuth server."""

    name = LineField(max_length=100, help_text="What people know it by; the page that asks them shows it.")
    is_confidential = serializers.BooleanField(
        required=False,
        default=True,
        help_text="Whether it runs where it can keep a secret, such as on a server. It cannot be changed later.",
    )
    acts_for_people = serializers.BooleanField(
        required=False, default=True, help_text="Whether people sign in to it (authorization_code)."
    )
    acts_for_itself = serializers.BooleanField(
        required=False, default=False, help_text="Whether it signs in without a person (client_credentials)."
    )
    keeps_access = serializers.BooleanField(
        required=False, default=True, help_text="Whether people stay signed in to it (refresh_token)."
    )
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=PROGRAM_SCOPES),
        max_length=len(PROGRAM_SCOPES),
        required=False,
        default=list,
        help_text="The most that it may ask for.",
    )
    redirect_uris = serializers.ListField(
        child=serializers.CharField(max_length=rules.LONGEST_REDIRECT),
        max_length=rules.MOST_REDIRECTS,
        required=False,
        default=list,
        help_text="Where people come back to after they allowed it; compared letter by letter. "
        "What was given at one that is taken away ends.",
    )
    logout_uris = serializers.ListField(
        child=serializers.CharField(max_length=rules.LONGEST_REDIRECT),
        max_length=rules.MOST_REDIRECTS,
        required=False,
        default=list,
        help_text="Where people may be sent after signing out.",
    )
    is_resource_server = serializers.BooleanField(
        required=False, default=False, help_text="Whether it may introspect tokens of other programs."
    )


class ProgramSerializer(ProgramInputSerializer):
    """A connected program, but for its secret."""

    id = serializers.CharField(help_text="The client_id.")
    created_at = serializers.DateTimeField()


class ProgramOnceSerializer(ProgramSerializer):
    """A connected program with its secret, which no other answer shows."""

    secret = serializers.CharField(help_text="The client_secret; empty for a program that can keep none.")


class AuditEntrySerializer(StrictModelSerializer):
    """An entry of the audit log."""

    before = serializers.SerializerMethodField(help_text="The fields that changed, as they were.")
    after = serializers.SerializerMethodField(help_text="The fields that changed, as they are now.")
    is_sealed = serializers.SerializerMethodField(help_text="Whether the entry is part of the chain.")

    class Meta:
        model = AuditEntry
        fields = (
            "id",
            "sequence",
            "at",
            "action",
            "count",
            "actor_id",
            "actor_label",
            "actor_role",
            "client",
            "address",
            "user_agent",
            "request_id",
            "subject_kind",
            "subject_id",
            "before",
            "after",
            "is_sealed",
            "digest",
            "chain",
            "erased_at",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.DictField())
    def get_before(self, entry: AuditEntry) -> dict[str, Any]:
        return dict(orjson.loads(entry.before or "{}"))

    @extend_schema_field(serializers.DictField())
    def get_after(self, entry: AuditEntry) -> dict[str, Any]:
        return dict(orjson.loads(entry.after or "{}"))

    def get_is_sealed(self, entry: AuditEntry) -> bool:
        return entry.sequence is not None


class AuditQuerySerializer(StrictSerializer):
    """What the audit log is narrowed by."""

    action = serializers.CharField(max_length=80, required=False, help_text="Such as `signed_in`.")
    actor = serializers.CharField(max_length=254, required=False, help_text="Id or e-mail address of who acted.")
    subject_kind = serializers.CharField(max_length=40, required=False, help_text="Such as `order`.")
    subject_id = serializers.CharField(max_length=64, required=False, help_text="Id of what it was done to.")
    address = serializers.CharField(max_length=45, required=False, help_text="The network address it came from.")
    since = serializers.DateTimeField(required=False, help_text="From this moment on.")
    until = serializers.DateTimeField(required=False, help_text="Before this moment.")
    search = serializers.CharField(max_length=200, required=False, help_text="Any text of the entry.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return what the selector takes."""
        renamed = {
            "actor_text": attrs.pop("actor", ""),
            "about": (attrs.pop("subject_kind", ""), attrs.pop("subject_id", "")),
        }
        return attrs | renamed
