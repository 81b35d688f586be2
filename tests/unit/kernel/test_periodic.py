"""Jobs that work off what is due."""

from collections.abc import Collection

import pytest
from django.db import OperationalError

from kernel.errors import ConflictError
from kernel.periodic import work_off


class Desk:
    """Papers in a row, of which some cannot be done."""

    def __init__(self, *, papers: int, stuck: Collection[int] = (), trouble: Exception | None = None) -> None:
        self.trouble = trouble or ConflictError("It is stuck.")
        self.papers = list(range(papers))
        self.stuck = stuck
        self.tried: list[int] = []

    def due(self, passed: Collection[int]) -> list[int]:
        return [paper for paper in self.papers if paper not in passed][:2]

    def work(self, paper: int) -> bool:
        self.tried.append(paper)
        if paper in self.stuck:
            raise self.trouble
        self.papers.remove(paper)
        return True


def test_all_that_is_due_is_done_batch_by_batch() -> None:
    desk = Desk(papers=5)

    assert work_off(desk.due, desk.work, job="papers", seconds=60) == [0, 1, 2, 3, 4]


def test_what_cannot_be_done_is_tried_once_in_a_run() -> None:
    desk = Desk(papers=5, stuck={0, 1})

    done = work_off(desk.due, desk.work, job="papers", seconds=60)

    assert (done, desk.tried, desk.papers) == ([2, 3, 4], [0, 1, 2, 3, 4], [0, 1])


@pytest.mark.parametrize(("words", "is_passed"), [("database is locked", True), ("no such table: papers", False)])
def test_a_row_that_somebody_holds_keeps_no_other_waiting_but_a_broken_database_ends_the_run(
    words: str, is_passed: bool
) -> None:
    desk = Desk(papers=2, stuck={0}, trouble=OperationalError(words))

    if is_passed:
        assert work_off(desk.due, desk.work, job="papers", seconds=60) == [1]
    else:
        with pytest.raises(OperationalError, match=words):
            work_off(desk.due, desk.work, job="papers", seconds=60)


def test_what_was_not_there_any_more_is_not_asked_for_again() -> None:
    assert work_off(lambda passed: [1] if 1 not in passed else [], lambda _paper: False, job="papers", seconds=60) == []


def test_after_its_time_a_run_leaves_the_rest_to_the_next() -> None:
    desk = Desk(papers=5)

    assert work_off(desk.due, desk.work, job="papers", seconds=0) == []
    assert desk.papers == [0, 1, 2, 3, 4]


def test_where_nothing_can_be_done_a_run_ends() -> None:
    desk = Desk(papers=3000, stuck=range(3000))

    work_off(desk.due, desk.work, job="papers", seconds=60)

    assert len(desk.tried) == 1000
