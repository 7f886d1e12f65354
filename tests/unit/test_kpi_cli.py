"""`stopship kpi`: measures of a folder of exported facts, and the cases behind them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infra.cli.main import app
from stopship.adapters import reporting_rules
from stopship.adapters.facts_duckdb import write_parquet
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.policy import ReportingRule
from tests.unit.kpi.week import MERCHANT, facts_of_week, orders


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("facts")
    write_parquet(found, f"merchant={MERCHANT}/week=2026-W47", facts_of_week(), orders())
    rules = {MERCHANT: ReportingRule("Europe/Berlin")}
    (found / reporting_rules.FILE).write_text(reporting_rules.dump(rules, "2026-12-01T00:00:00.000000Z"))
    return found


def kpi(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["kpi", *arguments])


def test_a_measure_is_shown_as_it_was_worked_out_by_hand(folder: Path) -> None:
    done = kpi("stop_success_rate", "--week", "2026-W47", "--facts", str(folder), "--json")
    (figure,) = json.loads(done.stdout)["figures"]
    assert (figure["value"], figure["numerator"], figure["denominator"]) == ("66.67", 4, 6)


def test_the_weeks_of_a_merchant_are_those_of_its_time_zone(folder: Path) -> None:
    done = kpi("cases_ended", "--week", "2026-W48", "--weeks", "2", "--facts", str(folder), "--json")
    assert [(x["week"], x["value"]) for x in json.loads(done.stdout)["figures"]] == [
        ("2026-W47", "7"),
        ("2026-W48", "1"),
    ]


def test_files_are_as_old_as_their_export_and_say_so(folder: Path, tmp_path: Path) -> None:
    """Exported on Wednesday: the week is not over for them, however much later they are read."""
    write_parquet(tmp_path, "p", facts_of_week(), orders())
    exported = reporting_rules.dump({MERCHANT: ReportingRule("Europe/Berlin")}, "2026-11-18T12:00:00.000000Z")
    (tmp_path / reporting_rules.FILE).write_text(exported)
    told = json.loads(kpi("cases_received", "--week", "2026-W47", "--facts", str(tmp_path), "--json").stdout)
    assert (told["as_of"], told["figures"][0]["value"]) == ("2026-11-18T12:00:00.000000Z", "6")


def test_it_is_broken_down_and_filtered(folder: Path) -> None:
    done = kpi(
        "funnel_lost",
        "--by",
        "lost_stage,warehouse",
        "--only",
        "warehouse=south",
        "--week",
        "2026-W47",
        "--facts",
        str(folder),
    )
    assert done.exit_code == 0, done.output
    assert "south" in done.stdout and "north" not in done.stdout


def test_it_leads_to_the_cases(folder: Path) -> None:
    done = kpi("double_cost_cases", "--cases", "--week", "2026-W47", "--facts", str(folder))
    assert done.stdout.splitlines() == ["acme case-b"]


def test_what_costs_nobody_told_is_said(folder: Path) -> None:
    done = kpi("double_cost", "--week", "2026-W47", "--facts", str(folder))
    assert "acme" in done.stdout and "not counted" in done.stdout


def test_the_backlog_of_another_age_is_counted(folder: Path) -> None:
    old, older = (
        kpi("exception_backlog", "--older-than", x, "--week", "2026-W47", "--facts", str(folder), "--json")
        for x in ("30", "60")
    )
    assert [json.loads(x.stdout)["figures"][0]["value"] for x in (old, older)] == ["1", "0"]


def test_every_measure_says_what_it_counts(folder: Path) -> None:
    told = json.loads(kpi("--list", "--json").stdout)
    assert [x["name"] for x in told] == list(KPIS)
    assert all(x["counts"] and x["clock"] and x["leaves_out"] for x in told)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["cancelation_rate"], "there is no measure"),
        (["cancellation_rate", "--by", "colour"], "no such dimension"),
        (["cancellation_rate", "--only", "channel"], "channel=shopify"),
        (["cancellation_rate", "--older-than", "3"], "--older-than"),
        (["cancellation_rate", "--week", "2026-47", "--facts", "FOLDER"], "2026-W47"),
        (["cancellation_rate", "--merchant", "nobody", "--facts", "FOLDER"], "acme"),
        (["cancellation_rate", "--facts", "/nowhere"], "no such folder"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_what_to_write_instead(
    arguments: list[str], says: str, folder: Path
) -> None:
    done = kpi(*[str(folder) if x == "FOLDER" else x for x in arguments])
    assert done.exit_code == 2
    assert says in " ".join(done.output.split())


def test_parquet_of_the_same_facts_is_the_same_rows_in_the_same_order(tmp_path: Path) -> None:
    import duckdb

    first, second = facts_of_week(), list(reversed(facts_of_week()))
    rows = []
    for name, facts in (("a", first), ("b", second)):
        for file in write_parquet(tmp_path / name, "p", facts, orders()):
            rows.append((file.relative_to(tmp_path / name), duckdb.sql(f"SELECT * FROM '{file}'").fetchall()))
    assert rows[: len(rows) // 2] == rows[len(rows) // 2 :] and len(rows) == 10


def test_a_partition_that_has_become_empty_is_gone(tmp_path: Path) -> None:
    assert write_parquet(tmp_path, "p", facts_of_week(), orders())
    assert write_parquet(tmp_path, "p", [], []) == []
    assert list(tmp_path.rglob("*.parquet")) == []
