"""`stopship report`: the weekly report of a merchant, or over all of them, as files."""

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.cases import Stage
from infra.cli.facts import Facts, open_facts
from infra.cli.output import NOT_POSSIBLE, console, fail
from stopship.adapters.report import formats
from stopship.application.report.links import Links
from stopship.application.report.make import TREND_WEEKS, make_report
from stopship.application.report.model import Report
from stopship.domain.kpi.weeks import Week, trend

FORMATS = {x.name: x for x in formats.FORMATS}


def report(
    week: Annotated[str, typer.Option(help="an ISO week, as 2026-W47; the last one that is over by default")] = "",
    merchant: Annotated[str, typer.Option(help="one merchant; over all of them by default")] = "",
    format_: Annotated[
        str, typer.Option("--format", help=f"{', '.join(FORMATS)}; several with commas, or all")
    ] = "html,pdf",
    out: Annotated[Path, typer.Option(help="the folder that the files go to")] = Path(),
    facts: Annotated[Path | None, typer.Option(help="a folder of exported facts instead of a desk")] = None,
    desk_url: Annotated[str, typer.Option(help="where the console is, for the links to the cases")] = "",
    stage: Stage = "",
) -> None:
    """Write the weekly report: one page first, then tables and plots; every number leads to its cases."""
    wanted = _formats(format_)
    with open_facts(facts, stage) as source:
        made = _make(source, week, merchant)
    out.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        file = out / f"{made.week}-{merchant or 'all'}.{name}"
        file.write_bytes(FORMATS[name].render(made, Links(desk_url, merchant)))
        console.print(str(file), highlight=False, soft_wrap=True)


def _formats(text: str) -> list[str]:
    names = list(FORMATS) if text == "all" else [x.strip() for x in text.split(",")]
    unknown = [x for x in names if x not in FORMATS]
    if unknown:
        raise fail(f"--format {unknown[0]}: there is {', '.join(FORMATS)}, and all", NOT_POSSIBLE)
    return names


def _make(source: Facts, week: str, merchant: str) -> Report:
    merchants = source.merchants(merchant)
    if not merchants:
        raise fail("there are no facts: no order was placed and no case was opened", NOT_POSSIBLE)
    try:
        last = Week.parse(week) if week else source.last_week(merchants)
    except ValueError as error:
        raise fail(f"--week: {error}", NOT_POSSIBLE) from error
    spans = source.spans(merchants, list(trend(last, TREND_WEEKS)))
    if all(span.as_of <= span.start for span in spans if span.week == str(last)):
        raise fail(f"--week: {last} has not begun", NOT_POSSIBLE)
    return make_report(source.database, spans, merchant, source.costs)
