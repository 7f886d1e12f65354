"""`stopship audit verify`: every hash, every seal, every side item, recomputed."""

import typer

from infra.cli.cases import Json, Stage, target
from infra.cli.output import FOUND_PROBLEMS, as_json, console
from stopship.application.audit import verify as verify_items

app = typer.Typer(help="The audit trail.", no_args_is_help=True)


@app.command("verify")
def verify(stage: Stage = "", json: Json = False) -> None:
    """Reads the whole ledger and looks for anything changed, dropped or reordered. Exit status 1 when something is found."""
    report = verify_items(target(stage).ledger.scan())
    problems = [str(p) for p in report.problems]
    if json:
        as_json({"cases": report.cases, "events": report.events, "items": report.items, "problems": problems})
    else:
        for problem in problems:
            console.print(f"[red]{problem}[/red]", highlight=False)
        style = "red" if problems else "green"
        console.print(
            f"[{style}]{report.cases} cases, {report.events} events, {report.items} items: {len(problems)} problems[/]",
            highlight=False,
        )
    if problems:
        raise typer.Exit(FOUND_PROBLEMS)
