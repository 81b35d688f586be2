"""Is the process alive, and may it get requests? Answered before host names, sessions and redirects."""

from collections.abc import Callable

import orjson
from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from kernel.topology import local_databases

_migrated: set[str] = set()


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
    problems = {alias: trouble for alias in local_databases() if (trouble := _trouble(alias))}
    if problems:
        return _answer(503, {"status": "not ready", "databases": problems})
    return _answer(200, {"status": "ready"})


def _trouble(alias: str) -> str:
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
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
