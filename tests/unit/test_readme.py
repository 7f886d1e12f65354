"""What the documents say is what the code does."""

import json
import re
from pathlib import Path

import pytest

from infra.cli.capabilities import BEGIN, END, README, in_readme, table
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
