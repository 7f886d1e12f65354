"""What a vendor is asked, in the form in which mail and page show it: an order's number, articles and quantities, and nothing about a customer."""

from collections.abc import Mapping
from datetime import datetime

from stopship.domain.instant import parse
from stopship.domain.order import Quantities
from stopship.frozen import frozen


@frozen
class Asked:
    """``order`` is the number that people know it by; ``skus`` name the article of a line, "" or absent where there is none."""

    order: str
    lines: Quantities
    skus: Mapping[str, str]
    deadline: str

    @property
    def rows(self) -> list[tuple[str, str, int]]:
        """Line id, what people call it, quantity."""
        return [(line, self.skus.get(line) or line, quantity) for line, quantity in self.lines.items()]

    @property
    def until(self) -> str:
        """The deadline as people read it. Always in UTC, and said so: nobody has told us the vendor's time zone."""
        moment: datetime = parse(self.deadline)
        return moment.strftime("%Y-%m-%d %H:%M UTC")
