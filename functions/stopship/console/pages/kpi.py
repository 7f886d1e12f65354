"""One measure: what it means, eight weeks of it, and what it is made of."""

from stopship.application.figures import FigureSource
from stopship.console.answers import Answer
from stopship.console.pages.kpis import looked_at, week_choices
from stopship.console.pages.page import page
from stopship.console.views.kpi import breakdown, by_week, chosen, measured, row
from stopship.console.views.kpi_asked import KpiAsked, read_asked, read_kpi
from stopship.console.visit import Visit
from stopship.domain.errors import InvalidInput
from stopship.domain.kpi.measure import Kpi


def show_kpi(source: FigureSource, visit: Visit, name: str) -> Answer:
    kpi = read_kpi(name)
    asked = read_asked(visit, source, kpi, ("week", "merchant", "by"), looked_at(visit))
    by = visit.asked.wanted("by") or _first(kpi, asked)
    if by not in kpi.dimensions:
        raise InvalidInput("by", f"{kpi.name} has no dimension {by!r}", f"use {', '.join(kpi.dimensions)}")
    found = measured(asked, [kpi])[kpi.name]
    return page(
        visit,
        "kpi.html",
        "figures",
        kpi=kpi,
        asked=asked,
        by=by,
        heads=[row(asked, x) for x in found],
        series=[by_week(asked, x) for x in found],
        parts=breakdown(asked, kpi, by),
        chosen=chosen(asked, kpi.name),
        week_choices=week_choices(asked),
    )


def _first(kpi: Kpi, asked: KpiAsked) -> str:
    """The first dimension that tells anything apart."""
    able = [x for x in kpi.dimensions if x not in asked.only and (x != "merchant" or len(asked.merchants) > 1)]
    return (able or list(kpi.dimensions))[0]
