"""`stopship audit verify`: every hash, every seal, every side item, recomputed; and every head that was held elsewhere, looked for."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.cases import Json, Stage, target
from infra.cli.output import FOUND_PROBLEMS, as_json, console, fail
from stopship.application.audit import AuditReport, Head
from stopship.application.audit_live import verify_live

app = typer.Typer(help="The audit trail.", no_args_is_help=True)


@app.command("verify")
def verify(
    stage: Stage = "",
    against: Annotated[Path | None, typer.Option(help="heads of an earlier time, that must still be there")] = None,
    write: Annotated[Path | None, typer.Option(help="where this time's heads go, to be held elsewhere")] = None,
    json: Json = False,
) -> None:
    """Reads the whole ledger and looks for anything changed, dropped or reordered. Exit status 1 when something is found. Whoever can
    write the table can make every hash good again: only heads that he could not write, given with --against, show that. While one of
    them is missing, --write leaves its file alone."""
    held = _read(against) if against else []
    report = verify_live(target(stage).ledger.scan, held)
    if write and not report.missed:
        _write(write, report.heads)
    _show(report, len(held), in_json=json)
    if report.problems:
        raise typer.Exit(FOUND_PROBLEMS)


def _read(file: Path) -> list[Head]:
    """One that is empty or cut short proves nothing, and must not seem to."""
    try:
        heads = [_head(line) for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, TypeError) as error:
        raise fail(f"--against {file}: {error}") from error
    if not heads:
        raise fail(f"--against {file}: it holds no heads")
    return heads


def _head(line: str) -> Head:
    head = Head(**json.loads(line))
    if [type(value) for value in asdict(head).values()] != [str, str, int, str]:
        raise ValueError(f"{line} is no head")
    return head


def _write(file: Path, heads: Iterable[Head]) -> None:
    try:
        file.write_text("".join(f"{json.dumps(asdict(head))}\n" for head in heads), encoding="utf-8")
    except OSError as error:
        raise fail(f"--write {file}: {error.strerror}") from error


def _show(report: AuditReport, held: int, *, in_json: bool) -> None:
    problems = [str(p) for p in report.problems]
    if in_json:
        counted = {"cases": report.cases, "events": report.events, "items": report.items, "against": held}
        as_json({**counted, "fingerprint": report.fingerprint, "problems": problems})
        return
    for problem in problems:
        console.print(problem, style="red", markup=False, highlight=False)
    said = f"{report.cases} cases, {report.events} events, {report.items} items: {len(problems)} problems"
    console.print(said, style="red" if problems else "green", highlight=False)
    console.print(f"fingerprint {report.fingerprint}", highlight=False, soft_wrap=True)
    if held:
        console.print(f"{held} earlier heads looked for, {len(report.missed)} missing", highlight=False)
