"""Problem details (RFC 9457): every refusal of the API has one shape and a stable code."""

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any

import orjson
import structlog
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import exceptions

from kernel.codec import encode
from kernel.database_errors import is_passing
from kernel.errors import DomainError

API_PREFIX = "/api/"
CONTENT_TYPE = "application/problem+json"
MOST_ERRORS = 100
Errors = dict[str, list[str]]

log = structlog.get_logger(__name__)


def problem_body(
    *, status: int, code: str, detail: str, errors: Mapping[str, list[str]] | None = None, **extra: object
) -> dict[str, Any]:
    """Return the members of a problem."""
    body: dict[str, Any] = {
        "type": f"/api/v1/errors/#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
    }
    if errors:
        body["errors"] = dict(errors)
    return body | {name: encode(value) for name, value in extra.items() if name not in body}


def problem_response(
    *,
    status: int,
    code: str,
    detail: str,
    errors: Mapping[str, list[str]] | None = None,
    headers: Mapping[str, str] | None = None,
    **extra: object,
) -> HttpResponse:
    """Return a problem as an answer."""
    body = problem_body(status=status, code=code, detail=detail, errors=errors, **extra)
    return HttpResponse(orjson.dumps(body), status=status, content_type=CONTENT_TYPE, headers=dict(headers or {}))


def domain_problem(error: DomainError) -> HttpResponse:
    """Return the answer to a refusal of a service."""
    extra = {name: value for name, value in error.extra.items() if name not in {"status", "code", "detail", "errors"}}
    return problem_response(status=error.status, code=error.code, detail=error.message, errors=error.fields, **extra)


def busy_problem(wait: int) -> HttpResponse:
    """Return the answer when too much is asked at once, or the database is away."""
    return problem_response(
        status=503, code="busy", detail="Too many want this at once; try again.", headers={"Retry-After": str(wait)}
    )


def of_exception(error: Exception) -> HttpResponse | None:
    """Return the problem for an exception, or nothing when it is a fault of ours."""
    if isinstance(error, DomainError):
        return domain_problem(error)
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if is_passing(error):
        log.warning("database_busy", error=str(error)[:300])
        return busy_problem(1)
    for kinds, status, code, detail in PLAIN:
        if isinstance(error, kinds):
            return problem_response(status=status, code=code, detail=detail)
    if isinstance(error, ModelValidationError):
        errors = error.message_dict if hasattr(error, "error_dict") else {"non_field_errors": list(error.messages)}
        return problem_response(status=400, code="invalid", detail="Some values are not valid.", errors=errors)
    return None


PLAIN: tuple[tuple[tuple[type[Exception], ...], int, str, str], ...] = (
    ((Http404,), 404, "not_found", "There is no such thing."),
    ((PermissionDenied,), 403, "permission_denied", "You may not do this."),
    ((ProtectedError, RestrictedError), 409, "in_use", "Something else still needs this."),
    ((IntegrityError,), 409, "conflict", "This contradicts something that exists already."),
    ((DataError,), 400, "invalid", "A value does not fit."),
    ((RequestDataTooBig,), 413, "too_large", "The request is too large."),
    ((SuspiciousOperation, BadRequest), 400, "bad_request", "The request cannot be read."),
)
CODES = {
    "parse_error": "malformed",
    "unsupported_media_type": "unsupported_media_type",
    "authentication_failed": "authentication_failed",
    "not_authenticated": "not_authenticated",
    "method_not_allowed": "method_not_allowed",
    "not_acceptable": "not_acceptable",
    "throttled": "throttled",
}

FRAMEWORK_CODES: Mapping[str, tuple[int, str]] = {
    "malformed": (400, "The body is not JSON."),
    "unknown_field": (400, "The body has a property that does not exist; nothing else is wrong."),
    "bad_request": (400, "The request cannot be read."),
    "authentication_failed": (401, "The credentials are wrong or have run out."),
    "not_authenticated": (401, "Sign in first."),
    "invalid_token": (401, "The token is not ours, or was taken back, or its session has ended."),
    "token_expired": (401, "The token has run out: refresh it, or sign in again."),
    "invalid_credentials": (401, "E-mail address or password is wrong."),
    "access_token_required": (
        401,
        "Staff and people with a second factor send a personal access token as the password.",
    ),
    "method_not_allowed": (405, "This address does not know the method."),
    "not_acceptable": (406, "The answer exists in JSON only."),
    "in_use": (409, "Something else still needs this."),
    "too_large": (413, "The request is too large."),
    "unsupported_media_type": (415, "Send JSON, or a form where a file is asked for."),
    "throttled": (429, "Too many requests; `Retry-After` says when to go on."),
    "internal_error": (500, "Something went wrong on our side; the log has the `request_id`."),
    "keys_unavailable": (503, "The service that keeps the keys of tokens does not answer."),
    "busy": (503, "Too many want this at once; try again after `Retry-After` seconds."),
}
"""Codes that no DomainError declares; they are part of docs/errors.md."""


def _of_framework(error: exceptions.APIException) -> HttpResponse:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    if isinstance(error, exceptions.ValidationError):
        errors = flatten(error.detail)
        return problem_response(
            status=400, code=_code_of(error), detail="Some values are not valid.", errors=errors, headers=headers
        )
    code = str(getattr(error.detail, "code", error.default_code))
    return problem_response(
        status=error.status_code, code=CODES.get(code, code), detail=str(error.detail), headers=headers
    )


def _code_of(error: exceptions.ValidationError) -> str:
    """``unknown_field`` when that is all that is wrong, else ``invalid``."""
    found = set(_codes(error.get_codes()))
    return "unknown_field" if found == {"unknown_field"} else "invalid"


def _codes(tree: Any) -> list[str]:
    if isinstance(tree, dict):
        return [code for branch in tree.values() for code in _codes(branch)]
    if isinstance(tree, list):
        return [code for branch in tree for code in _codes(branch)]
    return [str(tree)]


def flatten(detail: Any) -> Errors:
    """Return messages by dotted field name, ``lines.0.quantity``: the first hundred, which is more than anybody reads."""
    return dict(islice(_messages(detail, ""), MOST_ERRORS))


def _messages(detail: Any, name: str) -> Iterator[tuple[str, list[str]]]:
    if isinstance(detail, dict):
        yield from _of_parts(detail.items(), name)
    elif isinstance(detail, list) and any(isinstance(branch, (dict, list)) for branch in detail):
        yield from _of_parts(enumerate(detail), name)
    elif detail != []:
        messages = detail if isinstance(detail, list) else [detail]
        yield name or "non_field_errors", [str(message) for message in messages[:MOST_ERRORS]]


def _of_parts(parts: Iterable[tuple[Any, Any]], name: str) -> Iterator[tuple[str, list[str]]]:
    for part, detail in parts:
        yield from _messages(detail, f"{name}.{part}" if name else str(part))


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponseBase | None:
    """Answer exceptions of DRF views; what is nobody's fault but ours goes on to the middleware."""
    answer = of_exception(error)
    if answer is None:
        return None
    if isinstance(error, IntegrityError):
        log.warning("integrity_error", view=str(context.get("view"))[:100], error=str(error)[:300])
    return answer


class ProblemMiddleware:
    """Gives API answers that never reached a DRF view (404, 405, 500 ...) the same shape."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on, and reshape what is no problem yet."""
        response: HttpResponseBase = self.get_response(request)
        if not request.path.startswith(API_PREFIX) or response.status_code < HTTPStatus.BAD_REQUEST:
            return response
        if response.headers.get("Content-Type", "").startswith(("application/problem+json", "application/json")):
            return response
        return self._reshape(response)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer below /api/ with a problem; a fault of ours is logged by Django and answered with 500."""
        if not request.path.startswith(API_PREFIX):
            return None
        answer = of_exception(error)
        if answer is None:
            log.error("request_failed", path=request.path, exc_info=error)
            answer = problem_response(status=500, code="internal_error", detail="Something went wrong on our side.")
        return answer

    def _reshape(self, response: HttpResponseBase) -> HttpResponse:
        status = response.status_code
        code = {404: "not_found", 405: "method_not_allowed", 403: "permission_denied", 400: "bad_request"}.get(
            status, "internal_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "refused"
        )
        kept = {name: response.headers[name] for name in ("Allow", "Retry-After") if name in response.headers}
        return problem_response(status=status, code=code, detail=HTTPStatus(status).description or code, headers=kept)
