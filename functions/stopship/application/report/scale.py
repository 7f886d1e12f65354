"""Where an axis ends: every axis begins at zero, and ends at a round number that nothing exceeds."""

from collections.abc import Iterable
from decimal import Decimal

from stopship.application.report.wording import STEPS
from stopship.domain.kpi.figure import Figure

_ROUND = tuple(Decimal(x) for x in ("1", "1.2", "1.5", "2", "2.5", "3", "4", "5", "6", "8", "10"))
_WHOLE = Decimal(100)


def top(figures: Iterable[Figure | None]) -> Decimal:
    """The end of the axis; 1 where there is nothing to draw. Shares of a whole end at the whole when they come near it."""
    figures = list(figures)
    values = [x.value for x in figures if x is not None and x.value is not None]
    most = max(values, default=Decimal(0))
    if most <= 0:
        return Decimal(1)
    if any(x is not None and x.kpi.unit == "percent" for x in figures) and most > _WHOLE / 2:
        return max(_WHOLE, most)
    # Time ends at a round number of what it is written in.
    of_time = any(x is not None and x.kpi.unit == "seconds" for x in figures)
    length = next((length for length, _ in STEPS if of_time and most >= length), 1)
    most = most / length
    power = Decimal(10) ** most.adjusted()
    return next(step * power for step in _ROUND if step * power >= most) * length


def share(figure: Figure | None, end: Decimal) -> float:
    """How far along the axis, 0 to 1."""
    if figure is None or figure.value is None:
        return 0.0
    return float(min(figure.value / end, Decimal(1)))
