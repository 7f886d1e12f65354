"""All measures: this week, the week before, the change, and the trend."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from stopship.application.compute_kpis import compute
from stopship.application.figures import FigureSource
from stopship.application.report.make import TREND_WEEKS
from stopship.console.answers import Answer
from stopship.console.pages.page import page
from stopship.console.views.kpi import GROUPS, chosen, measured, row
from stopship.console.views.kpi_asked import KpiAsked, read_asked
from stopship.console.visit import Visit
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.measure import Kpi, Slice

NARROW_BY: Final = ("channel", "fulfillment_type", "reason", "root_cause", "avoidable")
"""What most measures can be narrowed to; a measure's own page knows all of its dimensions."""


def show_kpis(source: FigureSource, visit: Visit) -> Answer:
    asked = read_asked(visit, source, None, ("week", "merchant"), looked_at(visit))
    kpis = [kpi for kpi in KPIS.values() if set(asked.only) <= set(kpi.dimensions)]
    return page(
        visit,
        "kpis.html",
        "figures",
        asked=asked,
        groups=_groups(asked, kpis),
        missing=len(KPIS) - len(kpis),
        choices=_choices(asked),
        chosen=chosen(asked, ""),
        week_choices=week_choices(asked),
    )


def looked_at(visit: Visit) -> str:
    """The merchant that the person looks at, "" for several."""
    return visit.merchants[0] if len(visit.merchants) == 1 else ""


def week_choices(asked: KpiAsked) -> list[str]:
    """The weeks up to the one that has begun, and the one that is shown."""
    newest = asked.default_week.plus(1)
    weeks = [newest.plus(-n) for n in range(TREND_WEEKS + 1)]
    return [str(week) for week in sorted({*weeks, asked.week}, reverse=True)]


def _groups(asked: KpiAsked, kpis: Sequence[Kpi]) -> list[dict[str, Any]]:
    found = measured(asked, kpis)
    places = {name: place for place, name in enumerate(GROUPS)}
    ordered = sorted(kpis, key=lambda kpi: places[kpi.group])
    return [
        {"title": GROUPS[group], "rows": [row(asked, x) for kpi in members for x in found[kpi.name]]}
        for group, members in groupby(ordered, key=lambda kpi: kpi.group)
    ]


def _choices(asked: KpiAsked) -> Mapping[str, list[str]]:
    """The values that occur, and what is chosen."""
    kpi = KPIS["cases_received"]
    found = compute(asked.figures.facts, [kpi], asked.spans, Slice(NARROW_BY))[kpi.name].figures
    values = {name: {x.slice[name] for x in found} | {asked.only.get(name, "")} for name in NARROW_BY}
    return {name: sorted(known - {""}) for name, known in values.items()}
