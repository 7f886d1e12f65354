"""How far today's stops have got: a part of the wall, and a page for whoever opens it alone."""

from typing import Any

from stopship.application.compute_kpis import compute
from stopship.application.figures import FigureSource
from stopship.console.answers import Answer, unchanged
from stopship.console.pages.page import page, part
from stopship.console.visit import Visit
from stopship.domain import chain
from stopship.domain.agent import Doing
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.weeks import today

STAGES = ("sent", "accepted", "acknowledged", "stopped")


def show_today(source: FigureSource, visit: Visit) -> Answer:
    """Of all merchants that are looked at, each by its own day."""
    values = _values(source, visit)
    digest = chain.digest([values["stages"], values["as_of"]])[:16]
    if visit.asked.wanted("seen") == digest:
        return unchanged()
    if visit.asked.lively:
        return part(visit, "_today.html", digest=digest, works=visit.may(Doing.TAKE), **values)
    return page(visit, "today.html", "wall", digest=digest, works=visit.may(Doing.TAKE), **values)


def _values(source: FigureSource, visit: Visit) -> dict[str, Any]:
    figures = source(visit.merchants, None)
    zones = figures.zones(visit.merchants)
    days = [today(merchant, zone, figures.as_of) for merchant, zone in sorted(zones.items())]
    kpis = {stage: KPIS[f"funnel_{stage}"] for stage in STAGES}
    found = compute(figures.facts, list(kpis.values()), days)
    counted = {stage: found[kpi.name].figures for stage, kpi in kpis.items()}
    requested = sum(x.lower or 0 for x in counted["sent"])
    reached = [("requested", requested), *((stage, sum(x.upper or 0 for x in rows)) for stage, rows in counted.items())]
    return {
        "stages": [(stage, number, round(100 * number / requested) if requested else 0) for stage, number in reached],
        "as_of": figures.as_of,
    }
