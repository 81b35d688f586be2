"""Refuses requests for host names that are not ours, before anything builds an address from them."""

from collections.abc import Callable

import structlog
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBadRequest
from django.http.response import HttpResponseBase

from kernel.http.problem import API_PREFIX, problem_response

log = structlog.get_logger(__name__)
SENTENCE = "This shop does not answer under that host name."


class HostMiddleware:
    """Answers 400 with one line in the log; Django would write a traceback for each, whoever sends them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse, or pass on."""
        try:
            request.get_host()
        except DisallowedHost:
            log.warning("host_refused", host=str(request.META.get("HTTP_HOST", ""))[:100])
            return _refusal(request)
        return self.get_response(request)


def _refusal(request: HttpRequest) -> HttpResponseBase:
    if request.path.startswith(API_PREFIX):
        return problem_response(status=400, code="bad_request", detail=SENTENCE)
    html = f"<!DOCTYPE html><html lang=en><title>400</title><h1>400</h1><p>{SENTENCE}</p>"
    return HttpResponseBadRequest(html)
