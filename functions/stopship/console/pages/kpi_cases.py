"""The cases behind a figure: where every number of a report or a page leads."""

from typing import Any, Final
from urllib.parse import quote

from stopship.application.compute_kpis import compute, trace
from stopship.application.figures import FigureSource
from stopship.console.answers import Answer
from stopship.console.pages.page import page
from stopship.console.views.kpi import chosen, told
from stopship.console.views.kpi_asked import OWN, KpiAsked, read_asked, read_kpi
from stopship.console.views.queue import case_address
from stopship.console.visit import Visit
from stopship.domain.errors import InvalidInput
from stopship.domain.kpi.measure import Kpi, Slice

ROWS: Final = 50


def show_cases(source: FigureSource, visit: Visit, name: str) -> Answer:
    """Without a merchant in the address it is of all that the person works for: a report over all of them names none."""
    kpi = read_kpi(name)
    alone = visit.all_merchants[0] if len(visit.all_merchants) == 1 else ""
    asked = read_asked(visit, source, kpi, [x for x in OWN if x != "by"], alone)
    below = _below(visit)
    found = trace(asked.figures.facts, kpi, asked.now, asked.only, lower=below)
    number, pages = _number(visit, len(found)), max(1, -(-len(found) // ROWS))
    part = found[(number - 1) * ROWS : number * ROWS]
    tally = kpi.lower if below and kpi.lower else kpi.upper
    orders = tally.table == "orders"
    return page(
        visit,
        "kpi_cases.html",
        "figures",
        kpi=kpi,
        asked=asked,
        below=below,
        figures=_figures(asked, kpi),
        found=len(found),
        orders=[_order(merchant, ref) for merchant, ref in part] if orders else [],
        briefs=[] if orders else [(x, case_address(x.merchant, x.case_id)) for x in asked.figures.facts.briefs(part)],
        several=len(asked.merchants) > 1,
        chosen=chosen(asked, kpi.name),
        number=number,
        pages=pages,
        upper_address=asked.address(kpi.name, "cases"),
        lower_address=asked.address(kpi.name, "cases", below="1") if kpi.lower else "",
        before_address=_page(asked, kpi, number - 1, below=below) if number > 1 else "",
        next_address=_page(asked, kpi, number + 1, below=below) if number < pages else "",
    )


def _figures(asked: KpiAsked, kpi: Kpi) -> list[tuple[str, Any]]:
    """What the list belongs to: one number, or one for each currency."""
    found = compute(asked.figures.facts, [kpi], asked.now, Slice(only=asked.only), asked.figures.costs)[kpi.name]
    return [(" ".join(x.key), told(asked, x)) for x in found.figures]


def _order(merchant: str, ref: str) -> tuple[str, str, str]:
    return merchant, ref, f"/console/search?q={quote(ref, safe='')}"


def _page(asked: KpiAsked, kpi: Kpi, number: int, *, below: bool) -> str:
    return asked.address(kpi.name, "cases", below="1" if below else "", page=str(number))


def _below(visit: Visit) -> bool:
    wanted = visit.asked.wanted("below")
    if wanted not in ("", "0", "1"):
        raise InvalidInput("below", f"{wanted!r} is neither", "1 for what was divided by, or leave it out")
    return wanted == "1"


def _number(visit: Visit, found: int) -> int:
    wanted = visit.asked.wanted("page") or "1"
    last = max(1, -(-found // ROWS))
    if not wanted.isascii() or not wanted.isdecimal() or len(wanted) > 6 or not 1 <= int(wanted) <= last:
        raise InvalidInput("page", f"{wanted!r} is no page of this list", f"1 to {last}")
    return int(wanted)
