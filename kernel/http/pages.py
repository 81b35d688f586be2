"""Error answers: a page for people, a problem for programs."""

import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.db import DataError, IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string

from kernel.database_errors import without_values
from kernel.http.busy import busy_after
from kernel.http.problem import API_PREFIX, problem_response

PROGRAMS = (API_PREFIX, "/_allauth/", "/identity/o/api/")
"""Where nobody looks at pages."""
TITLES = {
    400: ("bad_request", "This request could not be read"),
    403: ("permission_denied", "You may not see this page"),
    404: ("not_found", "There is no such page"),
    405: ("method_not_allowed", "This page cannot do that"),
    409: ("conflict", "This clashes with something that is there already"),
    429: ("throttled", "Too many tries"),
    500: ("internal_error", "Something went wrong on our side"),
}

log = structlog.get_logger(__name__)


class NotFoundMiddleware:
    """Shows the shop's own 404, in development too, and its own 405 instead of an empty page."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer an address that nobody knows, or a method; what else a view answers stays as it is."""
        response: HttpResponseBase = self.get_response(request)
        if request.path.startswith(PROGRAMS):
            return response
        if isinstance(response, HttpResponseNotAllowed):
            return _answer(request, 405, headers={"Allow": response.headers["Allow"]})
        is_unknown = response.status_code == HTTPStatus.NOT_FOUND and request.resolver_match is None
        return not_found(request) if is_unknown else response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a page that found nothing."""
        return not_found(request) if isinstance(error, Http404) else None


class RefusedValueMiddleware:
    """What the database will not take is no fault of ours on a page either: it is said as in the API."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on: only failures matter here."""
        response: HttpResponseBase = self.get_response(request)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer what clashes with another row, or fits no column; programs have answers of their own."""
        if request.path.startswith(PROGRAMS) or not isinstance(error, (IntegrityError, DataError)):
            return None
        log.warning("value_refused", path=request.path[:200], error=without_values(error)[:300])
        return _answer(request, 409 if isinstance(error, IntegrityError) else 400)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer 400."""
    return _answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer 403."""
    return _answer(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer 404."""
    return _answer(request, 404)


def too_many(request: HttpRequest, *, wait: float) -> HttpResponse:
    """Answer 429, and say when to go on."""
    return _answer(request, 429, headers={"Retry-After": str(int(wait) + 1)})


def failed(request: HttpRequest) -> HttpResponse:
    """Answer 500, without anything that could fail too; 503 when middleware met a database that is away."""
    return busy_after(request, sys.exception()) or _answer(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer a form whose token is missing or old."""
    return _answer(request, 403, detail="The form is too old. Go back, reload the page and send it again.")


def _answer(
    request: HttpRequest, status: int, detail: str = "", headers: Mapping[str, str] | None = None
) -> HttpResponse:
    code, title = TITLES[status]
    if request.path.startswith(API_PREFIX):
        return problem_response(status=status, code=code, detail=detail or f"{title}.", headers=headers)
    names = [f"{status}.html", "error.html"]
    try:
        html: str = render_to_string(
            names,
            {"title": title, "detail": detail, "status": status},
            request=None if status >= 500 else request,  # noqa: PLR2004 - server errors
        )
    except TemplateDoesNotExist:
        html = f"<!DOCTYPE html><html lang=en><title>{title}</title><h1>{title}</h1><p>{detail}</p>"
    return HttpResponse(html, status=status, headers=dict(headers or {}))
