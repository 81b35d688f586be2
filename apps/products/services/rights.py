"""Who may change the catalogue: the last guard, below every page and every address."""

from contracts.rights import Right
from kernel.actors import Actor
from kernel.errors import ForbiddenError


def require_staff(actor: Actor) -> None:
    """Let only those in who work in the back office.

    :raises ForbiddenError: anybody else.
    """
    if not actor.may(Right.CATALOGUE):
        raise ForbiddenError("Only staff may change the catalogue.")
