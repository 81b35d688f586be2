"""Answers to what a service refused in the middle of django-allauth's work."""

from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from integrations.authentication.allauth_internals import ErrorResponse, headed_redirect_response, is_headless_request
from kernel.errors import DomainError


def refusal(request: HttpRequest, error: DomainError, *, page: str = "mfa_index") -> HttpResponse:
    """Return the answer to what a service refused: an error of the sign-in API, or a page with a message."""
    if is_headless_request(request):
        invalid = ValidationError(error.message, code=error.code)
        return cast("HttpResponse", ErrorResponse(request, status=HTTPStatus(error.status), exception=invalid))
    messages.error(request, error.message)
    return cast("HttpResponse", headed_redirect_response(page))
