"""Numbers that fit no column are a bad request of the sign-in API; django-allauth hands them to the database."""

from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

SIGN_IN_API = "/_allauth/"


class BadValueMiddleware:
    """SQLite's driver says OverflowError, PostgreSQL says DataError, MySQL finds nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on: only failures matter here."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """Answer in the form of the sign-in API."""
        if request.path.startswith(SIGN_IN_API) and isinstance(error, (OverflowError, DataError)):
            return JsonResponse(
                {"status": 400, "errors": [{"message": "A value does not fit.", "code": "invalid"}]}, status=400
            )
        return None
