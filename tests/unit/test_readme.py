"""What the documents say is what the code does."""

import inspect
import json
import re
import shlex
from collections.abc import Callable
from dataclasses import MISSING, fields
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from typer._click import Command, Context
from typer._click.exceptions import MissingParameter, UsageError
from typer.core import TyperGroup

from infra.cli.capabilities import BEGIN, CONNECTIONS, END, README, in_readme, table
from infra.cli.connections import connections
from infra.cli.main import app
from stopship.adapters.generic_3pl import contract, signature
from stopship.adapters.generic_3pl.answers import parse_callback
from stopship.adapters.mail import order_names
from stopship.domain.capabilities import CAPABILITIES
from stopship.domain.order import AckLevel
from stopship.handlers import receive_webhook
from stopship.wiring import partners
from stopship.wiring.connection_checks import PARTNERS

GUIDE = (Path(signature.__file__).parent / "GUIDE.md").read_text(encoding="utf-8")
NOW = "2026-11-24T12:00:00.000000Z"
SECRET = "shared-secret"
EXAMPLES = re.findall(r"```json (\w+)\n(.*?)```", GUIDE, re.DOTALL)


def test_readme_shows_the_tables_that_the_code_makes() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == in_readme(text), "run `stopship capabilities --write`"


def test_the_table_has_every_partner_and_its_level() -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table().splitlines()[2:]]
    assert {row[0]: row[2].replace(" ", "_") for row in rows} == {c.partner: c.proves for c in CAPABILITIES.values()}
    assert len({len(row) for row in rows}) == 1


def test_a_readme_that_says_something_else_is_noticed() -> None:
    text = README.read_text(encoding="utf-8")
    changed = text.replace("| shiphero |", "| shipzero |")
    assert changed != text and in_readme(changed) == in_readme(text)


@pytest.mark.parametrize("missing", [BEGIN, END, *CONNECTIONS])
def test_a_readme_without_a_place_for_a_table_is_refused(missing: str) -> None:
    with pytest.raises(ValueError, match=r"capabilities|connections"):
        in_readme(README.read_text(encoding="utf-8").replace(missing, ""))


# ---------------------------------------------------------------------------------------------- connecting

CONNECTIONS_OF = {row.partner: row for row in connections()}
NO_PARTNER = "another help desk"
PLACES = {"shopify", "zendesk", "stripe", "help_desks", "warehouses", "kind", "fulfillment_type", "digits"}
"""Keys of what stands around a partner's own fields, or within one."""


def read_by(*code: Callable[..., Any]) -> dict[str, bool]:
    """The fields that the code takes from a merchant's secret, and whether it cannot do without."""
    found: dict[str, bool] = {}
    for source in map(inspect.getsource, code):
        text = re.sub(r'"""(?:.|\n)*?"""', "", source)
        for bracket, name in re.findall(r'(?<!query)(?<!request\.body\))(\[|\.get\()"(\w+)"', text):
            found[name] = found.get(name, False) or bracket == "["
        found |= dict.fromkeys(re.findall(r'_told\(config, [^)]*"(\w+)"\)', text), True)
    return {name: needed for name, needed in found.items() if name not in PLACES}


def given_to(connection: type[Any], *ours: str) -> dict[str, bool]:
    """The fields of a connection that is made of all that stands in its place."""
    told = [x for x in fields(connection) if x.name not in ("merchant", *ours)]
    return {x.name: x.default is MISSING and x.default_factory is MISSING for x in told}


def read_of(partner: str) -> dict[str, bool]:
    """Of each partner: what its adapter, its door and what stands before it read."""
    door = receive_webhook
    if partner in ("amazon", "stripe"):
        name = f"{partner.title()}Connection"
        connection = getattr(import_module(f"stopship.adapters.{partner}.connection"), name)
        return given_to(connection, "channel") | (read_by(door._stripe) if partner == "stripe" else {})
    if partner in partners.WAREHOUSE_KINDS:
        module = import_module(f"stopship.adapters.{partner}.warehouse")
        made = [module.connection if partner == "email_vendor" else module.connect]
        made += [getattr(door, f"_{partner}")] if partner != "email_vendor" else [module._language]
        holds = {} if partner == "email_vendor" else read_by(partners.ConfiguredPartners.hold_first)
        found = holds | read_by(*made)
        return {name: needed for name, needed in found.items() if name not in ("mail", "vendor_answers", "sender")}
    match partner:
        case "shopify":
            more = (door._shopify, door._shopify_flow, order_names.forms, partners.ConfiguredPartners.payments)
            return read_by(partners.shopify_connection, *more)
        case "netsuite":
            return read_by(partners.netsuite_connection, partners._netsuite)
        case "zendesk":
            return read_by(partners.zendesk_connection, door._zendesk)
        case "ups":
            connection = import_module("stopship.adapters.ups.connection").UpsConnection
            return given_to(connection)
    return read_by(door._ticket)


def test_every_partner_that_can_be_connected_is_in_the_table() -> None:
    assert set(CONNECTIONS_OF) == {*PARTNERS, *partners.WAREHOUSE_KINDS, *partners.CARRIER_KINDS, NO_PARTNER}


@pytest.mark.parametrize("partner", sorted(CONNECTIONS_OF))
def test_the_table_names_every_field_that_the_code_reads_and_no_other(partner: str) -> None:
    row = CONNECTIONS_OF[partner]
    told = dict.fromkeys(row.needs, True) | dict.fromkeys(row.may, False)
    holds_nothing = {"takes_holds": True} if partner in ("shipbob", "shipstation") else {}
    assert told == read_of(partner) | holds_nothing


def test_the_table_has_every_door_with_what_says_whose_its_messages_are() -> None:
    """A door that is called without it refuses."""
    told = dict(x.partition("?")[::2] for row in CONNECTIONS_OF.values() for x in row.doors)
    sources = re.findall(r'case "([\w-]+)":', inspect.getsource(receive_webhook.receive))
    assert set(told) == {f"/webhooks/{source}" for source in sources}
    for source in sources:
        code = inspect.getsource(getattr(receive_webhook, f"_{source.replace('-', '_')}"))
        asked = re.findall(r'request\.query\.get\("(\w+)"', code)
        assert [x.partition("=")[0] for x in told[f"/webhooks/{source}"].split("&") if x] == asked


def test_the_table_has_a_route_parameter_wherever_the_code_looks_for_one() -> None:
    routed = {row.route.partition("/")[0] for row in CONNECTIONS_OF.values() if row.route}
    doors = set(re.findall(r'merchants\(\)\.route\("(\w+)"', inspect.getsource(receive_webhook)))
    assert routed == doors | {"amazon"}, "Amazon's messages come by bus and queue"


def test_the_readmes_list_of_doors_is_whole() -> None:
    (line,) = re.findall(r"^POST /webhooks/\{source\} +(.*)$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(line.split(", ")) == {x.split("/")[2].split("?")[0] for r in CONNECTIONS_OF.values() for x in r.doors}


# ---------------------------------------------------------------------------------------------- commands

RUNBOOK = README.parent / "infra" / "RUNBOOK.md"
COMMAND_LINE = typer.main.get_command(app)


def commands(text: str) -> list[str]:
    """Every ``stopship ...`` in code, and in README's table of commands also those that leave the word out. Not README's "..."."""
    code = [x for block in re.findall(r"```\w*\n(.*?)```", text, re.DOTALL) for x in block.splitlines()]
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    code += re.findall(r"`([^`]+)`", prose)
    found = [match for x in code for match in re.findall(r"(?<![\w./-])stopship [a-z][^;&]*", x)]
    rows = re.findall(r"^\| (`stopship .*?) \| ", prose, re.MULTILINE)
    found += [f"stopship {x}" for row in rows for x in re.findall(r"`([^`]+)`", row) if not x.startswith("stopship ")]
    return list(dict.fromkeys(x.split("|")[0].strip() if " | " in x else x.strip() for x in found))


def parsed(command: str) -> Context:
    """As the command line would read it. Brackets only say that something may be left out. Raises UsageError."""
    words = shlex.split(command.replace("[", "").replace("]", ""))[1:]
    told: Command = COMMAND_LINE
    context = told.make_context("stopship", words)
    while isinstance(told, TyperGroup) and (rest := [*context._protected_args, *context.args]):
        name, found, words = told.resolve_command(context, rest)
        assert name and found
        told, context = found, found.make_context(name, words, parent=context)
    return context


@pytest.mark.parametrize("document", [README, RUNBOOK], ids=lambda path: path.name)
def test_every_command_that_a_document_names_can_be_given(document: Path) -> None:
    named = commands(document.read_text(encoding="utf-8"))
    assert len(named) > 5
    wrong = {}
    for command in named:
        try:
            parsed(command)
        except MissingParameter:
            continue  # named, not shown whole
        except UsageError as error:
            wrong[command] = error.format_message()
    assert wrong == {}


@pytest.mark.parametrize(
    "wrong", ["exceptions list --tier P1", "kpi --nothing", "audit verfy", "connect --check --stage"]
)
def test_a_command_that_cannot_be_given_is_noticed(wrong: str) -> None:
    assert commands(f"Do `stopship {wrong}`.") == [f"stopship {wrong}"]
    with pytest.raises(UsageError):
        parsed(f"stopship {wrong}")


def test_a_command_of_the_run_book_is_for_a_stage_wherever_it_can_be() -> None:
    for command in commands(RUNBOOK.read_text(encoding="utf-8")):
        context = parsed(command)
        if "stage" in context.params:
            assert context.params["stage"], f"{command} would look at the local desk"


# ---------------------------------------------------------------------------------------------- the guide for warehouses


def guides_own_check() -> object:
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    made: dict[str, object] = {}
    exec(code, made)
    return made["authentic"]


def test_the_guides_code_takes_what_the_desk_signs_and_nothing_else() -> None:
    authentic, body = guides_own_check(), b'{"a":1}'
    header, at = signature.sign(body, [SECRET, "old"], NOW), 1795521600.0
    assert authentic(header, body, SECRET, at) and authentic(header, body, "old", at)  # type: ignore[operator]
    wrong = [
        (header, body + b" ", SECRET, at),
        (header, body, "other", at),
        (header, body, SECRET, at + 301),
        (header, body, SECRET, at - 301),
        ("", body, SECRET, at),
        ("v1=00", body, SECRET, at),
        ("t=x,v1=00", body, SECRET, at),
        (header.replace("v1=", "v0="), body, SECRET, at),
    ]
    assert [case for case in wrong if authentic(*case)] == []  # type: ignore[operator]


def test_the_guides_vector_is_right() -> None:
    (seconds,) = re.findall(r"`t` (\d+)", GUIDE)
    (told,) = re.findall(r"`v1=([0-9a-f]{64})`", GUIDE)
    assert signature._mac(b'{"ok":true}', SECRET, int(seconds)) == told
    assert f"`{SECRET}`" in GUIDE


def test_every_example_of_the_guide_fits_the_contract() -> None:
    assert {name for name, _ in EXAMPLES} == {"StopShip", "Callback", "Event"}
    for name, text in EXAMPLES:
        getattr(contract, name).model_validate(json.loads(text))


def test_the_guides_answer_is_the_proof_that_it_says() -> None:
    (asked,) = [json.loads(text) for name, text in EXAMPLES if name == "StopShip"]
    (text,) = [text for name, text in EXAMPLES if name == "Callback"]
    key = json.loads(text)["idempotencyKey"]
    assert key == asked["idempotencyKey"]
    assert parse_callback("east", json.loads(text), {"11": 2}, key).level is AckLevel.PHYSICALLY_STOPPED
    system = text.replace("operator:b7", "system")
    assert parse_callback("east", json.loads(system), {"11": 2}, key).level is AckLevel.SYSTEM_CANCELLED


def test_the_guide_speaks_of_every_decision_and_of_the_tolerance() -> None:
    for decision in contract.Decision.__args__:  # type: ignore[attr-defined]
        assert f"`{decision}`" in GUIDE
    assert f"{signature.TOLERANCE_SECONDS} seconds" in GUIDE
