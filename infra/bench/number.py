"""What a measurement says, and what it has to reach."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """``limit`` None: said for information, nothing to reach. ``at_least`` turns the comparison round."""

    what: str
    value: float
    limit: float | None
    unit: str
    at_least: bool = False

    @property
    def good(self) -> bool:
        if self.limit is None:
            return True
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def wanted(self) -> str:
        """The limit as a clerk reads it; "" when there is none."""
        return "" if self.limit is None else f"{'>=' if self.at_least else '<='} {self.limit:g}"
