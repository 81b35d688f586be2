"""A probe is answered in time, whatever the database does."""

import socket
import time
from typing import Any

import pytest
from django.db import connections

from kernel.http import health


@pytest.mark.django_db(transaction=True)
def test_a_ready_database_is_said_to_be_ready(client: Any) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


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
    assert took < 4
