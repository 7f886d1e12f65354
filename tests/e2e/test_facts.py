"""The figures of the day: the deployed functions followed it, export it, and make its report."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stopship.adapters import facts_json, ledger_items
from stopship.application.project_facts import rebuild
from stopship.contract import METRIC_NAMESPACE
from tests.e2e.conftest import Day
from tests.e2e.figures import dumped, exported_figures, follow, invoke

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def followed(played: Day) -> list[str]:
    return follow(played)


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
    invoke(played, "export_facts", {})
    week = {"week": str(min(facts_json.load(x).week for x in followed if x.startswith("{")))}
    assert invoke(played, "make_report", week)["files"] >= 10
    bucket = played.desk.outputs["ReportsBucketName"]
    listed = played.desk.emulator.client("s3").list_objects_v2(Bucket=bucket, Prefix="reports/")["Contents"]
    assert {x["Key"].rpartition(".")[2] for x in listed} == {"html", "pdf", "csv", "json", "parquet"}


def test_the_dashboards_numbers_are_those_of_the_exported_files(
    played: Day, followed: list[str], tmp_path: Path
) -> None:
    invoke(played, "export_facts", {})
    found = exported_figures(played, tmp_path)
    assert {"StopSuccessRate", "TimeToCancelP90", "LeakageCount", "SilentRate"} <= {x.metric for x in found}
    client, now = played.desk.emulator.client("cloudwatch"), datetime.now(UTC)
    for x in found:
        points = client.get_metric_statistics(
            Namespace=METRIC_NAMESPACE,
            MetricName=x.metric,
            Dimensions=[{"Name": "merchant", "Value": x.merchant}],
            StartTime=now - timedelta(minutes=30),
            EndTime=now + timedelta(minutes=5),
            Period=60,
            Statistics=["Minimum", "Maximum"],
        )["Datapoints"]
        last = max(points, key=lambda point: point["Timestamp"])
        assert x.figure.value is not None
        assert last["Minimum"] <= float(x.figure.value) <= last["Maximum"], (x.merchant, x.metric)
