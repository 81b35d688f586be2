"""Accounts and addresses for tests."""

from datetime import timedelta

import factory

from apps.users import rules
from apps.users.models import AccessToken, Address, PermissionGroup, User
from kernel import clock


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User

    email = factory.Sequence(lambda number: f"person{number}@example.com")
    name = factory.Sequence(lambda number: f"Person {number}")


class AddressFactory(factory.django.DjangoModelFactory[Address]):
    class Meta:
        model = Address

    user = factory.SubFactory(UserFactory)
    name = "Sofia Shopper"
    line1 = "Storgatan 1"
    postcode = "111 22"
    city = "Stockholm"
    country = "SE"


class GroupFactory(factory.django.DjangoModelFactory[PermissionGroup]):
    class Meta:
        model = PermissionGroup

    name = factory.Sequence(lambda number: f"Group {number}")
    rights = ""


class AccessTokenFactory(factory.django.DjangoModelFactory[AccessToken]):
    class Meta:
        model = AccessToken

    class Params:
        text = factory.Sequence(lambda number: f"{rules.TOKEN_PREFIX}{number:043d}")

    user = factory.SubFactory(UserFactory)
    name = "Stock script"
    digest = factory.LazyAttribute(lambda token: rules.token_digest(token.text))
    hint = factory.LazyAttribute(lambda token: rules.token_hint(token.text))
    scopes = "account:read orders:read"
    created_at = factory.LazyFunction(clock.now)
    expires_at = factory.LazyAttribute(lambda token: token.created_at + timedelta(days=rules.TOKEN_DAYS))
