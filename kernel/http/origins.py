"""Notes where a request comes from, before anything acts on it."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from kernel.http.throttles import client_address
from kernel.origins import NOWHERE, Origin, remember

LONGEST = 300


class OriginMiddleware:
    """Keeps address, program and request id for as long as the request lasts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Remember, answer, forget."""
        remember(
            Origin(
                address=client_address(request),
                user_agent=request.headers.get("User-Agent", "")[:LONGEST],
                request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
            )
        )
        try:
            return self.get_response(request)
        finally:
            remember(NOWHERE)
