"""Limits for each client, counted in memory or in Redis, never in the database."""

import ipaddress
import time
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, parse
from limits.storage import Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from kernel.http.principals import actor_of

if TYPE_CHECKING:
    from rest_framework.views import APIView

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
    """Return who is asking, past as many proxies as are ours."""
    hops = settings.TRUSTED_PROXY_COUNT
    passed = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    address = passed[-hops] if hops and len(passed) >= hops else request.META.get("REMOTE_ADDR", "")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6:  # noqa: PLR2004 - IPv6: one customer owns a whole /64
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class ClientThrottle(BaseThrottle):
    """Counts by account, else by address; the view names its bucket in ``throttle_scope``."""

    def __init__(self) -> None:
        self._wait: float | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count this request; False when the client has had its share."""
        scope = getattr(view, "throttle_scope", None) or "default"
        if not settings.THROTTLE_RATES:
            return True
        rate = _rate(settings.THROTTLE_RATES[scope])
        actor = actor_of(request)
        who = str(actor.id) if actor.is_signed_in else client_address(request)
        is_allowed = _limiter().hit(rate, scope, who)
        window = _limiter().get_window_stats(rate, scope, who)
        left = max(0.0, window.reset_time - time.time())
        limit = (rate.amount, window.remaining, int(left) + 1)
        setattr(request._request, RATE_LIMIT, limit)  # noqa: SLF001 - Django's request lives as long as the answer
        if not is_allowed:
            self._wait = left
        return is_allowed

    def wait(self) -> float | None:
        """Return how long to wait, in seconds."""
        return self._wait


def add_rate_headers(request: HttpRequest, response: Any) -> None:
    """Tell the client how much is left, in the draft standard's headers."""
    limit = getattr(request, RATE_LIMIT, None)
    if limit:
        response.headers["RateLimit-Limit"], response.headers["RateLimit-Remaining"] = str(limit[0]), str(limit[1])
        response.headers["RateLimit-Reset"] = str(limit[2])
