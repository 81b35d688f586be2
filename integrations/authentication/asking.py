"""How the companies that people sign in with are asked: to an end, at the named address, and for plain answers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.http import HttpRequest
from urllib3.exceptions import HTTPError

from kernel.http.deadlines import EndingSession, at_most

PAUSE_SECONDS = 5.0
"""How long nothing may come."""
TOTAL_SECONDS = 10.0
"""How long an answer may take to come in."""
MAX_BYTES = 1024 * 1024
CHUNK = 64 * 1024
LONGEST_NAME = 191
"""As much as django-allauth's column holds."""


class BoundedSession(EndingSession):
    """Gives an answer up that has no end, and follows none to another address: a secret may be in the question."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Ask, and read the whole answer.

        :raises requests.RequestException: there is none, or too much of it.
        """
        bounds = {"timeout": PAUSE_SECONDS, "stream": True, "allow_redirects": False}
        try:
            with at_most(TOTAL_SECONDS), super().request(*args, **kwargs | bounds) as answer:
                answer._content = _body(answer)  # noqa: SLF001 - where requests itself keeps what it read
        except requests.RequestException:
            raise
        except (HTTPError, OSError) as error:
            raise requests.ConnectionError("The answer broke off.") from error
        return answer


def _body(answer: requests.Response) -> bytes:
    content = bytearray()
    while chunk := answer.raw.read1(CHUNK, decode_content=True):
        content += chunk
        if len(content) > MAX_BYTES:
            raise requests.ConnectionError("The answer is too long.")
    return bytes(content)


@contextmanager
def reading() -> Iterator[None]:
    """Tell an answer that makes no sense from a fault of ours, while it is read.

    :raises OAuth2Error: it is not what the provider's documents promise.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise OAuth2Error("The provider's answer cannot be read.") from error


def name_of_person(told: object) -> str:
    """Return what the provider calls a person: some text or a number. Nothing at all would be many people's name.

    :raises OAuth2Error: it is something else.
    """
    name = str(told) if isinstance(told, int) and not isinstance(told, bool) else told
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise OAuth2Error("The provider names nobody.")
    return name


def text_of(told: Mapping[str, Any], name: str) -> str:
    """Return a text out of an answer; empty when there is none, or something else."""
    text = told.get(name)
    return text if isinstance(text, str) else ""


def asker_of(request: HttpRequest) -> str:
    """Return who asks, as it is kept beside the question; empty for somebody who is not signed in."""
    return str(request.user.pk or "")
