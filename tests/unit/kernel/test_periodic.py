"""Jobs that work off what is due."""

from collections.abc import Collection

from kernel.errors import ConflictError
from kernel.periodic import work_off


class Desk:
    """Papers in a row, of which some cannot be done."""

    def __init__(self, *, papers: int, stuck: Collection[int] = ()) -> None:
        self.papers = list(range(papers))
        self.stuck = stuck
        self.tried: list[int] = []

    def due(self, passed: Collection[int]) -> list[int]:
        return [paper for paper in self.papers if paper not in passed][:2]

    def work(self, paper: int) -> bool:
        self.tried.append(paper)
        if paper in self.stuck:
            raise ConflictError("It is stuck.")
        self.papers.remove(paper)
        return True


def test_all_that_is_due_is_done_batch_by_batch() -> None:
    desk = Desk(papers=5)

    assert work_off(desk.due, desk.work, job="papers", seconds=60) == [0, 1, 2, 3, 4]


def test_what_cannot_be_done_is_tried_once_in_a_run() -> None:
    desk = Desk(papers=5, stuck={0, 1})

    done = work_off(desk.due, desk.work, job="papers", seconds=60)

    assert (done, desk.tried, desk.papers) == ([2, 3, 4], [0, 1, 2, 3, 4], [0, 1])


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
