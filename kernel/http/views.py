"""Base classes of API views."""

from typing import Any, ClassVar

from django.http.response import HttpResponseBase
from rest_framework import viewsets
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from kernel.actors import Actor
from kernel.errors import DomainError
from kernel.http.principals import actor_of, check_scope, for_reading
from kernel.http.throttles import add_rate_headers


class ApiView(APIView):
    """An API view that lets tokens only as far as their scopes, with rate headers on its answers."""

    scope: ClassVar[str] = ""
    """Which part of the API this is, such as ``orders``: a token needs ``orders:read`` or ``orders:write`` here."""
    action_scopes: ClassVar[dict[str, str]] = {}
    """Actions of a viewset that belong to another part."""

    @property
    def needed_scope(self) -> str:
        """The scope that a token needs for this request; empty when none reaches here."""
        part = self.action_scopes.get(getattr(self, "action", None) or "", self.scope)
        if not part:
            return ""
        return f"{part}:{'read' if self.request.method in SAFE_METHODS else 'write'}"

    @property
    def actor(self) -> Actor:
        """The principal of this request."""
        return actor_of(self.request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Say that there is no such method before asking who wants it; count those, too, who are refused then."""
        if not hasattr(self, (request.method or "").lower()):
            self.http_method_not_allowed(request)
        try:
            super().initial(request, *args, **kwargs)
        except (AuthenticationFailed, NotAuthenticated, PermissionDenied, DomainError):
            self.check_throttles(request)
            raise

    def check_permissions(self, request: Request) -> None:
        """Ask the token before the person, so that no view can forget it."""
        if request.method in SAFE_METHODS:
            request.auth = for_reading(request.auth)
        is_public = all(request.method in getattr(one, "allows_anonymous", ()) for one in self.get_permissions())
        check_scope(request, needed=self.needed_scope, is_public=is_public)
        super().check_permissions(request)

    def finalize_response(
        self,
        request: Request,
        response: Any,
        *args: object,
        **kwargs: object,
    ) -> Any:
        """Add the rate headers."""
        finished: HttpResponseBase = super().finalize_response(request, response, *args, **kwargs)
        add_rate_headers(request._request, finished)  # noqa: SLF001 - DRF keeps Django's request there
        return finished


class ApiViewSet(ApiView, viewsets.GenericViewSet[Any]):
    """A viewset without actions; add mixins or methods of its own."""
