"""What the documents say is what the code does."""

import json
import re
import shlex
from pathlib import Path

import pytest
import typer
from typer._click import Command, Context
from typer._click.exceptions import MissingParameter, UsageError
from typer.core import TyperGroup

from infra.cli.capabilities import BEGIN, END, README, in_readme, table
from infra.cli.main import app
from stopship.adapters.generic_3pl import contract, signature
from stopship.adapters.generic_3pl.answers import parse_callback
from stopship.domain.capabilities import CAPABILITIES
from stopship.domain.order import AckLevel

GUIDE = (Path(signature.__file__).parent / "GUIDE.md").read_text(encoding="utf-8")
NOW = "2026-11-24T12:00:00.000000Z"
SECRET = "shared-secret"
EXAMPLES = re.findall(r"```json (\w+)\n(.*?)```", GUIDE, re.DOTALL)


def test_readme_shows_the_capability_table_that_decides() -> None:
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


@pytest.mark.parametrize("missing", [BEGIN, END])
def test_a_readme_without_a_place_for_the_table_is_refused(missing: str) -> None:
    with pytest.raises(ValueError, match="capabilities"):
        in_readme(README.read_text(encoding="utf-8").replace(missing, ""))


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
    (text,) = [text for name, text in EXAMPLES if name == "Callback"]
    assert parse_callback("east", json.loads(text)).level is AckLevel.PHYSICALLY_STOPPED
    system = text.replace("operator:b7", "system")
    assert parse_callback("east", json.loads(system)).level is AckLevel.SYSTEM_CANCELLED


def test_the_guide_speaks_of_every_decision_and_of_the_tolerance() -> None:
    for decision in contract.Decision.__args__:  # type: ignore[attr-defined]
        assert f"`{decision}`" in GUIDE
    assert f"{signature.TOLERANCE_SECONDS} seconds" in GUIDE
