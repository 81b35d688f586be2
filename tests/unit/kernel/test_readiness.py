"""A probe is answered in time, whatever the database does."""

import socket
import time
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from kernel.backups import unfinished
from kernel.http import health


@pytest.mark.django_db(transaction=True)
def test_a_ready_database_is_said_to_be_ready(client: Any) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


@pytest.mark.django_db(transaction=True)
def test_a_database_that_a_restore_left_half_filled_is_not_ready(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", set())
    unfinished.mark("default")
    try:
        answer = client.get("/readyz")
        with pytest.raises(CommandError, match=r"did not come to its end; run manage\.py restore --force"):
            call_command("doctor")
        with pytest.raises(CommandError, match="did not come to its end"):
            call_command("migrate", verbosity=0)
    finally:
        unfinished.unmark("default")

    assert (answer.status_code, answer.json()["databases"]) == (503, {"default": unfinished.WORDS})
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_process_that_was_ready_keeps_away_from_a_database_that_is_being_filled(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/readyz").status_code == 200
    unfinished.mark("default")
    try:
        answer = client.get("/readyz")
    finally:
        unfinished.unmark("default")
    monkeypatch.setattr(health, "_has_unapplied_migrations", lambda _alias: True)  # the backup was of an older shop
    filled = client.get("/readyz")

    assert (answer.status_code, answer.json()["databases"]) == (503, {"default": unfinished.WORDS})
    assert (filled.status_code, filled.json()["databases"]) == (503, {"default": "migrations are not applied"})


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_silent_is_not_ready_after_two_seconds(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if connections["default"].vendor == "sqlite":
        return  # a file does not go silent
    connections["default"].close()
    with socket.create_server(("127.0.0.1", 0)) as silent, monkeypatch.context() as changed:
        changed.setitem(connections["default"].settings_dict, "PORT", str(silent.getsockname()[1]))
        changed.setitem(connections["default"].settings_dict, "HOST", "127.0.0.1")
        began = time.monotonic()
        answer = client.get("/readyz")
        took = time.monotonic() - began
        waiting = health._asked["default"]
    waiting.exception(timeout=30)

    assert (answer.status_code, answer.json()["databases"]) == (503, {"default": "does not answer within 2 s"})
    assert took < 10
