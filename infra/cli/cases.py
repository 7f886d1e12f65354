"""`stopship case list|show`."""

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from infra.cli.output import FOUND_PROBLEMS, OUTCOME_STYLE, as_json, console, fail
from infra.cli.target import Target
from infra.local.desk import NotRunning
from stopship.application.ports import CaseHead
from stopship.application.view_case import view_case

app = typer.Typer(help="Cases and their audit trail.", no_args_is_help=True)
Stage = Annotated[str, typer.Option(help="a stage in AWS instead of the local desk")]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output")]


def target(stage: str) -> Target:
    try:
        return Target.find(stage)
    except NotRunning as error:
        raise fail(str(error)) from error


@app.command("list")
def list_cases(
    merchant: Annotated[str, typer.Option(help="only this merchant")] = "",
    status: Annotated[str, typer.Option(help="open or closed")] = "",
    stage: Stage = "",
    json: Json = False,
) -> None:
    """All cases, the latest change last."""
    desk = target(stage)
    heads: list[CaseHead] = []
    for name in [merchant] if merchant else desk.merchants():
        cursor = ""
        while True:
            page = desk.ledger.cases(name, status, cursor, 100)
            heads += page.items
            cursor = page.cursor
            if not cursor:
                break
    rows = [
        {
            "merchant": h.merchant,
            "case_id": h.case_id,
            "order": f"{h.channel} {h.order_ref}",
            "status": h.status,
            "outcome": h.outcome,
            "step": h.step,
            "updated_at": h.updated_at,
        }
        for h in sorted(heads, key=lambda h: h.updated_at)
    ]
    if json:
        as_json(rows)
        return
    table = Table(box=None, pad_edge=False, show_edge=False)
    for name in ("case", "merchant", "order", "stands at", "changed"):
        # An id that is cut short cannot be copied.
        table.add_column(name, no_wrap=True, overflow="ignore" if name in ("case", "order") else "ellipsis")
    for row in rows:
        stands = row["outcome"] or row["step"]
        style = OUTCOME_STYLE.get(row["outcome"], "")
        table.add_row(row["case_id"], row["merchant"], row["order"], stands, row["updated_at"][11:19], style=style)
    console.print(table if rows else "no cases")


@app.command("show")
def show(
    case: Annotated[str, typer.Argument(help="a case id, or an order reference")],
    stage: Stage = "",
    json: Json = False,
) -> None:
    """One case: legs, evidence, and everything that happened, in order."""
    desk = target(stage)
    found = find_cases(desk, case)
    if not found:
        raise fail(f"no case or order {case}", FOUND_PROBLEMS)
    views = [view_case(m, c, desk.ledger.load(m, c)) for m, c in found]
    if json:
        as_json(views[0] if len(views) == 1 else views)
        return
    for view in views:
        print_case(view)


def find_cases(desk: Target, wanted: str) -> list[tuple[str, str]]:
    """(merchant, case id) pairs."""
    for merchant in desk.merchants():
        if desk.ledger.head(merchant, wanted):
            return [(merchant, wanted)]
    return [(m, h.case_id) for m in desk.merchants() for h in desk.ledger.cases_of_order(m, wanted)]


def print_case(view: dict[str, Any]) -> None:
    style = OUTCOME_STYLE.get(view["outcome"], "")
    title = f"[bold]{view['case_id']}[/bold]  {view['channel']} order {view['order_ref']}"
    tree = Tree(f"{title}  [{style or 'white'}]{view['outcome'] or view['status']}[/]  {view['reason']}")
    legs = tree.add("legs")
    for leg in view["legs"]:
        legs.add(
            f"{leg['leg_id']} at {leg['warehouse']}: {leg['lines']} pick state {leg['pick_state'] or '-'}, "
            f"answer {leg['acknowledgement'] or '-'} -> [bold]{leg['outcome'] or 'open'}[/bold] "
            f"(proof: {leg['proof'].get('kind', '-')})"
        )
    if view["cancel_report"]:
        report = view["cancel_report"]
        tree.add(f"told the marketplace: {report['reason'] or 'nothing'} ({report['why']})").add(report["summary"])
    trail = tree.add("audit trail: when, hash, fact")
    for entry in view["timeline"]:
        shown = {k: v for k, v in entry["data"].items() if v not in ("", None, [], {}, False)}
        facts = ", ".join(f"{k}={v}" for k, v in shown.items())
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(f"{entry['version']:>3} {entry['at'][11:23]} ").append(f"{entry['hash'][:8]} ", style="dim")
        trail.add(line.append(entry["type"], style="bold").append(f" {facts}"))
    console.print(tree, highlight=False)
