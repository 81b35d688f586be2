"""Shapes of accounts and addresses in the API."""

from typing import Any

from rest_framework import serializers

from apps.users.models import Address, User
from apps.users.rules import GIVEN_ROLES
from kernel.addresses import Address as PostalAddress
from kernel.http.validation import AddressSerializer, StrictModelSerializer, StrictSerializer

ROLES = [(role.value, role.value.replace("_", " ")) for role in GIVEN_ROLES]


class UserSerializer(StrictModelSerializer):
    """An account as staff sees it."""

    role = serializers.ChoiceField(choices=ROLES, source="granted_role", read_only=True)
    is_verified = serializers.SerializerMethodField(help_text="Whether the e-mail address was ever proven.")

    class Meta:
        model = User
        fields = ("id", "email", "name", "role", "is_active", "is_verified", "date_joined", "last_login")
        read_only_fields = fields

    def get_is_verified(self, user: User) -> bool:
        return user.verified_at is not None


class OwnAccountSerializer(UserSerializer):
    """An account as its owner sees it; ``role`` is what the account may do now."""

    role = serializers.ChoiceField(choices=ROLES, read_only=True)


class NewUserSerializer(StrictSerializer):
    """What staff says to make an account."""

    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=150, required=False, allow_blank=True, default="")
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

    name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    role = serializers.ChoiceField(choices=ROLES, required=False, help_text="Only a super user changes roles.")
    is_active = serializers.BooleanField(required=False)


class OwnAccountChangeSerializer(StrictSerializer):
    """What people may change of their own account; the e-mail address has its own pipeline."""

    name = serializers.CharField(max_length=150, required=False, allow_blank=True)


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
