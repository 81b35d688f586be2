"""Addresses of one order: a guest's carry the token, a person's need none; and where its forms may lead."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from kernel.http.security import CSP, policy_text

P = ParamSpec("P")

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
    names = ("order", "thanks", "pay", "confirm_payment", "payment_return", "cancel")
    return {name: order_link(name, order_id, token=token) for name in names}


def leads_to_providers(page: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Let the forms of a page lead on to where customers pay: browsers ask before they follow a redirect."""

    @wraps(page)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = page(*args, **kwargs)
        if settings.STRIPE is not None:
            response.headers[CSP] = policy_text({"form-action": " ".join(["'self'", *settings.STRIPE.page_origins])})
        return response

    return wrapped
