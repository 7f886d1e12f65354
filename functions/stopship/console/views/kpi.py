"""Figures as pages show them: the number that people read, the exact one, and where its cases are."""

from collections.abc import Mapping, Sequence
from typing import Any

from stopship.application.compute_kpis import Computed, compute
from stopship.application.report.headlines import TOLD_BY, headlines, told_weeks
from stopship.application.report.links import Links
from stopship.application.report.model import Headline
from stopship.application.report.wording import difference, plain, shown
from stopship.console.views.kpi_asked import KpiAsked
from stopship.console.views.kpi_plot import Plot, plot, small
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.figure import Figure
from stopship.domain.kpi.measure import Kpi, Slice
from stopship.frozen import frozen

GROUPS: Mapping[str, str] = {
    "volume": "How much",
    "rate": "What became of it",
    "speed": "How fast",
    "funnel": "The stop-ship funnel",
    "warehouse": "Warehouses",
    "exceptions": "Exceptions",
    "money": "Money",
    "amazon": "Amazon",
}
MOST_ROWS = 200


@frozen
class Told:
    """``exact`` is the value with all its places, "" where there is none; ``of`` says what was divided by what. ``cases`` is the address of the
    list behind it, "" where nothing was counted."""

    text: str
    exact: str
    of: str
    cases: str


@frozen
class KpiRow:
    """One measure, or one currency of it. ``tone`` is good, bad or "" for the change."""

    label: str
    address: str
    now: Told
    before: Told
    change: str
    tone: str
    plot: Plot


def told(asked: KpiAsked, figure: Figure | None, only: Mapping[str, str] | None = None) -> Told:
    value = figure.value if figure else None
    return Told(shown(figure), "" if value is None else f"{value:f}", _of(figure), _cases(asked, figure, only or {}))


def _of(figure: Figure | None) -> str:
    if figure is None or figure.lower is None:
        return ""
    return f"{figure.upper or 0:,} of {figure.lower:,}"


def _cases(asked: KpiAsked, figure: Figure | None, only: Mapping[str, str]) -> str:
    if figure is None or not figure.upper:
        return ""
    return Links("", asked.merchant).cases(figure, {**asked.only, **only})


def measured(asked: KpiAsked, kpis: Sequence[Kpi]) -> dict[str, list[Headline]]:
    """By the measure's name, over the weeks of the trend. Whether there are facts of a week is asked of all of them, not of a slice."""
    facts, spans, weeks = asked.figures.facts, asked.spans, [str(week) for week in asked.weeks]
    known = told_weeks(compute(facts, [KPIS[name] for name in TOLD_BY], spans))
    found = compute(facts, kpis, spans, Slice(only=asked.only), asked.figures.costs)
    return {kpi.name: headlines(kpi, found[kpi.name], weeks, known) for kpi in kpis}


def row(asked: KpiAsked, x: Headline) -> KpiRow:
    return KpiRow(
        x.label,
        asked.address(x.kpi.name),
        told(asked, x.now, x.only),
        told(asked, x.before, x.only),
        difference(x.now, x.before),
        x.tone,
        small(x.trend, [str(week) for week in asked.weeks]),
    )


def by_week(asked: KpiAsked, x: Headline) -> dict[str, Any]:
    """One measure's plot, and its numbers, the newest first."""
    weeks = [str(week) for week in asked.weeks]
    rows = [(week, told(asked, figure, x.only)) for week, figure in zip(weeks, x.trend, strict=True)]
    return {"label": x.label, "plot": plot(x.trend, weeks), "rows": rows[::-1]}


def breakdown(asked: KpiAsked, kpi: Kpi, by: str) -> dict[str, Any]:
    """The week's figures by one dimension, the largest first, with the week before."""
    spans = asked.figures.spans(asked.merchants, asked.weeks[-2:])
    found = compute(asked.figures.facts, [kpi], spans, Slice((by,), asked.only), asked.figures.costs)[kpi.name]
    now = {x.key: x for x in found.figures if x.week == str(asked.week)}
    before = {x.key: x for x in found.figures if x.week != str(asked.week)}
    rows = [_part(asked, kpi, by, now[key], before.get(key)) for key in sorted(now, key=lambda key: _size(now[key]))]
    return {"names": _names(found, by), "rows": rows[:MOST_ROWS], "left_out": max(0, len(rows) - MOST_ROWS)}


def _names(found: Computed, by: str) -> list[str]:
    names = found.figures[0].by if found.figures else (by,)
    return [plain(name) for name in names]


def _part(asked: KpiAsked, kpi: Kpi, by: str, figure: Figure, before: Figure | None) -> dict[str, Any]:
    return {
        "names": [plain(x) for x in figure.key],
        "address": asked.narrowed(by, figure.slice[by]).address(kpi.name),
        "now": told(asked, figure),
        "before": told(asked, before),
        "change": difference(figure, before),
    }


def _size(figure: Figure) -> tuple[float, tuple[str, ...]]:
    return (-float(figure.value) if figure.value is not None else 1.0), figure.key


def chosen(asked: KpiAsked, name: str) -> list[tuple[str, str]]:
    """What the page is narrowed to, and the address without each."""
    return [(f"{plain(k)}: {plain(v)}", asked.narrowed(k, None).address(name)) for k, v in asked.only.items()]
