"""Whether a person has just shown again who he is: what cannot be undone asks for that."""

import time
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, cast

from allauth.account.authentication import get_authentication_records
from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

from integrations.authentication.allauth_internals import person_of_session
from integrations.authentication.credentials import credential
from integrations.authentication.tokens import session_by
from kernel.errors import DomainError
from kernel.http.principals import Page

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

P = ParamSpec("P")
AHEAD_SECONDS = 60
"""So far may the clocks of two servers differ."""


class ReauthenticationRequiredError(DomainError):
    """The person is signed in, and has to prove it once more before this."""

    code = "reauthentication_required"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            "Confirm your access first: at /accounts/reauthenticate/, or at /_allauth/app/v1/auth/reauthenticate."
        )


def fresh_proof_required(page: Page[P]) -> Page[P]:
    """Let a person show again who he is before the page, unless that has just happened."""
    return cast("Page[P]", reauthentication_required(page))


def fresh_proof_to_change(page: Page[P]) -> Page[P]:
    """As ``fresh_proof_required`` where the page is also read; what was sent is not lost on the way."""
    reads = {"GET", "HEAD"}
    return cast("Page[P]", reauthentication_required(enabled=lambda request: request.method not in reads)(page))


def check_recent(request: Request) -> None:
    """Let a request of the API on whose person has just shown again who he is, by page or by sign-in API.

    :raises ReauthenticationRequiredError: it was too long ago, or the request belongs to no session.
    """
    asked = HttpRequest()
    asked.method, asked.user = request.method, request.user
    asked.session = _session_of(request)
    try:
        reauthentication_required(lambda _request: None)(asked)
    except ReauthenticationRequired as error:
        raise ReauthenticationRequiredError from error


def _session_of(request: Request) -> "SessionBase":
    """Return the session that let the request in: of several credentials the API believes one, and so does this."""
    token, named = credential(request, "bearer"), request.headers.get("X-Session-Token")
    if token is None and named is None:
        return request.session
    key = session_by(token) if token is not None else named
    found = person_of_session(key) if key else None
    if found is None:
        raise ReauthenticationRequiredError
    return found[1]


def recent_proof(original: Callable[[HttpRequest], bool]) -> Callable[[HttpRequest], bool]:
    """Let a proof that lies ahead be none: the clock was set back since, and it would count until then.

    Who can prove himself by nothing but another sign-in, which allauth takes for proven, has signed in as lately.
    """

    @wraps(original)
    def is_recent(request: HttpRequest) -> bool:
        records = get_authentication_records(request, request.user)
        proofs = [one["at"] for one in records if one.get("reauthenticated")]
        now = time.time()  # the clock by which allauth wrote them
        if not original(request) or any(at > now + AHEAD_SECONDS for at in proofs):
            return False
        newest = max((one["at"] for one in records if "at" in one), default=0.0)
        return now - newest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT

    return is_recent
