"""A measure over the weeks that are looked at: now, the week before, and the trend. Weeks of which nobody told anything have no figure."""

from collections.abc import Mapping, Sequence

from stopship.application.compute_kpis import Computed
from stopship.application.report.model import Headline
from stopship.domain.kpi.figure import Figure
from stopship.domain.kpi.measure import Kpi

TOLD_BY = ("orders_placed", "cases_received")
"""The measures that say whether there are facts of a week."""


def told_weeks(computed: Mapping[str, Computed]) -> frozenset[str]:
    """Weeks of which there are facts. Where nobody told of an order or a case, a zero would be made up."""
    figures = [x for name in TOLD_BY for x in computed[name].figures]
    return frozenset(x.week for x in figures if x.upper)


def headlines(kpi: Kpi, computed: Computed, weeks: Sequence[str], told: frozenset[str]) -> list[Headline]:
    """One for each currency where money is told; where no week has any, one that says so. ``weeks`` oldest first."""
    found: dict[tuple[str, ...], dict[str, Figure]] = {}
    for figure in computed.figures:
        found.setdefault(figure.key, {})[figure.week] = figure
    if not found and kpi.unit == "money":
        return [Headline(kpi, kpi.title, None, None, (None,) * len(weeks))]
    return [_headline(key, by_week, weeks, kpi, told) for key, by_week in sorted(found.items())]


def _headline(
    key: tuple[str, ...], by_week: Mapping[str, Figure], weeks: Sequence[str], kpi: Kpi, told: frozenset[str]
) -> Headline:
    some = next(iter(by_week.values()))
    # A week in which no money of this currency moved is a zero: the facts are there, and there was none.
    nothing = 0 if kpi.unit == "money" else None
    rows = [
        (by_week.get(w) or (Figure(kpi, w, some.by, key, nothing) if nothing == 0 else None)) if w in told else None
        for w in weeks
    ]
    label = f"{kpi.title}, {' '.join(key)}" if key else kpi.title
    only = {k: v for k, v in some.slice.items() if not kpi.priced}
    return Headline(kpi, label, rows[-1], rows[-2] if len(rows) > 1 else None, tuple(rows), only)
