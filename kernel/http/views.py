"""Base classes of API views."""

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.views import APIView

from kernel.actors import Actor
from kernel.http.principals import actor_of
from kernel.http.throttles import add_rate_headers


class ApiView(APIView):
    """An API view with rate headers on its answers."""

    @property
    def actor(self) -> Actor:
        """The principal of this request."""
        return actor_of(self.request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Say that there is no such method before asking who wants it."""
        if not hasattr(self, (request.method or "").lower()):
            self.http_method_not_allowed(request)
        super().initial(request, *args, **kwargs)

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
