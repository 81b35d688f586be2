"""Security headers on every answer: a page may load what is ours and nothing else."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)

POLICY: Mapping[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
NOT_NEEDED = ("accelerometer", "camera", "geolocation", "gyroscope", "magnetometer", "microphone", "payment", "usb")
CSP = "Content-Security-Policy"
FIXED = {
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in NOT_NEEDED),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

CREDENTIALS = ("Authorization", "X-Session-Token", "X-Cart-Token", "X-Order-Token")
OWN = "private, no-store"
UNSHARED = "private, no-cache"


def policy_text(changes: Mapping[str, str] | None = None) -> str:
    """Return the policy with some directives replaced or added."""
    return "; ".join(f"{name} {value}" for name, value in (dict(POLICY) | dict(changes or {})).items())


_DEFAULT = policy_text()


def content_security_policy(changes: Mapping[str, str]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Give one page a policy of its own, for what it needs beyond the common one."""
    text = policy_text(changes)

    def decorate(page: Callable[P, R]) -> Callable[P, R]:
        @wraps(page)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
            response = page(*args, **kwargs)
            response.headers[CSP] = text
            return response

        return wrapped

    return decorate


def is_somebodys(request: HttpRequest) -> bool:
    """True when a request shows credentials, good or bad, a guest's link to an order among them."""
    shown = settings.SESSION_COOKIE_NAME in request.COOKIES or "token" in request.GET
    return shown or any(name in request.headers for name in CREDENTIALS)


class SecurityHeadersMiddleware:
    """Adds what Django's own middleware does not know; a page that set its policy keeps it.

    What says nothing about caches is not for shared ones, and not for the disk when it may be somebody's.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set the headers."""
        response = self.get_response(request)
        response.headers.setdefault(CSP, _DEFAULT)
        for name, value in FIXED.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", OWN if is_somebodys(request) else UNSHARED)
        return response
