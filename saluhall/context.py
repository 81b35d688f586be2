"""What every template knows: the shop, who is there, and how much is in the cart."""

from typing import Any

from django.http import HttpRequest

from contracts.orders import Orders
from contracts.rights import Right
from kernel.actors import Actor
from kernel.events.figures import dead_letter_count
from kernel.http.principals import actor_of
from kernel.rpc import client


def shop(request: HttpRequest) -> dict[str, Any]:
    """Add ``shop``, ``actor``, ``cart_count`` and, in the back office, ``dead_letters``.

    Outside of it no statement is sent while the shop's settings are warm.
    """
    actor = actor_of(request)
    return {
        "shop": client(Orders).shop(),
        "actor": actor,
        "cart_count": _count(request.COOKIES.get("cart_count", ""), actor),
        "dead_letters": _dead_letters(request, actor),
    }


def _dead_letters(request: HttpRequest, actor: Actor) -> int:
    """Count what the menu of the back office tells those who can do something about it."""
    return dead_letter_count() if request.path.startswith("/office/") and actor.may(Right.SETTINGS) else 0


def _count(cookie: str, actor: Actor) -> int:
    """Read how many pieces lie in the basket; what a person left behind at signing out is nobody's."""
    count, _, owner = cookie.partition(".")
    is_sound = count.isascii() and count.isdigit() and owner in {"", actor.mark}
    return int(count[:4]) if is_sound else 0
