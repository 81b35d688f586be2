"""Whether who changes what others may do may still do so himself: a request can be overtaken by the end of its sender's rights."""

from uuid import UUID

from apps.users.models import User
from kernel.actors import Actor, Role
from kernel.errors import ForbiddenError

RANKS = (Role.REGULAR, Role.ADMIN, Role.SUPER_USER)


def lock_people(actor: Actor, *others: UUID) -> None:
    """Lock a person who acts and those whom he changes, in the order of their ids, and look again at what he may do.

    Of two super users who take each other's role at the same moment, one keeps his. Programs that act for themselves
    and the machine's own commands have no account to look at.

    :raises ForbiddenError: he was switched off, or lost a role or a right, after his request was let in.
    """
    ids = {*others, *([actor.id] if actor.id else [])}
    people = {user.id: user for user in User.objects.select_for_update().filter(id__in=ids).order_by("id")}
    if actor.id is not None and not _stands(people.get(actor.id), actor):
        raise ForbiddenError("Your own rights were changed meanwhile.")


def _stands(user: User | None, actor: Actor) -> bool:
    if user is None or not user.is_active:
        return False
    if actor.role in RANKS and RANKS.index(user.granted_role) < RANKS.index(actor.role):
        return False
    return actor.rights <= frozenset((user.granted_rights or "").split())
