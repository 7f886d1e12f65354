"""`stopship exceptions`: the queue, and answering it."""

import getpass
from typing import Annotated

import typer

from infra.cli.cases import Json, Stage, target
from infra.cli.output import as_json, console, fail
from infra.local.api import DeskApi
from infra.local.desk import LocalDesk
from stopship.application.ports import ExceptionItem

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
        as_json([{f: getattr(x, f) for f in x.__slots__} for x in found])
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
    approved_by: str = "",
    json: Json = False,
) -> None:
    """Answer an exception on the local desk, through its API, as yourself."""
    api = DeskApi.of(LocalDesk.attach())
    answer = api.resolve(merchant, exception_id, resolution, note or f"by {getpass.getuser()}", approved_by)
    if answer.status_code != 200:
        raise fail(answer.text)
    if json:
        as_json(answer.json())
    else:
        console.print("recorded; the case goes on")
