"""Is the process alive, and may it get requests? Answered before host names, sessions and redirects."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTimeError

import orjson
from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from kernel.backups import unfinished
from kernel.topology import local_databases

SECONDS = 2.0
"""How long a database may take to answer a probe."""
_migrated: set[str] = set()
_lock = threading.Lock()
_asked: dict[str, Future[str]] = {}
_asking = ThreadPoolExecutor(4, thread_name_prefix="readiness")


class HealthMiddleware:
    """Answers /livez and /readyz."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a probe, or pass on."""
        if request.path == "/livez":
            return _answer(200, {"status": "alive"})
        if request.path == "/readyz":
            return readiness()
        return self.get_response(request)


def readiness() -> HttpResponse:
    """Ask every database of this process; 503 names what is missing."""
    asked = {alias: _ask(alias) for alias in local_databases()}
    problems = {alias: found for alias, answer in asked.items() if (found := _within_time(answer))}
    if problems:
        return _answer(503, {"status": "not ready", "databases": problems})
    return _answer(200, {"status": "ready"})


def _ask(alias: str) -> Future[str]:
    """Ask beside the request, over a connection of its own: a database that hangs holds no thread that serves.

    Whoever asks while an answer is still awaited waits for the same one.
    """
    with _lock:
        known = _asked.get(alias)
        if known is None or known.done():
            _asked[alias] = known = _asking.submit(_look, alias)
        return known


def _within_time(answer: Future[str]) -> str:
    try:
        return answer.result(timeout=SECONDS)
    except NotInTimeError:
        return f"does not answer within {SECONDS:g} s"


def _look(alias: str) -> str:
    try:
        return trouble(alias)
    finally:
        connections[alias].close()


def trouble(alias: str) -> str:
    """Return what keeps a database from being worked with, or nothing."""
    try:
        if unfinished.is_marked(alias):  # each time: a restore may begin while the shop is open
            _migrated.discard(alias)
            return unfinished.WORDS
        if alias not in _migrated and _has_unapplied_migrations(alias):
            return "migrations are not applied"
    except DatabaseError:
        return "does not answer"
    _migrated.add(alias)
    return ""


def _has_unapplied_migrations(alias: str) -> bool:
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415 - needed once a process

    executor = MigrationExecutor(connections[alias])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _answer(status: int, body: dict[str, object]) -> HttpResponse:
    return HttpResponse(
        orjson.dumps(body), status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )
