"""The door of a server process: who finds no room is told so at once, and probes and static files always pass.

Gunicorn's threads take connections from a queue without end. Beyond what may wait, a connection goes to two threads of
its own instead, which answer nothing but refusals, probes and files.
"""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings

from kernel import deadline
from kernel.http.busy import busy
from kernel.http.security import FIXED, policy_text
from kernel.metrics import IN_FLIGHT, REFUSED

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]

ALWAYS = ("/livez", "/readyz", "/metrics")
WAIT_SECONDS = 2
READS = frozenset({"GET", "HEAD"})
METHODS = frozenset({*READS, "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
PAGE, API, SIGN_IN, OAUTH = "/", "/api/", "/_allauth/", "/identity/o/api/"

place = threading.local()
"""What gunicorn's worker knows of the request in this thread: ``arrived`` and ``is_refused``."""


class Gate:
    """Wraps the application of a server process and counts what passes."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._files = settings.STATIC_URL
        self._answers: dict[tuple[str, bool], tuple[list[tuple[str, str]], bytes]] = {}
        self._on_the_wire: dict[tuple[str, str], bytes] = {}

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer, or refuse without touching anything of the application."""
        path = environ.get("PATH_INFO", "/")
        arrived = getattr(place, "arrived", None) or time.monotonic()
        until = arrived + settings.REQUEST_SECONDS
        if self._always_passes(path):
            return self._application(environ, start)
        if getattr(place, "is_refused", False) or time.monotonic() > until:
            return self._refuse(environ, start, path)
        with IN_FLIGHT.track_inprogress(), deadline.until(until):
            return self._application(environ, start)

    def refusal(self, method: str, path: str) -> bytes | None:
        """Return a refusal as it goes over the wire, made once for all; nothing for what always passes."""
        if method not in METHODS or self._always_passes(path):
            return None
        REFUSED.inc()
        kind, is_read = _kind_of(path), method in READS
        if (kind, method) not in self._on_the_wire:
            headers, body = self._answer(kind, is_read=is_read)
            lines = [f"{name}: {value}" for name, value in (*headers, ("Connection", "close"))]
            head = "\r\n".join(("HTTP/1.1 503 Service Unavailable", *lines, "", ""))
            self._on_the_wire[kind, method] = head.encode("latin-1") + (b"" if method == "HEAD" else body)
        return self._on_the_wire[kind, method]

    def _always_passes(self, path: str) -> bool:
        return path in ALWAYS or path.startswith(self._files)

    def _refuse(self, environ: Environ, start: Start, path: str) -> Iterable[bytes]:
        REFUSED.inc()
        headers, body = self._answer(_kind_of(path), is_read=environ.get("REQUEST_METHOD") in READS)
        start("503 Service Unavailable", headers)
        return [body]

    def _answer(self, kind: str, *, is_read: bool) -> tuple[list[tuple[str, str]], bytes]:
        """Return what was made once; nothing in it belongs to one request."""
        if (kind, is_read) not in self._answers:
            answer = busy(kind, is_read=is_read, wait=WAIT_SECONDS)
            headers = {"Content-Security-Policy": policy_text(), **FIXED, **answer.headers}
            headers["Content-Length"] = str(len(answer.content))
            self._answers[kind, is_read] = list(headers.items()), answer.content
        return self._answers[kind, is_read]


def _kind_of(path: str) -> str:
    return next((prefix for prefix in (API, SIGN_IN, OAUTH) if path.startswith(prefix)), PAGE)
