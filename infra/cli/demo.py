"""`stopship demo`: a day of cancels, live, from the template that ships to AWS."""

import json as json_module
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.live import Live
from rich.table import Table

from infra.cli.cases import print_case
from infra.cli.output import FOUND_PROBLEMS, OUTCOME_STYLE, console, progress
from infra.local.day.director import Director, Play, Stage
from infra.local.day.plays import day
from infra.local.day.report import Report, report
from infra.local.desk import LocalDesk, NotRunning
from stopship.application.view_case import view_case

STEPS = (
    "normalize intake",
    "classify",
    "check fulfillment state",
    "apply the stop-ship rule",
    "execute with acknowledgment",
    "update NetSuite",
    "payment action",
    "close the loop",
)
INVARIANTS = {
    "I1": "ordered = shipped + cancelled + open, per line",
    "I2": "no money before proof",
    "I3": "never more paid back than was paid, no line twice",
    "I4": "no acknowledgement, no closure",
    "I5": "every exception has owner, next action, deadline, and is passed on at it",
    "I6": "what was answered 2xx is never lost, and acts once",
    "I7": "the audit trail is append-only and hash-chained",
    "I8": "a customer is told an outcome only from an outcome",
    "I9": "a case keeps its policy; no item is of two merchants",
    "I10": "the watch goes on after closing",
}
LIMIT_SECONDS = 170.0


def demo(
    json: Annotated[Path | None, typer.Option(help="write the result to this file as one JSON object")] = None,
    crash: Annotated[
        bool, typer.Option(help="kill the emulator without warning in the middle, and start it again")
    ] = False,
    stop: Annotated[
        bool, typer.Option("--stop", help="stop the desk afterwards; else it runs on, to be looked at")
    ] = False,
) -> None:
    """Start everything, play a day of orders through it, show it happening, and check the invariants."""
    started = time.monotonic()
    desk = _start()
    try:
        result, plays = _play(desk, started, crash=crash)
        _print(desk, result, plays)
        if json:
            json.write_text(json_module.dumps(result.as_json(), indent=2) + "\n", encoding="utf-8")
        _where_next(desk, result, stop=stop)
    except BaseException:
        desk.stop()
        raise
    if stop:
        desk.stop()
    if result.violations or result.unexpected:
        raise typer.Exit(FOUND_PROBLEMS)


def _start() -> LocalDesk:
    try:
        LocalDesk.attach().stop()
    except NotRunning:
        console.print("A fresh desk, on this machine only.", highlight=False)
    with progress(quiet=False) as say:
        return LocalDesk.start(say)


def _play(desk: LocalDesk, started: float, *, crash: bool) -> tuple[Report, list[Play]]:
    stage = Stage.of(desk)
    director = Director(stage, day(stage.numbers))
    with Live(board(director.plays, 0.0), console=console, refresh_per_second=4, transient=False) as live:

        def show() -> None:
            live.update(board(director.plays, time.monotonic() - started))

        for _ in director.set_up():
            show()
        for _ in director.wish({0.6: stage.crash} if crash else {}):
            show()
        for _ in director.until_ended(LIMIT_SECONDS):
            show()
        show()
    return report(desk, director.plays, time.monotonic() - started), director.plays


def step_of(play: Play) -> str:
    """Where the case stands: one of the eight steps, or its outcome, or that a person is asked."""
    case = play.case
    if case is None:
        return "waiting at the door"
    if case.closed:
        return case.closed.fact.outcome
    if case.open_exceptions:
        return f"{case.open_exceptions[0].opened.fact.tier}: a person is asked"
    marks = {
        "classify": case.classified,
        "check fulfillment state": case.legs and any(x.observations for x in case.legs.values()),
        "execute with acknowledgment": any(x.attempts for x in case.legs.values()) or None,
        "update NetSuite": case.cancelled,
        "payment action": case.erp_updated or case.erp_skipped,
        "close the loop": case.money_settled,
    }
    reached = [name for name, mark in marks.items() if mark]
    return reached[-1] if reached else "normalize intake"


def board(plays: Sequence[Play], seconds: float) -> Table:
    """Cases by step, and what has ended, as it stands now."""
    counts = Counter(step_of(play) for play in plays)
    table = Table(title=f"{len(plays)} orders, {seconds:.0f} s", show_header=False, min_width=60)
    asked = sorted(name for name in counts if name.startswith("P"))
    for name in ("waiting at the door", *STEPS, *asked, *(x for x in OUTCOME_STYLE if x)):
        number = counts.get(name, 0)
        bar = "#" * number
        table.add_row(name, str(number) if number else "", bar, style=OUTCOME_STYLE.get(name, ""))
    return table


def _print(desk: LocalDesk, result: Report, plays: Sequence[Play]) -> None:
    table = Table("play", "cases", "outcome", "transitions", title="What came of it")
    for name in dict.fromkeys(p.name for p in plays):
        mine = [p for p in plays if p.name == name]
        ends = ", ".join(sorted({p.case.closed.fact.outcome if p.case and p.case.closed else "open" for p in mine}))
        moved = [result.transitions.get(p.case.case_id, 0) for p in mine if p.case]
        table.add_row(
            name,
            str(len(mine)),
            ends,
            f"{min(moved, default=0)}-{max(moved, default=0)}",
            style=OUTCOME_STYLE.get(ends, ""),
        )
    console.print(table)
    shown = next((p for p in plays if p.name.startswith("ships after")), plays[0])
    if shown.case:
        console.rule("one audit trail in full")
        ledger = Stage.of(desk).ledger
        merchant, case_id = shown.order.merchant, shown.case.case_id
        print_case(view_case(merchant, case_id, ledger.load(merchant, case_id)))
    console.print(_invariants(result))
    for line in [*result.violations, *result.unexpected]:
        console.print(f"[red]{line}[/red]", highlight=False)
    console.print(
        f"outcomes {result.outcomes}; exceptions {result.exceptions}; audit: {result.audit.events} events, "
        f"{len(result.audit.problems)} problems; {result.elapsed_seconds:.0f} s",
        highlight=False,
    )


def _invariants(result: Report) -> Table:
    table = Table("", "invariant", "checked", "violations", title="What must always hold")
    for name, tally in result.invariants.items():
        style = "red" if tally.violations else "green"
        table.add_row(name, INVARIANTS[name], str(tally.checked), str(len(tally.violations)), style=style)
    return table


def _where_next(desk: LocalDesk, result: Report, *, stop: bool) -> None:
    if stop:
        console.print("Next: `stopship up`, or `stopship demo` without --stop, to look around.", highlight=False)
        return
    shown = next(iter(result.transitions), "CASE")
    lines = (
        f"The desk runs on, at {desk.api_url} . Next:",
        f"  stopship case list; stopship case show {shown}",
        "  stopship exceptions; stopship audit verify; stopship status",
        "  stopship down       stops it",
    )
    console.print("\n".join(lines), highlight=False)
