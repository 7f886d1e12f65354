"""`stopship facts`: whether the facts are what the ledger says, making them again, and writing them as Parquet."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.cli import fact_book
from infra.cli.main import app
from stopship.adapters.facts_table import MemoryFacts
from stopship.domain.policy import ReportingRule
from tests.unit.kpi.test_project_facts import ledger_of_the_week
from tests.unit.kpi.week import MERCHANT, orders, stories


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> MemoryFacts:
    found, desk = MemoryFacts(), SimpleNamespace(ledger=ledger_of_the_week())
    monkeypatch.setattr(fact_book, "fact_book", lambda _: (desk, found))
    monkeypatch.setattr(
        fact_book, "reporting", lambda _, names: {name: ReportingRule("Europe/Berlin") for name in names}
    )
    return found


def facts(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["facts", *arguments])


def wrong() -> Any:
    done = facts("check", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == (1 if told["wrong"] else 0)
    return told


def test_facts_that_are_missing_are_found_and_made_again(book: MemoryFacts) -> None:
    everything = len(stories()) + len(orders())
    assert len(wrong()["wrong"]) == everything
    done = facts("rebuild")
    assert f"{everything} facts are as the ledger says" in done.stdout
    assert wrong() == {"facts": everything, "wrong": []}


def test_a_fact_of_an_older_version_and_one_of_nothing_are_named(book: MemoryFacts) -> None:
    facts("rebuild")
    fresh = MemoryFacts()
    fresh.put(
        [x.facts for x in stories()[1:]],
        [*orders(), orders()[0].__class__(MERCHANT, "shopify", "nobody", "2026-11-16", "none")],
    )
    book._table = fresh._table
    told = wrong()["wrong"]
    assert told == ["case acme case-a", "order acme shopify nobody 2026-11-16"]
    said = facts("check").stdout
    assert "case acme case-a is missing" in said and "nobody 2026-11-16 is of nothing in the ledger" in said


def test_exported_facts_give_the_same_figures(book: MemoryFacts, tmp_path: Path) -> None:
    facts("rebuild")
    assert "2 weeks of 1 merchants" in " ".join(facts("export", str(tmp_path)).stdout.split())
    done = CliRunner().invoke(
        app, ["kpi", "stop_success_rate", "--facts", str(tmp_path), "--week", "2026-W47", "--json"]
    )
    assert json.loads(done.stdout)["figures"][0]["value"] == "66.67"
