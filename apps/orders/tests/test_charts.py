"""The drawing of sales by day, and how figures compare."""

import pytest

from apps.orders.rules.charts import Canvas, averages, draw, round_step
from apps.orders.rules.figures import change_of

CANVAS = Canvas(width=110, height=150, left=2, right=8, top=10, bottom=40, bar_share=0.5, label_every=2)


@pytest.mark.parametrize(
    ("highest", "step"),
    [(0, 100), (400, 100), (401, 200), (49_000, 15_000), (50_001, 15_000), (220_100, 60_000), (400_000, 100_000)],
)
def test_the_axis_has_the_smallest_round_steps_that_reach_the_highest_day(highest: int, step: int) -> None:
    assert round_step(highest, unit=100) == step


def test_a_currency_without_cents_has_whole_steps_too() -> None:
    assert round_step(5, unit=1) == 2


def test_an_average_looks_back_a_week_and_no_further_than_the_first_day() -> None:
    assert averages([10, 20, 30], shown=3) == [10, 15, 20]
    assert averages([70, 0, 0, 0, 0, 0, 0, 7], shown=2) == [10, 1]


def test_bars_stand_on_the_floor_and_the_highest_line_is_the_top() -> None:
    drawing = draw([200, 0, 400], shown=2, unit=100, canvas=CANVAS)

    assert [(bar.x, bar.y, bar.width, bar.height) for bar in drawing.bars] == [
        (14.5, 110.0, 25.0, 0.0),
        (64.5, 10.0, 25.0, 100.0),
    ]
    assert [(tick.value, tick.y) for tick in drawing.ticks] == [(0, 110), (100, 85), (200, 60), (300, 35), (400, 10)]
    assert drawing.points == [(27.0, 85.0), (77.0, 60.0)]
    assert drawing.labelled == [0]


def test_an_average_above_every_bar_stays_inside_the_drawing() -> None:
    drawing = draw([9_000, 0, 400], shown=2, unit=100, canvas=CANVAS)

    assert drawing.ticks[-1].value == 4_800
    assert drawing.points == [(27.0, 16.2), (77.0, 44.7)]


def test_a_week_without_sales_is_a_flat_drawing() -> None:
    drawing = draw([0, 0], shown=2, unit=100, canvas=CANVAS)

    assert {bar.height for bar in drawing.bars} == {0.0}
    assert [tick.value for tick in drawing.ticks] == [0, 100, 200, 300, 400]


@pytest.mark.parametrize(
    ("present", "before", "change"), [(150, 100, 50.0), (99, 100, -1.0), (5, 0, None), (0, 3, -100.0)]
)
def test_a_figure_is_compared_by_per_cent(present: int, before: int, change: float | None) -> None:
    assert change_of(present, before=before) == change
