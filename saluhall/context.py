"""What every template knows: the shop, who is there, and how much is in the cart."""

from typing import Any

from django.http import HttpRequest

from contracts.orders import Orders
from kernel.http.principals import actor_of
from kernel.rpc import client


def shop(request: HttpRequest) -> dict[str, Any]:
    """Add ``shop``, ``actor`` and ``cart_count``; no statement is sent while the shop's settings are warm."""
    return {
        "shop": client(Orders).shop(),
        "actor": actor_of(request),
        "cart_count": int(request.COOKIES.get("cart_count", "0")[:4]) if _is_count(request) else 0,
    }


def _is_count(request: HttpRequest) -> bool:
    value = request.COOKIES.get("cart_count", "")
    return value.isascii() and value.isdigit()
