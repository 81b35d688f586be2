"""What other services ask the users service."""

from uuid import UUID

from apps.users import selectors
from contracts.users import Users
from kernel import addresses


class Facade(Users):
    """Answers ``contracts.users`` from this service's tables."""

    def addresses(self, *, user_id: UUID) -> list[addresses.Address]:
        return [selectors.plain(address) for address in selectors.addresses_of(user_id)]
