"""Who makes a request, and the few rights that are the same everywhere."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from kernel.actors import ANONYMOUS, Actor

if TYPE_CHECKING:
    from rest_framework.views import APIView

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def actor_of(request: HttpRequest | Request) -> Actor:
    """Return the principal of a request."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return ANONYMOUS
    return Actor(id=user.id, role=user.role, email=user.email, name=user.name)


class SignedIn(BasePermission):
    """Anybody with an account."""

    def has_permission(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002 - DRF's signature
        """Answer for the request."""
        return actor_of(request).is_signed_in


class StaffOnly(BasePermission):
    """Those who may work in the back office."""

    def has_permission(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002 - DRF's signature
        """Answer for the request."""
        return actor_of(request).is_staff


class ReadOnlyOrStaff(BasePermission):
    """Everybody reads, staff writes."""

    allows_anonymous = frozenset(SAFE_METHODS)
    """The methods that need no account, for the schema."""

    def has_permission(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002 - DRF's signature
        """Answer for the request."""
        return request.method in SAFE_METHODS or actor_of(request).is_staff


def signed_in_required(page: Page[P]) -> Page[P]:
    """Send a stranger to the sign-in page and back."""
    return _guard(page, lambda actor: actor.is_signed_in)


def staff_required(page: Page[P]) -> Page[P]:
    """Let staff in; a stranger signs in first, others are refused."""
    return _guard(page, lambda actor: actor.is_staff)


def super_user_required(page: Page[P]) -> Page[P]:
    """Let super users in; a stranger signs in first, others are refused."""
    return _guard(page, lambda actor: actor.is_super_user)


def _guard(page: Page[P], may_enter: Callable[[Actor], bool]) -> Page[P]:
    @wraps(page)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        actor = actor_of(request)
        if may_enter(actor):
            return page(request, *args, **kwargs)
        if not actor.is_signed_in:
            return cast("HttpResponse", redirect_to_login(_way_back(request), settings.LOGIN_URL))
        raise PermissionDenied

    return cast("Page[P]", guarded)


def _way_back(request: HttpRequest) -> str:
    """Return where to go after the sign-in: a form that came too late is not there to be looked at, its page is."""
    if request.method in SAFE_METHODS:
        return request.get_full_path()
    page = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return urlsplit(page)._replace(scheme="", netloc="").geturl() if is_ours else settings.LOGIN_REDIRECT_URL
