"""Ids are of version 7, all different, and in the order in which they were made."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122, UUID

import pytest

from kernel.ids import Sequence, uuid7

MANY = 10_000


def made(_thread: int) -> list[UUID]:
    """Return the ids that one thread makes."""
    return [uuid7() for _ in range(MANY)]


def test_an_id_tells_its_version_and_its_millisecond() -> None:
    before = time.time_ns() // 1_000_000

    made_id = Sequence().next()

    assert (made_id.version, made_id.variant) == (7, RFC_4122)
    assert before <= made_id.int >> 80 <= time.time_ns() // 1_000_000


def test_each_id_is_greater_than_the_one_before_in_every_thread() -> None:
    with ThreadPoolExecutor(4) as threads:
        rows = list(threads.map(made, range(4)))

    assert all(row == sorted(row) for row in rows)
    assert len({found for row in rows for found in row}) == 4 * MANY


def test_a_clock_that_stands_still_or_goes_back_keeps_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    sequence = Sequence()
    moments = [2_000_000_000] * MANY + [1_000_000_000] * MANY
    monkeypatch.setattr("kernel.ids.time.time_ns", lambda: moments.pop(0))

    ids = [sequence.next() for _ in range(2 * MANY)]

    assert ids == sorted(set(ids))
    assert ids[0].int >> 80 == 2_000
    assert ids[-1].int >> 80 < 2_000 + 10
