"""What an address of the pages of figures asks for: a week, merchants, and a slice of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from typing import Final
from urllib.parse import urlencode

from stopship.application.compute_kpis import check
from stopship.application.figures import Figures, FigureSource
from stopship.application.report.files import last_over
from stopship.application.report.make import TREND_WEEKS
from stopship.console.visit import Visit
from stopship.domain.errors import InvalidInput, NotFound
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.measure import Kpi, Slice
from stopship.domain.kpi.weeks import Span, Week, trend
from stopship.frozen import frozen

OWN: Final = ("week", "merchant", "by", "below", "page")
"""What an address says beside the dimensions."""
_EARLIEST: Final = Week(2000, 1)


@frozen
class KpiAsked:
    """``merchant`` is "" for all of ``merchants``; ``only`` are the dimensions' values, without the merchant. ``default_week`` is the newest that is over."""

    figures: Figures
    merchant: str
    merchants: Sequence[str]
    week: Week
    default_week: Week
    only: Mapping[str, str]

    @property
    def weeks(self) -> list[Week]:
        return list(trend(self.week, TREND_WEEKS))

    @property
    def spans(self) -> list[Span]:
        """Of all weeks of the trend; the last one is the week that is asked for."""
        return self.figures.spans(self.merchants, self.weeks)

    @property
    def now(self) -> list[Span]:
        return self.figures.spans(self.merchants, [self.week])

    @property
    def over(self) -> bool:
        return all(span.as_of >= span.end for span in self.now)

    def address(self, name: str = "", rest: str = "", **more: str) -> str:
        """Of a page of figures that asks for the same, and for ``more``; what is "" there is left out."""
        asked = {"week": str(self.week), "merchant": self.merchant, **more}
        told = {**self.only, **{k: v for k, v in asked.items() if v}}
        path = "/console/kpi" + (f"/{name}" if name else "") + (f"/{rest}" if rest else "")
        return f"{path}?{urlencode(sorted(told.items()))}"

    def narrowed(self, dimension: str, value: str | None) -> "KpiAsked":
        """To this value of a dimension; None for any."""
        if dimension == "merchant":
            return replace(self, merchant=value or "")
        rest = {k: v for k, v in self.only.items() if k != dimension}
        return replace(self, only=rest if value is None else {**rest, dimension: value})


def read_kpi(name: str) -> Kpi:
    """Raises NotFound."""
    if name not in KPIS:
        raise NotFound(f"measure {name}")
    return KPIS[name]


def read_asked(visit: Visit, source: FigureSource, kpi: Kpi | None, own: Collection[str], merchant: str) -> KpiAsked:
    """``own`` are the names that the page itself knows; all others are dimensions of ``kpi``, or of any measure. ``merchant`` is what is looked at where the address names none,
    "" for all that the person works for. Raises InvalidInput, and NotFound for another's merchant."""
    merchant = visit.merchant() if visit.asked.wanted("merchant") else merchant
    merchants = [merchant] if merchant else visit.all_merchants
    only = _only(visit, kpi, own)
    wanted = _week(visit)
    figures = source(merchants, wanted)
    default = last_over(figures.zones(merchants), figures.as_of)
    asked = KpiAsked(figures, merchant, merchants, wanted or default, default, only)
    if all(span.as_of <= span.start for span in asked.now):
        raise InvalidInput("week", f"{asked.week} has not begun", f"{default} is the last one that is over")
    return asked


def _week(visit: Visit) -> Week | None:
    told = visit.asked.wanted("week")
    if not told:
        return None
    try:
        week = Week.parse(told)
    except ValueError as error:
        raise InvalidInput("week", str(error), "write it as 2026-W47") from error
    if not _EARLIEST <= week <= Week.at(visit.now, UTC).plus(1):
        raise InvalidInput("week", f"{week} is too far from now", "a week that has begun, from 2000 on")
    return week


def _only(visit: Visit, kpi: Kpi | None, own: Collection[str]) -> Mapping[str, str]:
    """An empty value is one too: of a measure it is what has no such thing. In the list of measures it is no choice."""
    asked = visit.asked
    told = {name: asked.wanted(name) for name in asked.query if name not in own}
    if kpi is not None:
        check(kpi, Slice(only=told))
        return told
    known = {name for one in KPIS.values() for name in one.dimensions}
    for name in told:
        if name not in known:
            raise InvalidInput(name, "is no dimension of any measure", f"use {', '.join(sorted(known))}")
    return {name: value for name, value in told.items() if value}
