"""The drawing of sales by day: where bars, averages and lines of a chart stand. Pure numbers, no words."""

from collections.abc import Sequence
from dataclasses import dataclass

STEPS = 4
"""How many spaces the axis has."""

ROUND = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)
"""What a step may begin with, in tenths."""
WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """The size of a drawing and what is left free for its labels."""

    width: int
    height: int
    left: int
    right: int = 8
    top: int = 12
    bottom: int = 28
    bar_share: float = 0.68
    """How much of its space a bar takes."""
    label_every: int = 5
    """Every which day has a label."""

    @property
    def inner_width(self) -> int:
        """Where bars may stand."""
        return self.width - self.left - self.right

    @property
    def axis_x(self) -> int:
        """Where the words of the axis end."""
        return self.left - 8

    @property
    def floor(self) -> int:
        """The height of the zero line, counted from above."""
        return self.height - self.bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One day."""

    index: int
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Where its label and its average stand."""
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One line of the axis."""

    value: int
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Everything that a chart consists of."""

    canvas: Canvas
    bars: list[Bar]
    ticks: list[Tick]
    points: list[tuple[float, float]]
    """The line of averages."""
    labelled: list[int]
    """The bars under which a day stands."""


def round_step(highest: int, *, unit: int) -> int:
    """Return the smallest round step with which four of them reach the highest value.

    :param unit: the smallest step, such as 100 for whole euros.
    """
    scale = unit
    while scale * 10 * STEPS < highest:
        scale *= 10
    steps = [factor * scale // 10 for factor in ROUND if factor * scale % (10 * unit) == 0]
    return next((step for step in steps if step * STEPS >= highest), scale * 10)


def averages(values: Sequence[int], *, shown: int, window: int = WEEK) -> list[int]:
    """Return for each of the last ``shown`` values the mean of it and those before it, ``window`` in all."""
    first = len(values) - shown
    spans = [values[max(0, end - window + 1) : end + 1] for end in range(first, len(values))]
    return [sum(span) // len(span) for span in spans]


def draw(values: Sequence[int], *, shown: int, unit: int, canvas: Canvas) -> Drawing:
    """Return the drawing of the last ``shown`` values; the ones before only count for the averages."""
    visible = values[len(values) - shown :]
    means = averages(values, shown=shown)
    step = round_step(max([0, *visible, *means]), unit=unit)
    top_value = step * STEPS
    bars = [_bar(value, index=index, count=shown, top=top_value, canvas=canvas) for index, value in enumerate(visible)]
    return Drawing(
        canvas=canvas,
        bars=bars,
        ticks=[Tick(value=step * n, y=_height_of(step * n, top=top_value, canvas=canvas)) for n in range(STEPS + 1)],
        points=[
            (bar.middle, _height_of(mean, top=top_value, canvas=canvas)) for bar, mean in zip(bars, means, strict=True)
        ],
        labelled=[bar.index for bar in bars if (shown - 1 - bar.index) % canvas.label_every == canvas.label_every // 2],
    )


def _bar(value: int, *, index: int, count: int, top: int, canvas: Canvas) -> Bar:
    space = canvas.inner_width / count
    width = space * canvas.bar_share
    y = _height_of(value, top=top, canvas=canvas)
    return Bar(
        index=index,
        x=round(canvas.left + space * index + (space - width) / 2, 1),
        y=y,
        width=round(width, 1),
        height=round(canvas.floor - y, 1),
    )


def _height_of(value: int, *, top: int, canvas: Canvas) -> float:
    return round(canvas.floor - (canvas.floor - canvas.top) * value / top, 1)
