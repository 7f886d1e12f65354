"""The figures of the day: the deployed functions followed it, export it, and make its report."""

import json
import time
from collections import Counter
from typing import Any

import pytest

from stopship.adapters import facts_json, ledger_items
from stopship.adapters.facts_table import DynamoFacts
from stopship.application.project_facts import rebuild
from stopship.contract import function_name
from stopship.domain.kpi.facts import CaseFacts, OrderFact
from tests.e2e.conftest import Day

pytestmark = pytest.mark.emulator

PATIENCE_SECONDS = 90.0


def dumped(facts: list[CaseFacts | OrderFact]) -> list[str]:
    return sorted(facts_json.dump(x) if isinstance(x, CaseFacts) else repr(x) for x in facts)


def book(day: Day) -> DynamoFacts:
    return DynamoFacts(day.desk.emulator.client("dynamodb"), day.desk.outputs["FactsTableName"])


def invoke(day: Day, module: str, event: dict[str, str]) -> Any:
    answer = day.desk.emulator.client("lambda").invoke(
        FunctionName=function_name("dev", module), Payload=json.dumps(event).encode()
    )
    told = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    return told


@pytest.fixture(scope="module")
def followed(played: Day) -> list[str]:
    """The facts, when the stream has brought all of them."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        wanted = dumped(list(rebuild(played.stage.ledger.scan(), ledger_items.recorded)))
        found = dumped(list(book(played).everything()))
        if found == wanted or time.monotonic() > until:
            return found
        time.sleep(1)


def test_what_followed_the_day_is_what_the_ledger_gives_byte_for_byte(played: Day, followed: list[str]) -> None:
    assert followed == dumped(list(rebuild(played.stage.ledger.scan(), ledger_items.recorded)))
    assert len([x for x in followed if x.startswith("{")]) >= len(played.plays)


def test_the_days_figures_are_what_was_played(played: Day, followed: list[str]) -> None:
    """Each trap shows where it should, and nothing else does: no cancel is counted as paid twice, no word as false that was true."""
    of_plays = {play.case.case_id for play in played.plays if play.case}
    facts = [
        x for x in (facts_json.load(told) for told in followed if told.startswith("{")) if x.case.case_id in of_plays
    ]
    cases, legs = [x.case for x in facts], [leg for x in facts for leg in x.legs]
    names = [play.name for play in played.plays]
    outcomes = Counter(play.outcome for play in played.plays)
    assert {name: sum(x.outcome == name for x in cases) for name in outcomes} == dict(outcomes)
    left, lied = names.count("ships after the stop: P1, return"), names.count("says cancelled, goes on picking")
    assert left and lied
    assert sum(leg.left_after_ok for leg in legs) == left
    assert sum(leg.false_ok for leg in legs) == left + lied
    assert Counter(one.leak for x in facts for one in x.money if one.leak) == {"shipped": left}
    assert sum(leg.order_age != "unknown" for leg in legs) > len(legs) / 2


def test_the_days_report_is_made_by_the_deployed_functions(played: Day, followed: list[str]) -> None:
    assert invoke(played, "export_facts", {})["weeks"] > 0
    week = {"week": str(min(facts_json.load(x).week for x in followed if x.startswith("{")))}
    assert invoke(played, "make_report", week)["files"] >= 10
    bucket = played.desk.outputs["ReportsBucketName"]
    listed = played.desk.emulator.client("s3").list_objects_v2(Bucket=bucket, Prefix="reports/")["Contents"]
    assert {x["Key"].rpartition(".")[2] for x in listed} == {"html", "pdf", "csv", "json", "parquet"}
