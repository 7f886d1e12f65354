"""What a report consists of. Every number in it is a figure of a measure, so that it can be traced and is the same everywhere."""

from collections.abc import Mapping
from dataclasses import field

from stopship.application.report.wording import SAME, difference
from stopship.domain.kpi.figure import Figure
from stopship.domain.kpi.measure import Kpi
from stopship.frozen import frozen


@frozen
class Headline:
    """A measure now, a week before, and over the weeks of the trend, oldest first (the last one is ``now``). ``now`` None: nobody knows."""

    kpi: Kpi
    label: str
    now: Figure | None
    before: Figure | None
    trend: tuple[Figure | None, ...]
    only: Mapping[str, str] = field(default_factory=dict)

    @property
    def tone(self) -> str:
        """good, bad or "" for the change against the week before."""
        if self.now is None or self.before is None or not self.kpi.better:
            return ""
        now, before = self.now.value, self.before.value
        if now is None or before is None or difference(self.now, self.before) == SAME:
            return ""
        return "good" if (now > before) == (self.kpi.better == "more") else "bad"


@frozen
class Change:
    """A headline that moved, and the part of it that moved it most: ``share`` of the change, in the measure's own unit, "" for none."""

    headline: Headline
    by: str
    part: str
    now: Figure | None
    before: Figure | None


@frozen
class Action:
    """What is recommended, why, and the cases that it rests on: those counted in ``figure``, of which ``cases`` are the first."""

    title: str
    why: str
    figure: Figure
    only: Mapping[str, str]
    cases: tuple[tuple[str, str], ...]


@frozen
class Row:
    """``now`` and ``before`` by the measure's name; what is missing is None."""

    key: tuple[str, ...]
    now: Mapping[str, Figure | None]
    before: Mapping[str, Figure | None]

    def only(self, by: tuple[str, ...]) -> dict[str, str]:
        return dict(zip(by, self.key, strict=True))


@frozen
class Breakdown:
    """A table: ``kpis`` by ``by``. ``drawn`` names the measure that is drawn as bars, "" for none. ``matrix``: the first dimension goes
    across, the second down."""

    title: str
    says: str
    by: tuple[str, ...]
    kpis: tuple[Kpi, ...]
    rows: tuple[Row, ...]
    drawn: str = ""
    matrix: bool = False


@frozen
class Section:
    title: str
    tables: tuple[Breakdown, ...]


@frozen
class Report:
    """``merchant`` is "" for a report over all of ``merchants``. ``notes`` say what is missing, late or not counted."""

    merchant: str
    merchants: tuple[str, ...]
    week: str
    first_day: str
    last_day: str
    as_of: str
    over: bool
    headlines: tuple[Headline, ...]
    changes: tuple[Change, ...]
    costs: tuple[str, ...]
    actions: tuple[Action, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]

    @property
    def title(self) -> str:
        return self.merchant or f"{len(self.merchants)} merchants"
