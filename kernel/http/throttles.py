"""Limits for each client, counted in memory or in Redis, never in the database."""

import ipaddress
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from limits import RateLimitItem, parse
from limits.storage import Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from kernel.http.pages import too_many
from kernel.http.principals import actor_of

if TYPE_CHECKING:
    from rest_framework.views import APIView

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponse]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
WRITTEN = re.compile(r"\[(?P<in_brackets>[0-9A-Fa-f:.]+)\](:\d+)?|(?P<plain>[0-9.]+):\d+")
"""An address with a port or in brackets, as some proxies write it."""
RATE_LIMIT = "saluhall_rate_limit"
"""Where the request remembers what is left, until its answer is finished."""


@cache
def _limiter() -> MovingWindowRateLimiter:
    address = settings.CACHE_URL
    storage = cast("Storage", storage_from_string("memory://" if address.startswith("locmem") else address))
    return MovingWindowRateLimiter(storage)


@cache
def _rate(text: str) -> RateLimitItem:
    return parse(text)


def client_address(request: HttpRequest | Request) -> str:
    """Return whom requests are counted by: the address, of IPv6 its /64, for one customer owns all of that."""
    address = caller_of(request)
    if address is None:
        return "unknown"
    if address.version == 6:  # noqa: PLR2004 - the number of a protocol
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def caller_of(request: HttpRequest | Request) -> Address | None:
    """Return who is asking, past as many proxies as are ours; None when nobody says so."""
    hops = settings.TRUSTED_PROXY_COUNT
    passed = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    written = passed[-hops] if hops and len(passed) >= hops else request.META.get("REMOTE_ADDR", "")
    found = WRITTEN.fullmatch(written)
    try:
        address = ipaddress.ip_address((found["in_brackets"] or found["plain"]) if found else written)
    except ValueError:
        return None
    # a socket for both kinds writes IPv4 as ::ffff:192.0.2.1: all of them share one /64
    return getattr(address, "ipv4_mapped", None) or address


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a client may still do in one bucket."""

    is_left: bool
    amount: int
    remaining: int
    wait: float


def take(request: HttpRequest | Request, *, scope: str) -> Share | None:
    """Count one request of this client; nothing when nobody is limited."""
    if not settings.THROTTLE_RATES:
        return None
    rate = _rate(settings.THROTTLE_RATES[scope])
    actor = actor_of(request)
    who = str(actor.id) if actor.is_signed_in else client_address(request)
    is_left = _limiter().hit(rate, scope, who)
    window = _limiter().get_window_stats(rate, scope, who)
    return Share(
        is_left=is_left,
        amount=rate.amount,
        remaining=window.remaining,
        wait=max(0.0, window.reset_time - time.time()),
    )


def is_sent(request: HttpRequest) -> bool:
    """Tell whether a form comes with the request: looking at a page is free."""
    return request.method == "POST"


def limited(scope: str, *, when: Callable[[HttpRequest], bool] = is_sent) -> Callable[[Page[P]], Page[P]]:
    """Limit how often one client may ask a page for something that costs: most often, by sending its form."""

    def decorate(page: Page[P]) -> Page[P]:
        @wraps(page)
        def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            share = take(request, scope=scope) if when(request) else None
            if share is not None and not share.is_left:
                return too_many(request, wait=share.wait)
            return page(request, *args, **kwargs)

        return cast("Page[P]", wrapped)

    return decorate


class ClientThrottle(BaseThrottle):
    """Counts by account, else by address; the view names its bucket in ``throttle_scope``."""

    def __init__(self) -> None:
        self._wait: float | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count this request; False when the client has had its share."""
        share = take(request, scope=getattr(view, "throttle_scope", None) or "default")
        if share is None:
            return True
        limit = (share.amount, share.remaining, int(share.wait) + 1)
        setattr(request._request, RATE_LIMIT, limit)  # noqa: SLF001 - Django's request lives as long as the answer
        if not share.is_left:
            self._wait = share.wait
        return share.is_left

    def wait(self) -> float | None:
        """Return how long to wait, in seconds."""
        return self._wait


def add_rate_headers(request: HttpRequest, response: Any) -> None:
    """Tell the client how much is left, in the draft standard's headers."""
    limit = getattr(request, RATE_LIMIT, None)
    if limit:
        response.headers["RateLimit-Limit"], response.headers["RateLimit-Remaining"] = str(limit[0]), str(limit[1])
        response.headers["RateLimit-Reset"] = str(limit[2])
