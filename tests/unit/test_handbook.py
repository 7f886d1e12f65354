"""The handbook holds all that the policy decides and all that partners and fields are, as it is now; and the same policy gives the same files."""

import re
import xml.etree.ElementTree as ET
from html import escape
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli.handbook import erp_fields, map_of
from infra.cli.main import app
from stopship.adapters.handbook import html, markdown, picture
from stopship.adapters.netsuite.mapping import FIELDS, HOLDS, NOTE, PREFIX, hold_field
from stopship.adapters.policy_file import effective, load_default
from stopship.application.handbook.model import EscalationMap, Sheet
from stopship.application.handbook.write import duration, words, write_handbook
from stopship.domain.capabilities import CAPABILITIES
from stopship.domain.order import AckLevel, PickState
from stopship.domain.policy import Team

BOOK = write_handbook(load_default(), "acme", erp_fields())
TEXTS = {"markdown": markdown.render(BOOK), "html": html.render(BOOK)}


@pytest.mark.parametrize("kind", TEXTS)
def test_everything_is_in_it(kind: str) -> None:
    def there(text: str) -> bool:
        return (escape(text) if kind == "html" else text.replace("|", "\\|")) in TEXTS[kind]

    policy = load_default()
    wanted = [words(x) for x in (*policy.reasons, *policy.exceptions, *PickState, *AckLevel, *CAPABILITIES, *Team)]
    wanted += [rule.next_action for rule in policy.exceptions.values()]
    wanted += [code for x in policy.reasons.values() for code in (x.erp_code, x.shopify_reason, x.amazon_reason)]
    wanted += [
        text for row in CAPABILITIES.values() for text in (row.stops_by or "nothing", row.trap, row.holds or "none")
    ]
    wanted += [PREFIX + name for name in (*FIELDS, NOTE, *map(hold_field, HOLDS))]
    wanted += [x.holds for x in erp_fields()]
    assert [x for x in wanted if not there(x)] == []


def test_every_row_has_a_cell_for_every_head() -> None:
    sheets = [block for chapter in BOOK.chapters for block in chapter.blocks if isinstance(block, Sheet)]
    assert len(sheets) >= 8
    for sheet in sheets:
        assert {len(row) for row in sheet.rows} == {len(sheet.head)}
        assert all(
            str(cell).strip() or title == "partner"
            for row in sheet.rows
            for cell, title in zip(row, sheet.head, strict=True)
        )


def test_a_merchants_own_decision_is_in_its_handbook_and_not_the_default() -> None:
    override = (
        'version = "7"\n[acknowledgement_seconds]\nnorth = 420\n[exceptions.silent_warehouse]\ntier = "P1"\nowner = "fraud"\n'
        'next_action = "Ring the bell | twice"\n[escalation]\nops = "finance"\nfinance = "fraud"\nfraud = "warehouse"\nwarehouse = "ops"\n'
    )
    book = write_handbook(effective(override)[1], "acme", erp_fields(), {"north": "shiphero", "south": "email_vendor"})
    text = markdown.render(book)
    assert "| north | shiphero | 7 minutes | 5 minutes |" in text
    assert "| south | email vendor | 15 minutes | 5 minutes |" in text
    assert "Ring the bell \\| twice" in text and "policy version 7" in text
    assert load_default().exceptions[next(iter(load_default().exceptions))].next_action not in text
    assert map_of(book).next_[Team.WAREHOUSE] is Team.OPS


def test_working_time_notices_and_the_second_person_are_in_it() -> None:
    override = (
        '[calendars.finance]\ntime_zone = "Europe/Berlin"\nhours = { mon = "09:00-17:30" }\nholidays = ["2026-12-25"]\n'
        '[contacts.finance]\nlead = ["webhook:finance"]\n[escalation_notices]\nlead = 77\n[two_people.limit]\nEUR = "200.00"\n'
        '[rotas.warehouse]\npeople = ["id-of-a-person", "id-of-another"]\nfirst_week = "2026-11-23"\n[service_seconds]\nvendor = 7200\n'
    )
    text = markdown.render(write_handbook(effective(override)[1], "acme", erp_fields()))
    assert "| finance | mon 09:00-17:30 (Europe/Berlin) | 2026-12-25 | whoever is free |" in text
    assert "| warehouse | always | none | 2 people in turn, from 2026-11-23 on |" in text
    assert "| finance | sns | webhook:finance | sns |" in text and "lead at 77 % of the time" in text
    assert "above EUR 200" in text and "| 2 hours |" in text
    assert "id-of-a-person" not in text, "who works is not for a document"


def test_the_same_policy_gives_the_same_files(tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        done = CliRunner().invoke(app, ["handbook", "--out", str(tmp_path / name), "--merchant", "acme"])
        assert done.exit_code == 0, done.output
        found.append({x.name: x.read_bytes() for x in (tmp_path / name).iterdir()})
    assert found[0] == found[1]
    assert set(found[0]) == {"handbook.md", "handbook.html", "escalation.svg"}


@pytest.mark.parametrize(
    ("content", "says"),
    [('[exceptions.silent_warehouse]\ntier = "P9"\n', "stopship policy check"), (None, "No such file")],
)
def test_a_policy_that_may_not_be_used_makes_no_handbook(content: str | None, says: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    if content is not None:
        file.write_text(content)
    done = CliRunner().invoke(app, ["handbook", "--policy", str(file), "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert says in " ".join(done.output.split())
    assert not (tmp_path / "out").exists()


NEXT = [
    {},
    {Team.WAREHOUSE: Team.OPS, Team.FRAUD: Team.OPS, Team.FINANCE: Team.OPS},
    {Team.OPS: Team.FINANCE, Team.FINANCE: Team.FRAUD, Team.FRAUD: Team.WAREHOUSE, Team.WAREHOUSE: Team.OPS},
    {Team.WAREHOUSE: Team.OPS, Team.OPS: Team.FINANCE},
]


@pytest.mark.parametrize("next_", NEXT)
def test_the_map_has_a_box_for_each_team_apart_from_the_others_and_an_arrow_for_each_handover(
    next_: dict[Team, Team],
) -> None:
    root = ET.fromstring(picture.draw(EscalationMap(list(Team), next_, {"P1": "1 hour"})))
    tag = "{http://www.w3.org/2000/svg}"
    boxes = [tuple(int(x.attrib[name]) for name in ("x", "y", "width", "height")) for x in root.iter(f"{tag}rect")]
    assert len(boxes) == len(Team)
    assert len([x for x in root.iter(f"{tag}path") if "marker-end" in x.attrib]) == len(next_)
    _, _, wide, high = (float(x) for x in root.attrib["viewBox"].split())
    assert all(x >= 0 and y >= 0 and x + w <= wide and y + h <= high for x, y, w, h in boxes)
    for i, (x, y, w, h) in enumerate(boxes):
        assert not [1 for (a, b, _, _) in boxes[:i] if abs(a - x) < w and abs(b - y) < h]


def test_the_page_is_well_formed_and_runs_nothing() -> None:
    text = TEXTS["html"]
    assert "<script" not in text
    for tag in ("table", "section", "svg", "ol", "tr", "td", "th", "p"):
        assert len(re.findall(rf"<{tag}[ >]", text)) == text.count(f"</{tag}>"), tag


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (300, "5 minutes"),
        (3_600, "1 hour"),
        (14_400, "4 hours"),
        (86_400, "1 day"),
        (90, "90 seconds"),
        (5_400, "90 minutes"),
    ],
)
def test_times_are_said_exactly(seconds: int, text: str) -> None:
    assert duration(seconds) == text
