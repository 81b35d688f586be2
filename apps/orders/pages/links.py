"""Addresses of one order: a guest's carry the token, a person's need none."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

TOKEN = "token"  # noqa: S105 - the name of a query parameter


def token_of(request: HttpRequest) -> str:
    """Return the order's token in the address; empty without one."""
    return request.GET.get(TOKEN, "")


def order_link(name: str, order_id: UUID, *, token: str) -> str:
    """Return the address of a page about an order."""
    address = reverse(f"orders:{name}", args=[order_id])
    return f"{address}?{urlencode({TOKEN: token})}" if token else address


def order_links(order_id: UUID, *, token: str) -> dict[str, str]:
    """Return every address of an order that its owner may follow, by the page's name."""
    names = ("order", "thanks", "pay", "confirm_payment", "cancel")
    return {name: order_link(name, order_id, token=token) for name in names}
