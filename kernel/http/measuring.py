"""Measures every request, and shows the numbers to who has METRICS_TOKEN and to nobody else."""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare

from kernel import metrics

AREAS = {
    "/api/": "api",
    "/_allauth/": "sign_in",
    "/identity/": "identity",
    "/accounts/": "accounts",
    "/office/": "office",
}
PROBES = ("/livez", "/readyz", "/metrics")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class MeasuringMiddleware:
    """Stands outside of everything, so that what it measures is what the client waits for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer /metrics, or pass on and note how long it took."""
        if request.path == "/metrics":
            return _numbers(request)
        if request.path in PROBES or request.path.startswith(settings.STATIC_URL):
            return self.get_response(request)
        began = time.perf_counter()
        response = self.get_response(request)
        area = next((name for prefix, name in AREAS.items() if request.path.startswith(prefix)), "shop")
        method = request.method if request.method in METHODS else "other"
        metrics.REQUESTS.labels(area, method, f"{response.status_code // 100}xx").observe(time.perf_counter() - began)
        return response


def _numbers(request: HttpRequest) -> HttpResponse:
    """Without a token in the settings there is no such address."""
    if not settings.METRICS_TOKEN:
        return HttpResponse("Not found.", status=404, content_type="text/plain", headers={"Cache-Control": "no-store"})
    shown = request.headers.get("Authorization", "")
    if not constant_time_compare(shown, f"Bearer {settings.METRICS_TOKEN}"):
        headers = {"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"}
        return HttpResponse("The token is missing or wrong.", status=401, content_type="text/plain", headers=headers)
    return HttpResponse(
        metrics.exposition(),
        content_type="text/plain; version=0.0.4; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )
