"""Registering, and what follows it, takes the same time whether or not the address is taken, as far as a busy server allows."""

import re
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

SIGN_UP = re.compile(r"/accounts/(3rdparty/|social/)?signup/|/_allauth/(app|browser)/v1/auth/(provider/)?signup")
CODE = re.compile(r"/accounts/confirm-email/|/_allauth/(app|browser)/v1/auth/email/verify(/resend)?")
SHARE_OF_A_CODE = 0.2
"""No password is hashed for a code, and a sign-up may be followed by ten guesses, which hold a thread each."""

TOO_MANY = 429
LOOKED_UP = "saluhall_address_looked_up"


def note_address(request: HttpRequest | None) -> None:
    """Remember that the answer may tell something about an address; a command at the keyboard answers nobody."""
    if request is not None:
        setattr(request, LOOKED_UP, True)


class EvenTimeMiddleware:
    """Holds the answer to a registration back until ``SIGN_UP_SECONDS`` are over: an account that is made takes longer.

    A code that was sent takes longer, too, when it is guessed at or sent again: an address that is taken has none. What is
    refused before an address was looked at goes at once: a flood of it must not hold the threads.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, early to nobody."""
        share = 1 if SIGN_UP.fullmatch(request.path) else SHARE_OF_A_CODE if CODE.fullmatch(request.path) else 0
        if not share:
            return self.get_response(request)
        until = time.monotonic() + settings.SIGN_UP_SECONDS * share
        response = self.get_response(request)
        if hasattr(request, LOOKED_UP) and response.status_code != TOO_MANY:
            time.sleep(max(0.0, until - time.monotonic()))
        return response
