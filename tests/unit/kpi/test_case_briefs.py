"""What a list shows of a case: the same from memory and from DuckDB."""

import pytest

from stopship.adapters.facts_duckdb import FactsDatabase
from stopship.application.figures import CountedFacts
from stopship.domain.kpi.evaluate import Memory
from tests.unit.kpi.week import MERCHANT, facts_of_week


@pytest.fixture(params=["memory", "duckdb"])
def facts(request: pytest.FixtureRequest) -> CountedFacts:
    if request.param == "memory":
        return Memory.of(facts_of_week())
    database = FactsDatabase()
    request.addfinalizer(database.close)
    database.read_rows(facts_of_week())
    return database


def test_cases_come_in_the_order_that_is_asked_for_and_unknown_ones_do_not(facts: CountedFacts) -> None:
    wanted = [(MERCHANT, "case-g"), (MERCHANT, "nothing"), ("other", "case-a"), (MERCHANT, "case-a")]
    open_, ended = facts.briefs(wanted)
    assert (open_.case_id, open_.outcome, open_.ended_at, open_.order_ref) == ("case-g", "", "", "1007")
    assert (ended.case_id, ended.outcome) == ("case-a", "stopped")
    assert (ended.received_at, ended.ended_at) == ("2026-11-16T10:00:05.000000Z", "2026-11-16T10:03:00.000000Z")
    assert facts.briefs([]) == []
