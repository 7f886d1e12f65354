"""`stopship bench`: the numbers that matter, counted, or measured side by side in one run."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from infra.bench.decision import decision_speed
from infra.bench.imports import import_ratios
from infra.bench.kpi import kpi_speed
from infra.bench.number import Number
from infra.bench.on_a_desk import on_a_desk
from infra.bench.package import package
from infra.bench.queue import queue_page
from infra.cli.output import FOUND_PROBLEMS, NOT_POSSIBLE, as_json, console, fail, progress

SUBJECTS: Mapping[str, Callable[[], list[Number]]] = {
    "imports": import_ratios,
    "package": package,
    "decision": decision_speed,
    "queue": queue_page,
    "kpi": kpi_speed,
    "desk": on_a_desk,
}


def bench(
    json: Annotated[bool, typer.Option("--json", help="JSON on standard output")] = False,
    only: Annotated[str, typer.Option(help=f"one subject: {', '.join(SUBJECTS)}")] = "",
) -> None:
    """Measure and count what the desk must reach: imports, package, decision, queue page, figures, and webhook, transitions and cost on a desk of its own.

    Exit status 1 when a number is missed.
    """
    if only and only not in SUBJECTS:
        raise fail(f"--only {only}: there is {', '.join(SUBJECTS)}", NOT_POSSIBLE)
    numbers: list[Number] = []
    with progress(quiet=json) as say:
        for name in [only] if only else SUBJECTS:
            say(name)
            numbers += SUBJECTS[name]()
    if json:
        as_json([{**asdict(n), "good": n.good} for n in numbers])
    else:
        console.print(_table(numbers))
    if not all(n.good for n in numbers):
        raise typer.Exit(FOUND_PROBLEMS)


def _table(numbers: list[Number]) -> Table:
    table = Table("what", "measured", "to reach", "")
    for n in numbers:
        verdict = ("good" if n.good else "MISSED") if n.limit is not None else ""
        table.add_row(n.what, f"{n.value:,.2f} {n.unit}", n.wanted, verdict)
    return table
