"""`stopship up`, `down`, `status`: the desk on this machine."""

from typing import Annotated, Any

import typer
from rich.table import Table

from infra.cli.output import as_json, console, fail, progress
from infra.local.desk import LocalDesk, NotRunning
from infra.local.people import PASSWORD, PEOPLE
from stopship.adapters.traffic_dynamodb import DynamoTraffic
from stopship.application.view_outage import view_outage

Json = Annotated[bool, typer.Option("--json", help="one JSON object on standard output")]
Keep = Annotated[bool, typer.Option("--keep", help="keep the state, and take it up again at the next `up --keep`")]


def up(keep: Keep = False, port: int = 0, json: Json = False) -> None:
    """Start the desk and leave it running."""
    try:
        running = LocalDesk.attach()
    except NotRunning:
        with progress(quiet=json) as say:
            running = LocalDesk.start(say, keep=keep, port=port)
    _show(running, json=json)


def down(keep: Keep = False, json: Json = False) -> None:
    """Stop the desk that runs on this machine."""
    try:
        running = LocalDesk.attach()
    except NotRunning as error:
        raise fail(str(error)) from error
    with progress(quiet=json) as say:
        say("stopping")
        running.stop(keep=keep)
    if json:
        as_json({"running": False, "kept": keep})
    else:
        console.print("stopped" + (", state kept" if keep else ""))


def status(json: Json = False) -> None:
    """Whether a desk runs here, where, and how its cases stand. Exit status 2 when none runs."""
    try:
        running = LocalDesk.attach()
    except NotRunning as error:
        if json:
            as_json({"running": False})
        raise fail(str(error)) from error
    _show(running, json=json)


def addresses(desk: LocalDesk) -> dict[str, str]:
    return {
        "console": desk.console_url,
        "api": desk.api_url,
        "openapi": f"{desk.api_url}/openapi.json",
        "emulator": desk.emulator.endpoint,
        "sandboxes": desk.sandboxes.endpoint,
        "table": desk.outputs["TableName"],
        "state_machine": desk.outputs["StateMachineArn"],
    }


def depths(desk: LocalDesk) -> dict[str, int]:
    """Messages waiting per queue."""
    sqs = desk.emulator.client("sqs")
    found: dict[str, int] = {}
    for url in sqs.list_queues().get("QueueUrls", []):
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        found[url.rsplit("/", 1)[-1]] = int(answer["Attributes"]["ApproximateNumberOfMessages"])
    return found


def outages(desk: LocalDesk) -> list[dict[str, Any]]:
    """Partners that do not answer, one each."""
    traffic = DynamoTraffic(desk.emulator.client("dynamodb"), desk.outputs["TrafficTableName"])
    return [{"merchant": x.merchant, **view_outage(x)} for x in traffic.outages()]


def _show(desk: LocalDesk, *, json: bool) -> None:
    down = outages(desk)
    facts: dict[str, Any] = {"running": True, "addresses": addresses(desk), "queues": depths(desk), "outages": down}
    facts["people"] = {role: {"name": name, "password": PASSWORD} for role, name in PEOPLE.items()}
    if json:
        as_json(facts)
        return
    table = Table(title="The desk is running", show_header=False)
    for name, value in facts["addresses"].items():
        table.add_row(name, value)
    console.print(table)
    people = Table(title="Who can sign in to the console", show_header=False)
    for role, name in PEOPLE.items():
        people.add_row(role, name, PASSWORD)
    console.print(people)
    waiting = {name: n for name, n in facts["queues"].items() if n}
    for x in down:
        told = f"{x['merchant']}: {x['partner']} is {x['state']} since {x['since']}, {x['waiting']} exceptions wait"
        console.print(told, style="bold red", highlight=False)
    console.print(f"queues with messages: {waiting or 'none'}", highlight=False)
