"""The few words that a definition is written in. Whoever evaluates definitions, in Python or in SQL, evaluates these."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from stopship.frozen import frozen

type Table = Literal["orders", "cases", "saves", "legs", "exceptions", "money"]
type Value = str | bool | int

# ---------------------------------------------------------------------------------------------- which rows


@frozen
class Is:
    column: str
    values: tuple[Value, ...]


@frozen
class IsNot:
    column: str
    values: tuple[Value, ...]


@frozen
class Happened:
    """There is such a moment."""

    column: str


@frozen
class Unknown:
    """Nobody told the number."""

    column: str


@frozen
class Differ:
    column: str
    other: str


@frozen
class Over:
    """More than so much; what is unknown is not more."""

    column: str
    limit: int


@frozen
class EarlierMonth:
    """The first moment lies in an earlier month than the second, which is the one that the clock reads."""

    column: str
    clock: str


@frozen
class AnyOf:
    tests: "tuple[Test, ...]"


type Test = Is | IsNot | Happened | Unknown | Differ | Over | EarlierMonth | AnyOf

# ---------------------------------------------------------------------------------------------- which week


@frozen
class During:
    """The moment lies in the week, and has passed."""

    column: str


@frozen
class OnDay:
    """The date is one of the week's dates."""

    column: str


@frozen
class LastDays:
    """The UTC date is one of so many that end with the week, or with now while it lasts."""

    column: str
    days: int


@frozen
class Standing:
    """It had begun, ``older_us`` ago or more, and had not ended, at the end of the week or now while it lasts."""

    since: str
    until: str
    older_us: int = 0


type Clock = During | OnDay | LastDays | Standing

# ---------------------------------------------------------------------------------------------- what of them


@frozen
class Rows:
    """How many."""


@frozen
class Sum:
    """What is unknown adds nothing."""

    column: str


@frozen
class Distinct:
    column: str


@frozen
class Quantile:
    """Nearest rank: of n known values in order, the one at place ceil(n x percent / 100), counted from 1. Always one that occurred."""

    column: str
    percent: int

    def place(self, known: int) -> int:
        return -(-known * self.percent // 100)


type Of = Rows | Sum | Distinct | Quantile


@frozen
class Tally:
    table: Table
    clock: Clock
    tests: tuple[Test, ...] = ()
    of: Of = Rows()


# ---------------------------------------------------------------------------------------------- the whole

type Unit = Literal["percent", "count", "seconds", "money"]


@frozen
class Words:
    """The definition as people read it. ``over`` is "" where nothing is divided."""

    counts: str
    over: str
    clock: str
    excludes: str


@frozen
class Kpi:
    """``upper`` over ``lower`` where there is one. ``always_by`` are dimensions without which it makes no sense (money of two currencies is not
    added up). ``better`` is whether more or less of it is good, "" for neither. ``plus`` is added to ``upper``: as it would be with so many
    more. ``priced``: what is counted is multiplied by what the merchant says that each costs."""

    name: str
    title: str
    unit: Unit
    words: Words
    upper: Tally
    lower: Tally | None = None
    dimensions: tuple[str, ...] = ()
    always_by: tuple[str, ...] = ()
    better: Literal["more", "less", ""] = ""
    plus: int = 0
    priced: bool = False
    group: str = ""


@frozen
class Slice:
    """What is asked for: broken down ``by`` dimensions, only the rows where each of ``only`` has that value."""

    by: tuple[str, ...] = ()
    only: Mapping[str, str] = field(default_factory=dict)
