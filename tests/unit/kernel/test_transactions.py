"""The outermost transaction runs again on a conflict; nothing else does."""

from collections.abc import Iterator

import pytest
from django.db import OperationalError, transaction

from kernel import transactions
from kernel.transactions import TRIES, on_commit, unit_of_work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions.time, "sleep", lambda _seconds: None)


def conflict() -> OperationalError:
    error = OperationalError("database is locked")
    error.__cause__ = Exception("database is locked")
    return error


def test_a_conflict_runs_the_whole_transaction_again() -> None:
    attempts: Iterator[int] = iter(range(10))

    @unit_of_work
    def work() -> int:
        attempt = next(attempts)
        if attempt < 2:
            raise conflict()
        return attempt

    assert work() == 2


def test_after_six_tries_the_conflict_is_told() -> None:
    calls: list[int] = []

    @unit_of_work
    def work() -> None:
        calls.append(1)
        raise conflict()

    with pytest.raises(OperationalError):
        work()
    assert len(calls) == TRIES


def test_a_nested_unit_joins_and_only_the_outermost_runs_again() -> None:
    calls: list[str] = []

    @unit_of_work
    def inner() -> None:
        calls.append("inner")
        if calls.count("inner") == 1:
            raise conflict()

    @unit_of_work
    def outer() -> None:
        calls.append("outer")
        inner()

    outer()

    assert calls == ["outer", "inner", "outer", "inner"]


def test_any_other_error_is_raised_at_once() -> None:
    calls: list[int] = []

    @unit_of_work
    def work() -> None:
        calls.append(1)
        raise OperationalError("no such table")

    with pytest.raises(OperationalError):
        work()
    assert len(calls) == 1


def test_what_fails_after_the_commit_does_not_run_the_work_again() -> None:
    calls: list[int] = []

    @unit_of_work
    def fails() -> None:
        raise conflict()

    @unit_of_work
    def work() -> int:
        calls.append(1)
        on_commit(fails)
        return len(calls)

    assert work() == 1


def test_there_is_no_transaction_left_afterwards() -> None:
    unit_of_work(lambda: None)()

    assert not transaction.get_connection().in_atomic_block
