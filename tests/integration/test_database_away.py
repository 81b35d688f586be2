"""Everything locked, or no database at all: every entrance says "come back", in the form that its callers read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client

from kernel import deadline

PERSON = {"name": "Ada", "email": "ada@example.com", "password": "correct-horse-battery-1"}
PROBLEM, PAGE, JSON = "application/problem+json", "text/html; charset=utf-8", "application/json"
READS = (
    ("GET", "/api/v1/products/", None, PROBLEM),
    ("GET", "/products/", None, PAGE),
    ("GET", "/accounts/login/", None, PAGE),
    ("GET", "/_allauth/browser/v1/auth/session", None, JSON),
)
WRITES = (
    ("POST", "/api/v1/carts/", {}, PROBLEM),
    ("POST", "/_allauth/app/v1/auth/signup", PERSON, JSON),
)


@contextmanager
def everything_locked() -> Iterator[None]:
    """Let another connection hold every table, and this one wait for a tenth of a second or the shortest there is."""
    other = connection.copy()
    tables = [connection.ops.quote_name(name) for name in connection.introspection.table_names()]
    lock, patience = {
        "postgresql": (
            [f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE"],
            ["SET lock_timeout = '100ms'"],
        ),
        "mysql": (
            ["LOCK TABLES " + ", ".join(f"{table} WRITE" for table in tables)],
            ["SET lock_wait_timeout = 1, innodb_lock_wait_timeout = 1"],
        ),
        "sqlite": (["BEGIN IMMEDIATE"], ["PRAGMA busy_timeout = 100"]),
    }[connection.vendor]
    other.ensure_connection()
    with connection.cursor() as cursor:
        for statement in patience:
            cursor.execute(statement)
    if other.vendor == "postgresql":
        other.set_autocommit(autocommit=False)
    with other.cursor() as cursor:
        for statement in lock:
            cursor.execute(statement)
    try:
        with deadline.until(0):
            yield
    finally:
        other.close()
        connection.close()


@contextmanager
def no_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the address lead nowhere: a port that nobody listens on, a folder that is not there."""
    connection.close()
    with monkeypatch.context() as changed:
        nowhere = ("NAME", "/nowhere/shop.sqlite3") if connection.vendor == "sqlite" else ("PORT", "1")
        changed.setitem(connection.settings_dict, *nowhere)
        yield
        connection.close()


def answers(entrances: tuple[tuple[str, str, Any, str], ...]) -> dict[str, tuple[int, str, bool]]:
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "abcdefghijklmnopqrstuvwxyz012345"
    found = {}
    for method, path, body, _kind in entrances:
        answer = client.generic(
            method, path, b"" if body is None else orjson.dumps(body), content_type="application/json"
        )
        found[f"{method} {path}"] = (answer.status_code, answer["Content-Type"], "Retry-After" in answer)
    return found


def wanted(entrances: tuple[tuple[str, str, Any, str], ...]) -> dict[str, tuple[int, str, bool]]:
    return {f"{method} {path}": (503, kind, True) for method, path, _body, kind in entrances}


@pytest.mark.django_db(transaction=True)
def test_whoever_meets_a_lock_is_told_to_come_back() -> None:
    entrances = WRITES if connection.vendor == "sqlite" else (*READS, *WRITES)

    with everything_locked():
        found = answers(entrances)

    assert found == wanted(entrances)


@pytest.mark.django_db(transaction=True)
def test_whoever_meets_no_database_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with no_database(monkeypatch):
        found = answers((*READS, *WRITES))

    assert found == wanted((*READS, *WRITES))


@pytest.mark.django_db(transaction=True)
def test_the_page_says_so_in_the_shops_own_words_and_looks_again_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    with no_database(monkeypatch):
        answer = Client().get("/products/")

    assert "The shop is very busy" in answer.content.decode()
    assert (answer["Retry-After"], answer["Refresh"], answer["Cache-Control"]) == ("2", "5", "no-store")
