"""HEAD over WSGI, as a server gets it: what it would have to drop makes it log a warning each time."""

from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory

from kernel.http.heads import HeadMiddleware


def served(method: str, path: str) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers that a server would send."""
    headers: dict[str, str] = {}

    def start(_status: str, told: list[tuple[str, str]], *_: Any) -> None:
        headers.update(told)

    answer: Any = WSGIHandler()(RequestFactory().generic(method, path).environ, start)
    return b"".join(answer), headers


@pytest.mark.django_db  # a request looks at the connections that are open
@pytest.mark.parametrize("path", ["/livez", "/metrics", "/api/v1/errors/"])
def test_head_says_how_long_the_answer_is_and_sends_none_of_it(path: str) -> None:
    body, _ = served("GET", path)
    nothing, headers = served("HEAD", path)

    assert nothing == b""
    assert headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("kind", [StreamingHttpResponse, FileResponse])
def test_nothing_is_read_of_what_would_be_streamed(kind: type[StreamingHttpResponse]) -> None:
    read: list[bytes] = []
    parts = (read.append(part) or part for part in [b"one", b"two"])

    answer: Any = HeadMiddleware(lambda _request: kind(parts))(RequestFactory().head("/"))

    assert b"".join(answer) == b""
    assert read == []


def test_other_methods_are_answered_whole() -> None:
    def answer(_request: HttpRequest) -> HttpResponseBase:
        return HttpResponse("all of it")

    given: Any = HeadMiddleware(answer)(RequestFactory().get("/"))

    assert given.content == b"all of it"
