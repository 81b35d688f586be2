"""The answer when there is too much to do, or the database is away: come back, and when. Never a fault of ours."""

from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from kernel.database_errors import is_passing
from kernel.http.problem import API_PREFIX, busy_problem

SIGN_IN_API = "/_allauth/"
OAUTH_API = "/identity/o/api/"
RETRY_SECONDS = 2

log = structlog.get_logger(__name__)


class BusyMiddleware:
    """Answers 503 for whatever a view could not do because of the database: a lock, a time-out, no connection."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on: only failures matter here."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Tell trouble that passes from a fault of ours, which goes on."""
        return busy_after(request, error)


def busy_after(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """Return the answer when a failure is the database's and passes, else nothing."""
    if error is None or not is_passing(error):
        return None
    log.warning("database_busy", path=request.path[:200], error=str(error)[:300])
    return busy(request.path, is_read=request.method in {"GET", "HEAD"})


def busy(path: str, *, is_read: bool, wait: int = RETRY_SECONDS) -> HttpResponse:
    """Return 503 in the form that whoever asks at this address reads."""
    answer = _answer(path, wait)
    answer.headers["Retry-After"] = str(wait)
    answer.headers["Cache-Control"] = "no-store"
    if is_read and answer.headers["Content-Type"].startswith("text/html"):
        answer.headers["Refresh"] = str(max(5, wait))
    return answer


def _answer(path: str, wait: int) -> HttpResponse:
    if path.startswith(API_PREFIX):
        return busy_problem(wait)
    if path.startswith(OAUTH_API):
        return _json({"error": "temporarily_unavailable", "error_description": "Too much is asked at once; try again."})
    if path.startswith(SIGN_IN_API):
        return _json({"status": 503, "errors": [{"message": "Too much is asked at once; try again.", "code": "busy"}]})
    return HttpResponse(render_to_string("503.html"), status=503)


def _json(body: dict[str, Any]) -> HttpResponse:
    return JsonResponse(body, status=503)
