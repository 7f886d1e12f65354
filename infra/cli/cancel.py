"""`stopship cancel`: ask for a cancel on the local desk, through its API; one order, or a list of them."""

import uuid
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from infra.cli.cases import Json
from infra.cli.output import FOUND_PROBLEMS, as_json, console, fail
from infra.local.api import DeskApi
from infra.local.desk import LocalDesk, NotRunning
from stopship.adapters.ops_csv.rows import Listed, read_rows
from stopship.domain.errors import InvalidInput, InvalidRows, RowError


def cancel(
    order: Annotated[str, typer.Argument(help="the order's id in its order system")] = "",
    merchant: Annotated[str, typer.Option(help="whose order")] = "",
    reason: Annotated[
        str, typer.Option(help="stockout, fraud, address, lead_time, customer_request, ...")
    ] = "stockout",
    channel: Annotated[str, typer.Option(help="shopify or amazon")] = "shopify",
    line: Annotated[list[str] | None, typer.Option(help="LINE_ID=QUANTITY; may be given again")] = None,
    ticket: Annotated[str, typer.Option(help="the ticket, for the audit")] = "",
    evidence: Annotated[list[str] | None, typer.Option(help="what documents the reason; may be given again")] = None,
    csv: Annotated[Path | None, typer.Option(help="a list of orders instead: see the API's description")] = None,
    partial: Annotated[
        bool, typer.Option(help="take the rows of a list that are right, although others are not")
    ] = False,
    dry_run: Annotated[bool, typer.Option(help="only look at the list: ask for nothing")] = False,
    json: Json = False,
) -> None:
    """Ask for the cancel of one order, or of each order in a CSV list. Exit status 1 when something of a list is wrong."""
    if bool(order) == bool(csv) or (dry_run and csv is None):
        raise fail("name one ORDER, or a list with --csv; --dry-run is for lists")
    if csv and dry_run:
        return _look_at(csv, json=json)
    if not merchant:
        raise fail("--merchant: whose orders are they?")
    api = _api()
    if csv:
        return _show_list(api.cancel_list(merchant, _read(csv), partial=partial), json=json)
    body: dict[str, Any] = {
        "request_id": f"cli-{uuid.uuid4()}",
        "channel": channel,
        "order_ref": order,
        "reason": reason,
    }
    body |= {"ticket_ref": ticket, "evidence": evidence or [], "lines": [_line(x) for x in line or []]}
    answer = api.cancel(merchant, body)
    if answer.status_code != httpx.codes.ACCEPTED:
        raise fail(answer.text)
    if json:
        return as_json(answer.json())
    return console.print(f"taken; see it with: stopship case show {order}", highlight=False)


def _api() -> DeskApi:
    try:
        return DeskApi.of(LocalDesk.attach())
    except NotRunning as error:
        raise fail(str(error)) from error


def _line(told: str) -> dict[str, Any]:
    line_id, _, quantity = told.rpartition("=")
    if not line_id or not quantity.isdecimal():
        raise fail(f"--line {told}: write LINE_ID=QUANTITY")
    return {"line_id": line_id, "quantity": int(quantity)}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise fail(f"--csv {path}: {error.strerror}") from error


def _look_at(path: Path, *, json: bool) -> None:
    try:
        listed = read_rows(_read(path))
    except InvalidRows as error:
        listed = Listed("", [], error.errors)
    except InvalidInput as error:
        listed = Listed("", [], [RowError(0, error.field, error.problem, error.fix)])
    rows = [{"line": x.line, "order_ref": x.order_ref} for x in listed.rows]
    errors = [{"line": x.line, "column": x.column, "problem": x.problem, "fix": x.fix} for x in listed.errors]
    _tell({"rows": rows, "errors": errors}, f"{len(rows)} rows could be taken; nothing was asked for", json=json)


def _show_list(answer: httpx.Response, *, json: bool) -> None:
    told = answer.json()
    if answer.status_code != httpx.codes.ACCEPTED:
        if "errors" not in told:
            raise fail(answer.text)
        return _tell(told, "nothing was taken", json=json)
    return _tell({**told, "errors": told["refused"]}, f"{len(told['taken'])} rows were taken", json=json)


def _tell(told: dict[str, Any], ending: str, *, json: bool) -> None:
    if json:
        as_json(told)
    else:
        for x in told["errors"]:
            place = f"line {x['line']}" + (f", {x['column']}" if x["column"] else "")
            console.print(f"[red]{place} {x['problem']}[/red] ({x['fix']})", highlight=False)
        console.print(ending, highlight=False)
    if told["errors"]:
        raise typer.Exit(FOUND_PROBLEMS)
