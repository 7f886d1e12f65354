"""`stopship kpi`: any measure, broken down and filtered, with the cases behind it; and what each measure means."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from infra.cli.cases import Json, Stage
from infra.cli.facts import Facts, open_facts
from infra.cli.output import NOT_POSSIBLE, as_json, console, fail
from stopship.application.compute_kpis import Computed, check, compute, trace
from stopship.domain.errors import InvalidInput
from stopship.domain.kpi.definitions import KPIS, older_than
from stopship.domain.kpi.figure import Figure
from stopship.domain.kpi.measure import Kpi, Slice
from stopship.domain.kpi.weeks import Week, trend


def kpi(
    name: Annotated[str, typer.Argument(help="a measure; --list shows them")] = "",
    by: Annotated[str, typer.Option(help="dimensions, with commas between them")] = "",
    only: Annotated[list[str] | None, typer.Option(help="DIMENSION=VALUE, may be repeated")] = None,
    week: Annotated[str, typer.Option(help="an ISO week, as 2026-W47; the last one that is over by default")] = "",
    weeks: Annotated[int, typer.Option(min=1, max=60, help="so many weeks that end with it")] = 1,
    merchant: Annotated[str, typer.Option(help="one merchant; all by default")] = "",
    older: Annotated[int, typer.Option("--older-than", min=-1, help="hours, for what is open for a time")] = -1,
    facts: Annotated[Path | None, typer.Option(help="a folder of exported facts instead of a desk")] = None,
    stage: Stage = "",
    cases: Annotated[bool, typer.Option("--cases", help="the cases that were counted")] = False,
    below: Annotated[bool, typer.Option("--below", help="with --cases: those below the line")] = False,
    listed: Annotated[bool, typer.Option("--list", help="what each measure means")] = False,
    json: Json = False,
) -> None:
    """Show a measure for a week, or the cases behind it. Every report and page shows the same numbers."""
    if listed or not name:
        _list(json)
        return
    try:
        wanted, asked = _wanted(name, older), _asked(by, only or [])
        check(wanted, asked)
    except InvalidInput as error:
        raise fail(str(error), NOT_POSSIBLE) from error
    with open_facts(facts, stage) as source:
        merchants = source.merchants(merchant)
        last = _week(week) if week else source.last_week(merchants)
        chosen = source.spans(merchants, list(trend(last, weeks)))
        if cases:
            _show_cases(trace(source.database, wanted, chosen, asked.only, lower=below), json)
            return
        found = compute(source.database, [wanted], chosen, asked, source.costs)[name]
        _show(wanted, found, source, json)


def _wanted(name: str, older: int) -> Kpi:
    if name not in KPIS:
        raise InvalidInput("name", f"there is no measure {name!r}", f"use one of {', '.join(KPIS)}")
    try:
        return older_than(KPIS[name], older) if older >= 0 else KPIS[name]
    except ValueError as error:
        raise InvalidInput("--older-than", str(error), "leave it out") from error


def _asked(by: str, only: list[str]) -> Slice:
    pairs = [pair.partition("=") for pair in only]
    for dimension, equals, _ in pairs:
        if not equals:
            raise InvalidInput("--only", f"{dimension!r} has no value", "write it as channel=shopify")
    return Slice(tuple(x.strip() for x in by.split(",") if x.strip()), {d: value for d, _, value in pairs})


def _week(name: str) -> Week:
    try:
        return Week.parse(name)
    except ValueError as error:
        raise fail(f"--week: {error}") from error


def _list(json: bool) -> None:
    if json:
        as_json([definition(x) for x in KPIS.values()])
        return
    for x in KPIS.values():
        console.print(f"[bold]{x.name}[/bold]  {x.title} ({x.unit})", highlight=False)
        words = x.words
        lines = [("counts", words.counts), ("over", words.over), ("clock", words.clock), ("leaves out", words.excludes)]
        for label, text in lines:
            if text:
                console.print(f"  {label:<11}{text}", highlight=False)
        console.print(f"  {'by':<11}{', '.join(x.dimensions)}", style="dim", highlight=False)


def definition(x: Kpi) -> dict[str, Any]:
    """JSON-shaped."""
    words = {"counts": x.words.counts, "over": x.words.over, "clock": x.words.clock, "leaves_out": x.words.excludes}
    return {"name": x.name, "title": x.title, "unit": x.unit, **words, "dimensions": list(x.dimensions)}


def _show(wanted: Kpi, found: Computed, source: Facts, json: bool) -> None:
    if json:
        as_json(
            {
                "definition": definition(wanted),
                "as_of": source.now,
                "figures": [x.row() for x in found.figures],
                "unpriced": sorted(found.unpriced),
            }
        )
        return
    by = found.figures[0].by if found.figures else ()
    divided = wanted.lower is not None
    table = Table(
        "week", *by, wanted.unit, *(["of", "all"] if divided else []), title=wanted.title, title_justify="left"
    )
    for x in found.figures:
        table.add_row(x.week, *x.key, shown(x), *([str(x.upper), str(x.lower)] if divided else []))
    console.print(table if found.figures else "nothing to show", highlight=False)
    if found.unpriced:
        console.print(f"without costs in their policy, and so not counted: {', '.join(sorted(found.unpriced))}")


def shown(x: Figure) -> str:
    """The number as people read it."""
    if x.value is None:
        return "-"
    return f"{x.value:,.2f}" if x.kpi.unit in ("percent", "money") else f"{x.value.normalize():,f}"


def _show_cases(found: list[tuple[str, str]], json: bool) -> None:
    if json:
        as_json([{"merchant": merchant, "case": case} for merchant, case in found])
        return
    for merchant, case in found:
        typer.echo(f"{merchant} {case}")
