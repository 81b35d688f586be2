"""Refuses bodies that are too large before anything reads them."""

import codecs
from collections.abc import Callable

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import ParseError

from kernel.http.busy import SIGN_IN_API
from kernel.http.json import check
from kernel.http.problem import API_PREFIX, problem_response

JSON = "application/json"
UPLOAD = "multipart/form-data"
READS_A_FORM = f"{SIGN_IN_API}browser/v1/auth/provider/redirect"
"""The one door of the sign-in API that a browser comes to by a form: it is led on to another company."""
LETTERS = frozenset({"utf-8", "ascii"})
LONGEST_NUMBER = 18
"""In digits; Python reads none of thousands."""


class RequestBodyMiddleware:
    """One MiB for anything but uploads; a length must be a number; JSON must be sound, whoever reads it later.

    Letters are UTF-8: Django takes any codec of Python's that a request names, and some need a minute for one MiB.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse by the declared length, or pass on."""
        declared = request.headers.get("Content-Length") or "0"
        is_sign_in = request.path.startswith(SIGN_IN_API)
        is_upload = request.content_type in {UPLOAD, "text/csv"} and not is_sign_in
        limit = settings.UPLOAD_MAX_BYTES if is_upload else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if not (declared.isascii() and declared.isdigit()):
            return _refuse(request, 400, "bad_request", "The length of the request is not a number.")
        if len(declared) > LONGEST_NUMBER or int(declared) > limit:
            return _refuse(request, 413, "too_large", f"A request may have {limit} bytes at most.")
        if request.encoding is not None and codecs.lookup(request.encoding).name not in LETTERS:
            return _refuse(request, 415, "unsupported_media_type", "Only UTF-8 is read.")
        # the sign-in API reads JSON whatever it is called; the other API looks by itself
        is_json = (is_sign_in and request.path != READS_A_FORM) or (
            request.content_type == JSON and not request.path.startswith(API_PREFIX)
        )
        if is_json and not _is_sound(request.body):
            return _refuse(request, 400, "malformed", "The body is not JSON that anybody could keep.")
        return self.get_response(request)


def _is_sound(body: bytes) -> bool:
    """Look before a library does that gives up on deep nesting and long numbers with a fault."""
    try:
        check(orjson.loads(body or b"null"))
    except (orjson.JSONDecodeError, ParseError):
        return False
    return True


def _refuse(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return problem_response(status=status, code=code, detail=detail)
    return HttpResponse(detail, status=status, content_type="text/plain; charset=utf-8")
