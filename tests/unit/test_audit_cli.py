"""`stopship audit verify`: what it says, what it writes to be held elsewhere, and what it finds against that."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from infra.cli import audit
from infra.cli.main import app
from stopship.application.ports import Stored
from tests.unit.test_audit import a_ledger, removed, rewritten


class Ledger:
    """Of which somebody may replace every item."""

    def __init__(self) -> None:
        self.items = a_ledger()

    def scan(self) -> Iterator[Stored]:
        return iter(self.items)


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    found = Ledger()
    monkeypatch.setattr(audit, "target", lambda _: SimpleNamespace(ledger=found))
    return found


def verify(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["audit", "verify", *map(str, arguments)])


def test_the_fingerprint_is_told_to_people_and_to_programs(ledger: Ledger) -> None:
    told = json.loads(verify("--json").stdout)
    assert len(told["fingerprint"]) == 64
    assert f"fingerprint {told['fingerprint']}" in verify().stdout


def test_one_line_for_each_case_is_written_and_names_no_person(ledger: Ledger, tmp_path: Path) -> None:
    done = verify("--write", tmp_path / "heads")
    lines = [json.loads(line) for line in (tmp_path / "heads").read_text().splitlines()]
    assert done.exit_code == 0
    assert [(x["merchant"], x["case_id"], x["version"]) for x in lines] == [
        ("acme", "case-a", 8),
        ("acme", "case-b", 9),
    ]
    assert {frozenset(x) for x in lines} == {frozenset({"merchant", "case_id", "version", "hash"})}


def test_a_ledger_is_right_against_its_own_heads(ledger: Ledger, tmp_path: Path) -> None:
    verify("--write", tmp_path / "heads")
    done = verify("--against", tmp_path / "heads")
    assert done.exit_code == 0 and "2 earlier heads looked for, 0 missing" in done.stdout


@pytest.mark.parametrize("forged", [rewritten, removed])
def test_what_was_told_anew_or_removed_is_found_and_the_held_file_stays(
    ledger: Ledger, tmp_path: Path, forged: object
) -> None:
    held = tmp_path / "heads"
    verify("--write", held)
    before = held.read_text()
    ledger.items = forged()  # type: ignore[operator]
    assert verify().exit_code == 0
    done = verify("--against", held, "--write", held)
    assert done.exit_code == 1 and "M#acme#C#case-a E#00000008" in done.stdout
    assert held.read_text() == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it holds no heads"),
        ('{"merchant": "acme", "case_id"', "--against"),
        ('{"merchant": "acme"}', "missing"),
        ('{"merchant": "acme", "case_id": "case-a", "version": "8", "hash": "0"}', "is no head"),
        ("[]", "--against"),
    ],
)
def test_a_file_that_proves_nothing_is_refused(ledger: Ledger, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "heads").write_text(text)
    done = verify("--against", tmp_path / "heads", "--write", tmp_path / "new")
    assert done.exit_code == 2 and says in done.output
    assert not (tmp_path / "new").exists()


def test_files_that_cannot_be_read_or_written_are_told(ledger: Ledger, tmp_path: Path) -> None:
    for option in ("--against", "--write"):
        done = verify(option, tmp_path / "no" / "folder")
        assert done.exit_code == 2 and option in done.output
