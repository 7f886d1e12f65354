"""The generated weeks that figures are measured on: the same in every run, and by hand they say what the definitions say."""

from pathlib import Path

import pytest

from infra.bench import generated_facts, kpi
from infra.bench.generated_cases import WAREHOUSES, generated
from stopship.adapters import facts_json
from stopship.adapters.facts_duckdb import FactsDatabase


def test_the_same_cases_are_drawn_in_every_run() -> None:
    first, second = list(generated(40)), list(generated(40))
    assert [facts_json.dump(x) for x in first] == [facts_json.dump(x) for x in second]
    assert len({x.case.case_id for x in first}) == 40


def test_figures_by_the_definitions_are_those_of_sql_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``measure`` raises when they are not."""
    monkeypatch.setattr(kpi, "SECONDS", 0.0)
    generated_facts.write(tmp_path, 4_000)
    found = kpi.measure(tmp_path)
    assert found["engine"] > 0 and found["hand"] > 0


def test_as_many_cases_are_made_as_are_asked_for_each_once(tmp_path: Path) -> None:
    generated_facts.write(tmp_path, 6_000)
    database = FactsDatabase()
    try:
        database.read_parquet(tmp_path)
        count = database.connection.execute("SELECT count(*), count(DISTINCT case_id) FROM cases").fetchall()
        assert count == [(6_000, 6_000)]
        assert database.merchants() == generated_facts.merchants()
        houses = database.connection.execute("SELECT DISTINCT warehouse FROM legs ORDER BY 1").fetchall()
        assert {x for (x,) in houses} == {house.name for house in WAREHOUSES}
    finally:
        database.close()


def test_an_answer_that_differs_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names, by, sql = kpi.QUERIES[3]
    monkeypatch.setattr(kpi, "QUERIES", ((names, by, sql.replace("FILTER (sent)", "FILTER (NOT sent)")),))
    generated_facts.write(tmp_path, 500)
    with pytest.raises(ValueError, match="funnel_sent"):
        kpi.measure(tmp_path)
