"""Accounts and addresses for tests."""

import factory

from apps.users.models import Address, User


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
