"""What the audit log is told of a change: cut where it is long, and never so that a change is hidden."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.db import transaction

from contracts.users import UsersAction
from kernel import audit
from kernel.actors import Actor, Role
from kernel.ids import uuid7
from tests.unit.kernel.factories import NOON

pytestmark = pytest.mark.django_db
ADMIN = Actor(id=uuid7(), role=Role.ADMIN, email="admin@example.com")
Recorded = Callable[[], list[Any]]


def told(recorded: Recorded, **change: Any) -> tuple[Any, Any]:
    """Return before and after of one value, as the log keeps them."""
    fields = {name: {"value": value} for name, value in change.items()}
    with transaction.atomic():
        audit.record(UsersAction, "account_changed", about=("user", 1), actor=ADMIN, now=NOON, **fields)
    (action,) = recorded()
    return orjson.loads(action.before)["value"], orjson.loads(action.after)["value"]


def test_one_address_of_many_is_not_hidden_behind_the_others(recorded: Recorded) -> None:
    good = [f"https://good-{number}.example.com/{'long/' * 10}" for number in range(9)]

    before, after = told(recorded, before=good, after=[*good, "https://evil.example/"])

    assert before == good
    assert after == [*good, "https://evil.example/"]


def test_texts_that_differ_behind_the_cut_differ_in_the_log(recorded: Recorded) -> None:
    before, after = told(recorded, before="x" * 400, after="x" * 399 + "y")

    assert before != after
    assert before.startswith("x" * 300 + "... (400 characters, SHA-256 ")
    assert len(after) < 350


def test_lists_that_differ_behind_the_cut_differ_in_the_log(recorded: Recorded) -> None:
    before, after = told(recorded, before=list(range(400)), after=[*range(399), 0])

    assert before[:300] == after[:300] == list(range(300))
    assert before[300:] != after[300:]
    assert before[300].startswith("... (400 elements, SHA-256 ")


def test_what_is_short_stands_as_it_is(recorded: Recorded) -> None:
    assert told(recorded, before={"a": [1, None, "b"]}, after="") == ({"a": [1, None, "b"]}, "")
