"""Who makes a request, and the few rights that are the same everywhere."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, wraps
from typing import TYPE_CHECKING, ClassVar, Concatenate, ParamSpec, cast
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from kernel.actors import ANONYMOUS, Actor, Role
from kernel.errors import DomainError

if TYPE_CHECKING:
    from rest_framework.views import APIView

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class InsufficientScopeError(DomainError):
    """The token is good, but does not reach this far."""

    code = "insufficient_scope"
    status = 403

    def __init__(self, scope: str) -> None:
        super().__init__(f"This token does not hold the scope {scope}." if scope else "No token reaches this address.")
        self.extra = {"scope": scope}


class NotInPersonError(DomainError):
    """Only the person may do this, signed in: neither a token nor a script that knows the password."""

    code = "not_in_person"
    status = 403

    def __init__(self) -> None:
        super().__init__("Sign in to do this: tokens and Basic authentication do not reach here.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the credential of a request allows; the authentication classes put it into ``request.auth``."""

    kind: str
    """``session``, ``jwt``, ``oauth``, ``token``, ``basic``, or ``exchange`` for what a proxy was given for one of them."""
    scopes: frozenset[str] | None = None
    """None: everything that the person may."""
    client: str = ""
    """The name of the program that holds it."""
    client_id: str = ""
    """The id of that program, when it is one that an admin connected; names may be alike."""


PAGES = Grant(kind="session")
IN_PERSON = frozenset({"session", "jwt"})
"""The kinds of credentials that come from the sign-in itself, with its second factor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whom a signed token speaks of where no table of users is asked; it answers what Django and DRF ask a user."""

    role: Role
    id: UUID | None = None
    email: str = ""
    name: str = ""
    rights: frozenset[str] = frozenset()
    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False
    is_active: ClassVar[bool] = True

    @property
    def pk(self) -> UUID | None:
        """What DRF counts requests by."""
        return self.id


def actor_of(request: HttpRequest | Request) -> Actor:
    """Return the principal of a request."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return ANONYMOUS
    grant = grant_of(request)
    return Actor(
        id=user.id,
        role=user.role,
        email=user.email,
        name=user.name,
        rights=user.rights,
        scopes=grant.scopes,
        client=grant.client,
        client_id=grant.client_id,
    )


def grant_of(request: HttpRequest | Request) -> Grant:
    """Return what the credential of a request allows; pages know only sessions."""
    grant = getattr(request, "auth", None)
    return grant if isinstance(grant, Grant) else PAGES


def for_reading(grant: object) -> object:
    """Return a credential as far as it reads: what everybody may read tells more to who holds the right AND the scope."""
    if not isinstance(grant, Grant) or grant.scopes is None:
        return grant
    return replace(grant, scopes=frozenset(scope for scope in grant.scopes if not scope.endswith(":write")))


def check_scope(request: Request, *, needed: str, is_public: bool) -> None:
    """Let a token no further than its scopes; what names no scope is closed to tokens that have any.

    :raises InsufficientScopeError: says which scope is missing.
    """
    scopes = actor_of(request).scopes
    if scopes is not None and not is_public and needed not in scopes:
        raise InsufficientScopeError(needed)


class SignedIn(BasePermission):
    """Anybody with an account."""

    def has_permission(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002 - DRF's signature
        """Answer for the request."""
        return actor_of(request).is_signed_in


class InPerson(SignedIn):
    """Anybody with an account who signed in himself."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Answer for the request.

        :raises NotInPersonError: the credential is a token's, or a password without a sign-in.
        """
        if not super().has_permission(request, view):
            return False
        grant = grant_of(request)
        if grant.kind not in IN_PERSON or grant.scopes is not None:
            raise NotInPersonError
        return True


class NobodyYet(BasePermission):
    """The default: a view that names no permission is closed."""

    def has_permission(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002 - DRF's signature
        """Answer for the request."""
        return False


@cache
def holders_of(right: str) -> type[BasePermission]:
    """Return the permission of those who hold a right of the back office."""

    class Holders(BasePermission):
        def has_permission(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002 - DRF's signature
            """Answer for the request."""
            return actor_of(request).may(right)

    return Holders


@cache
def readers_and_holders_of(right: str) -> type[BasePermission]:
    """Return the permission by which everybody reads, and those write who hold a right."""

    class ReadersAndHolders(BasePermission):
        allows_anonymous = frozenset(SAFE_METHODS)
        """The methods that need no account, for the schema and for tokens."""

        def has_permission(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002 - DRF's signature
            """Answer for the request."""
            return request.method in SAFE_METHODS or actor_of(request).may(right)

    return ReadersAndHolders


def signed_in_required(page: Page[P]) -> Page[P]:
    """Send a stranger to the sign-in page and back."""
    return _guard(page, lambda actor: actor.is_signed_in)


def staff_required(page: Page[P]) -> Page[P]:
    """Let in whoever works in the back office; a stranger signs in first, others are refused."""
    return _guard(page, lambda actor: actor.is_staff)


def right_required(right: str) -> Callable[[Page[P]], Page[P]]:
    """Let in those who hold a right of the back office; a stranger signs in first, others are refused."""
    return lambda page: _guard(page, lambda actor: actor.may(right))


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
        if getattr(request.user, "lacks_second_factor", False) and request.method in SAFE_METHODS:
            return redirect(settings.SECOND_FACTOR_URL)
        raise PermissionDenied

    return cast("Page[P]", guarded)


def _way_back(request: HttpRequest) -> str:
    """Return where to go after the sign-in: a form that came too late is not there to be looked at, its page is."""
    if request.method in SAFE_METHODS:
        return request.get_full_path()
    page = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return urlsplit(page)._replace(scheme="", netloc="").geturl() if is_ours else settings.LOGIN_REDIRECT_URL
