"""Line conservation: ordered = shipped + cancelled + open, in every system, before and after each change of ours."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from stopship.domain.order import OrderLine, Quantities
from stopship.frozen import frozen


@frozen
class LineCount:
    """What one system counts of one line. ``line_id`` is that system's own name for it."""

    line_id: str
    ordered: int
    shipped: int
    cancelled: int

    @property
    def open(self) -> int:
        return self.ordered - self.shipped - self.cancelled


def counts(lines: Iterable[OrderLine]) -> list[LineCount]:
    return [LineCount(x.line_id, x.ordered, x.shipped, x.cancelled) for x in lines]


def rows(lines: Iterable[LineCount]) -> list[dict[str, Any]]:
    """As they are recorded."""
    return [asdict(line) for line in lines]


def not_cancelled(after: Iterable[LineCount], due: Quantities) -> list[str]:
    """Lines of which less is cancelled than is due. What has shipped cannot be cancelled any more and is not due."""
    return [x.line_id for x in after if x.cancelled < min(due.get(x.line_id, 0), x.ordered - x.shipped)]


def disturbed(before: Sequence[LineCount], after: Sequence[LineCount], touched: Collection[str]) -> list[str]:
    """Lines that nobody meant to change and of which more or less goes on than before; lines that came or went."""
    was, now = {x.line_id: x for x in before}, {x.line_id: x for x in after}
    changed = {x for x in was.keys() & now.keys() - set(touched) if _goes_on(was[x]) != _goes_on(now[x])}
    return sorted(changed | (was.keys() ^ now.keys()))


def _goes_on(line: LineCount) -> int:
    """Shipped or still to ship: a piece that ships in between changes nothing about it."""
    return line.open + line.shipped
