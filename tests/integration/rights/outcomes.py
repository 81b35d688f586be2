"""What an answer means for the one who asked: let in, asked to sign in, refused, or told that there is nothing."""

from http import HTTPStatus
from typing import Any

SIGN_IN = ("/accounts/login/", "/admin/login/")
SECOND_FACTOR = "/accounts/2fa/"
REFUSED = {
    HTTPStatus.UNAUTHORIZED: "sign in",
    HTTPStatus.FORBIDDEN: "no",
    HTTPStatus.NOT_FOUND: "hidden",
    HTTPStatus.GONE: "sign in",  # of an app whose session has ended
}


def outcome(answer: Any) -> str:
    """Return the word of docs/rights.md for an answer; what is wrong with the input alone was let in."""
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"failed with {answer.status_code}"
    location = answer.headers.get("Location", "").partition("?")[0]
    if location.startswith(SIGN_IN):
        return "sign in"
    if location == SECOND_FACTOR and not answer.wsgi_request.path.startswith(SECOND_FACTOR):
        return "2fa"
    return REFUSED.get(HTTPStatus(answer.status_code), "yes")
