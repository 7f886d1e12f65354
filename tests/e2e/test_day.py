"""The day as a whole: every story ends as it should, although the emulator was killed in the middle."""

import json
from pathlib import Path

import pytest

from infra.local.day.director import Play
from infra.local.day.orders import Numbers
from infra.local.day.partners import GROWS_OLD
from infra.local.day.plays import day
from infra.local.day.report import history
from stopship.adapters.ledger_dynamodb import DynamoLedger
from stopship.application.audit import verify
from stopship.contract import LIVE_FIGURES, METRIC_NAMESPACE, METRICS
from stopship.domain.case import Case
from stopship.domain.events import (
    ExceptionOpened,
    LegReopened,
    MoneyMoved,
    OrderCancelSubmitted,
    OrderNotFound,
    SilenceRecorded,
)
from stopship.domain.money import MoveState
from tests.e2e.conftest import Day
from tests.e2e.figures import exported_figures, follow, invoke

pytestmark = pytest.mark.emulator


def test_every_case_ends_as_its_story_says(played: Day) -> None:
    assert played.report.unexpected == []
    assert {play.name for play in played.plays} == {play.name for play in day(Numbers())}


def test_no_invariant_is_violated_and_each_is_checked(played: Day) -> None:
    assert played.report.violations == []
    assert [name for name, tally in played.report.invariants.items() if not tally.checked] == []


def test_every_outcome_and_every_tier_occurs(played: Day) -> None:
    assert set(played.report.outcomes) == {"stopped", "shipped", "blocked", "saved", "withdrawn"}
    assert played.report.exceptions["P1"] > 0
    assert played.report.exceptions["P2"] > 0


PLAIN = {
    "unpicked, captured: refunded",
    "unpicked, authorised: voided",
    "delivered three times",
    "vendor by mail: stopped",
}
TROUBLE = (ExceptionOpened, LegReopened, OrderCancelSubmitted, OrderNotFound, SilenceRecorded)


def test_a_case_without_trouble_takes_at_most_twenty_transitions(played: Day) -> None:
    plain = [
        played.report.transitions[p.case.case_id]
        for p in played.plays
        if p.case and p.name in PLAIN and _untroubled(played, p, p.case)
    ]
    assert plain
    assert max(plain) <= 20


def _untroubled(played: Day, play: Play, case: Case) -> bool:
    """One execution in which no step failed and no wait timed out, nothing looked at twice, and nobody asked: what slow partners, a busy
    machine and a crash add is not the case's own."""
    facts = [x.event for x in played.stage.ledger.load(case.merchant, case.case_id)]
    pending = any(isinstance(x, MoneyMoved) and x.status == MoveState.PENDING for x in facts)
    failed = any(x["type"] in ("TaskFailed", "TaskTimedOut") for x in history(played.desk, play))
    return len(case.executions) == 1 and not pending and not failed and not any(isinstance(x, TROUBLE) for x in facts)


def test_the_audit_trail_is_whole_and_one_changed_byte_is_found(played: Day) -> None:
    client = played.desk.emulator.client("dynamodb")
    table = played.desk.outputs["TableName"]
    assert verify(DynamoLedger(client, table).scan()).problems == ()
    item = client.scan(TableName=table, Limit=1)["Items"][0]
    name = next(k for k, v in item.items() if "S" in v and k not in ("pk", "sk") and v["S"])
    changed = {**item, name: {"S": chr(ord(item[name]["S"][0]) ^ 1) + item[name]["S"][1:]}}
    client.put_item(TableName=table, Item=changed)
    try:
        assert verify(DynamoLedger(client, table).scan()).problems
    finally:
        client.put_item(TableName=table, Item=item)


def test_logs_hold_no_address_of_a_customer(played: Day) -> None:
    logs = played.desk.emulator.client("logs")
    groups = [g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]]
    assert groups
    for group in groups:
        for event in logs.filter_log_events(logGroupName=group).get("events", []):
            assert "@customer.example" not in event["message"]


def test_customers_are_told_their_outcome_once(played: Day) -> None:
    told = [p.case for p in played.plays if p.case and p.order.channel == "shopify"]
    assert told
    for case in told:
        sent = [m for name, m in case.messages.items() if name.endswith(":0")]
        assert len(sent) == 1, json.dumps([m.fact.template for m in sent])


def test_every_metric_of_ours_on_a_dashboard_was_emitted_by_the_day_with_its_dimensions(
    played: Day, tmp_path: Path
) -> None:
    """But a figure that nobody can count from this day: what is not known is not published."""
    follow(played)
    invoke(played, "export_facts", {})
    counted = {x.metric for x in exported_figures(played, tmp_path)}
    assert len(counted) > len(LIVE_FIGURES) / 2
    client = played.desk.emulator.client("cloudwatch")
    boards = [b["DashboardName"] for b in client.list_dashboards()["DashboardEntries"]]
    shown = "".join(client.get_dashboard(DashboardName=name)["DashboardBody"] for name in boards)
    on_boards = {name: set(dimensions) for name, dimensions in METRICS.items() if name in shown}
    assert set(on_boards) == set(METRICS)
    emitted = client.list_metrics(Namespace=METRIC_NAMESPACE)["Metrics"]
    seen = {(m["MetricName"], frozenset(d["Name"] for d in m["Dimensions"])) for m in emitted}
    missing = {name for name, wanted in on_boards.items() if (name, frozenset(wanted)) not in seen}
    assert missing == set(LIVE_FIGURES) - counted


def test_a_team_was_told_once_in_its_chat_that_half_the_time_is_over_with_the_link_to_the_case(played: Day) -> None:
    (play,) = [p for p in played.plays if p.name == GROWS_OLD]
    assert play.case
    said = [x.detail["text"] for x in played.desk.sandboxes.journal("chat", play.order.merchant)]
    told = [x for x in said if f"/console/cases/{play.case.case_id}?" in x]
    assert told
    # Who is next is told too, under a headline of its own, where nobody answers in time.
    headlines = [x.partition("\n")[0] for x in told]
    assert headlines.count(headlines[0]) == 1
    assert headlines[0].startswith("P1 for ") and "50 % of its time are over" in headlines[0]
