"""One figure: what was counted, over what, and the number that people read."""

from collections.abc import Sequence
from decimal import Decimal

from stopship.domain.kpi.measure import Kpi
from stopship.domain.market import percent
from stopship.frozen import frozen

_US, _THOUSANDTHS = Decimal(1_000_000), Decimal(1000)
type Group = tuple[str, tuple[str, ...]]
"""A week, and the value of each dimension that is asked for."""


@frozen
class Figure:
    """``upper`` is in the definition's own small units (rows, microseconds, thousandths), None where nobody knows it; ``lower`` is None where
    nothing is divided. ``key`` has the value of each dimension of ``by``."""

    kpi: Kpi
    week: str
    by: tuple[str, ...]
    key: tuple[str, ...]
    upper: int | None
    lower: int | None = None

    @property
    def value(self) -> Decimal | None:
        """Percent with two decimals, seconds, an amount of money, or a number; None where there is nothing to divide by or to measure."""
        if self.upper is None:
            return None
        match self.kpi.unit:
            case "percent":
                return percent(self.upper, self.lower or 0)
            case "seconds":
                return self.upper / _US
            case "money":
                return self.upper / _THOUSANDTHS
            case _:
                return Decimal(self.upper)

    @property
    def slice(self) -> dict[str, str]:
        return dict(zip(self.by, self.key, strict=True))

    def row(self) -> dict[str, object]:
        """JSON-shaped."""
        value = self.value
        return {
            "kpi": self.kpi.name,
            "week": self.week,
            **self.slice,
            "value": None if value is None else f"{value:f}",
            "unit": self.kpi.unit,
            "numerator": self.upper,
            "denominator": self.lower,
        }


def total(figures: Sequence[Figure]) -> int:
    """Of slices that do not overlap; what nobody knows adds nothing."""
    return sum(x.upper or 0 for x in figures)
