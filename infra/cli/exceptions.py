"""`stopship exceptions`: the queue, and answering it."""

import getpass
from dataclasses import asdict
from typing import Annotated, Any

import typer

from infra.cli.cases import Json, Stage, target
from infra.cli.output import as_json, console, fail
from infra.local.api import APPROVER, DeskApi
from infra.local.desk import LocalDesk
from stopship.application.ports import ExceptionItem

_OK = 200

app = typer.Typer(help="Open exceptions: who must do what by when.", invoke_without_command=True)


@app.callback()
def list_exceptions(
    context: typer.Context,
    merchant: Annotated[str, typer.Option(help="only this merchant")] = "",
    tier: Annotated[str, typer.Option(help="P1, P2 or P3")] = "",
    owner: Annotated[str, typer.Option(help="ops, warehouse, fraud or finance")] = "",
    stage: Stage = "",
    json: Json = False,
) -> None:
    """Open exceptions, the most urgent first. Without a subcommand, lists them."""
    if context.invoked_subcommand:
        if stage:
            raise fail(
                "--stage is for the list: answers go to the local desk; in AWS, give them in the stage's console"
            )
        return
    desk = target(stage)
    found: list[ExceptionItem] = []
    for name in [merchant] if merchant else desk.merchants():
        cursor = ""
        while True:
            page = desk.ledger.exceptions(name, tier, owner, cursor, 100)
            found += page.items
            cursor = page.cursor
            if not cursor:
                break
    found.sort(key=lambda x: (x.tier, x.deadline))
    if json:
        as_json([asdict(x) for x in found])
        return
    for x in found:
        about = f"{x.channel} order {x.order_ref}" if x.order_ref else "a message that fits no order"
        due = f"due {x.deadline[:16].replace('T', ' ')} UTC"
        console.print(f"[bold]{x.tier}[/bold] {x.merchant} {about}: {x.cause}, {due}, owner {x.owner}", highlight=False)
        console.print(f"   {x.exception_id}  {x.next_action}", highlight=False, style="dim")
    if not found:
        console.print("no open exceptions")


@app.command("resolve")
def resolve(
    exception_id: str,
    resolution: Annotated[str, typer.Argument(help="retry, they_stopped_it, it_shipped, let_it_ship, ...")],
    merchant: Annotated[str, typer.Option(help="whose exception it is")],
    note: str = "",
    evidence: Annotated[list[str] | None, typer.Option(help="a reference that documents it")] = None,
    *,
    look: Annotated[bool, typer.Option("--look", help="show what would follow, and do nothing")] = False,
    json: Json = False,
) -> None:
    """Answer an exception on the local desk, through its API, as its agent. An answer that needs a second person waits for one."""
    api = DeskApi.of(LocalDesk.attach())
    told: dict[str, Any] = {"note": note or f"by {getpass.getuser()}", "evidence": evidence or []}
    if look:
        answer = api.preview(merchant, exception_id, {"resolution": resolution, **told})
    else:
        answer = api.resolve(merchant, exception_id, resolution, **told)
    if answer.status_code != _OK:
        raise fail(answer.text)
    shown = answer.json()
    if json:
        as_json(shown)
    elif look:
        _show(shown)
    elif shown["waits_for_approval"]:
        console.print(f"a second person must approve plan {shown['plan_hash']}: stopship exceptions approve")
    else:
        console.print("recorded; the case goes on")


@app.command("approve")
def approve(
    exception_id: str,
    plan_hash: str,
    merchant: Annotated[str, typer.Option(help="whose exception it is")],
    json: Json = False,
) -> None:
    """Be the second person for an answer that waits for one, on the local desk, as its finance lead."""
    answer = DeskApi.of(LocalDesk.attach(), user=APPROVER).approve(merchant, exception_id, plan_hash)
    if answer.status_code != _OK:
        raise fail(answer.text)
    if json:
        as_json(answer.json())
    else:
        console.print("approved; the case goes on")


def _show(plan: dict[str, Any]) -> None:
    console.print(plan["effect"], highlight=False)
    for call in plan["calls"]:
        console.print(f"   {call['system']}: {call['what']}", highlight=False)
    for money in plan["money"]:
        console.print(
            f"   money: {money['kind']} {money['amount']} {money['currency']}, {money['why']}", highlight=False
        )
    for warning in plan["warnings"]:
        console.print(f"   {warning}", highlight=False, style="yellow")
