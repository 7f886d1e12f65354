"""Columns by week, as SVG: from zero to a round number that nothing exceeds. What nobody knows has no column, and is marked."""

from collections.abc import Sequence
from typing import Final

from stopship.application.report.scale import share, top
from stopship.application.report.wording import shown, written
from stopship.domain.kpi.figure import Figure
from stopship.frozen import frozen

LEFT, HEAD, FOOT = 64.0, 10.0, 26.0
WIDE, TALL = 480.0, 190.0
_FILLED: Final = 0.64
"""Of a column's place, what the column takes."""


@frozen
class Column:
    """In the plot's own units. ``height`` 0 and ``known`` false: nobody knows."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    week: str
    text: str
    known: bool
    now: bool


@frozen
class Line:
    y: float
    text: str


@frozen
class Plot:
    width: float
    height: float
    left: float
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


def plot(figures: Sequence[Figure | None], weeks: Sequence[str]) -> Plot:
    """With an axis: zero, the half, the end. ``weeks`` are those of ``figures``."""
    end = top(figures)
    some = next((f for f in figures if f is not None), None)
    unit, currency = (some.kpi.unit, some.slice.get("currency", "")) if some else ("count", "")
    ground, room = TALL - FOOT, TALL - FOOT - HEAD
    lines = [Line(ground, "0"), Line(HEAD, written(end, unit, currency))]
    if unit != "count" or end % 2 == 0:
        # There is no half of a case.
        lines.insert(1, Line(HEAD + room / 2, written(end / 2, unit, currency)))
    return Plot(WIDE, TALL, LEFT, _columns(figures, weeks, LEFT, WIDE - LEFT, ground, room), tuple(lines))


def small(figures: Sequence[Figure | None], weeks: Sequence[str]) -> Plot:
    """For a row of a table: the number that it ends with stands beside it."""
    return Plot(96, 24, 0, _columns(figures, weeks, 0, 96, 23, 22), ())


def _columns(
    figures: Sequence[Figure | None], weeks: Sequence[str], left: float, width: float, ground: float, room: float
) -> tuple[Column, ...]:
    end, each = top(figures), width / max(1, len(weeks))
    return tuple(
        _column(figure, week, left + n * each, each, ground, share(figure, end) * room, now=n == len(weeks) - 1)
        for n, (figure, week) in enumerate(zip(figures, weeks, strict=True))
    )


def _column(
    figure: Figure | None, week: str, x: float, each: float, ground: float, height: float, *, now: bool
) -> Column:
    gap = each * (1 - _FILLED) / 2
    known = figure is not None and figure.value is not None
    return Column(
        x=round(x + gap, 1),
        y=round(ground - height, 1),
        width=round(each * _FILLED, 1),
        height=round(height, 1),
        middle=round(x + each / 2, 1),
        week=week[-3:],
        text=f"{week}: {shown(figure) if known else 'nobody knows'}",
        known=known,
        now=now,
    )
