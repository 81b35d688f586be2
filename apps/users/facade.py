"""What other services ask the users service."""

from uuid import UUID

from apps.users import selectors
from apps.users.models import User
from contracts.users import Person, Users
from kernel import addresses


class Facade(Users):
    """Answers ``contracts.users`` from this service's tables."""

    def people(self, *, ids: list[UUID]) -> list[Person]:
        users = User.objects.filter(id__in=ids).order_by("id")
        return [Person(id=user.id, email=user.email, name=user.name) for user in users]

    def addresses(self, *, user_id: UUID) -> list[addresses.Address]:
        return [selectors.plain(address) for address in selectors.addresses_of(user_id)]
