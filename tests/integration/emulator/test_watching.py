"""Metrics and alarms as on AWS."""

import json
import time
from typing import Any

import pytest

from infra.local.emulator.embedded_metrics import read_points
from tests.integration.emulator.harness import Probe, unique, until


def total(probe: Probe, namespace: str, name: str, **labels: str) -> float:
    now = time.time()
    points = probe.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": label, "Value": value} for label, value in labels.items()],
        StartTime=now - 600,
        EndTime=now + 60,
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))


def state_of(probe: Probe, alarm: str) -> str:
    described = probe.client("cloudwatch").describe_alarms(AlarmNames=[alarm], AlarmTypes=["MetricAlarm"])
    return str(described["MetricAlarms"][0]["StateValue"])


def states_of(probe: Probe, alarm: str) -> list[str]:
    """Every state that the alarm has been in: one that lasts for a second need not be seen while it lasts."""
    history = probe.client("cloudwatch").describe_alarm_history(
        AlarmName=alarm, HistoryItemType="StateUpdate", ScanBy="TimestampAscending"
    )
    return [json.loads(x["HistoryData"])["newState"]["stateValue"] for x in history["AlarmHistoryItems"]]


def alarm_on(probe: Probe, namespace: str, **fields: Any) -> str:
    name = unique("alarm")
    merchant = [{"Name": "merchant", "Value": "acme"}]
    chosen = {"Period": 60, "EvaluationPeriods": 1, "Threshold": 1, "Statistic": "Sum", "Dimensions": merchant} | fields
    probe.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace=namespace,
        MetricName="Stopped",
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        **chosen,
    )
    return name


def report(probe: Probe, namespace: str, merchant: str, value: float = 1) -> None:
    probe.invoke({"do": "metric", "namespace": namespace, "merchant": merchant, "value": value})


def test_an_embedded_metric_in_a_log_line_becomes_a_metric(probe: Probe) -> None:
    namespace = unique("Desk")
    report(probe, namespace, "acme", 3)
    until(lambda: total(probe, namespace, "Stopped", merchant="acme") == 3)


def test_an_alarm_hears_only_its_own_dimensions(probe: Probe) -> None:
    namespace = unique("Desk")
    alarm = alarm_on(probe, namespace, TreatMissingData="notBreaching")
    report(probe, namespace, "other")
    until(lambda: total(probe, namespace, "Stopped", merchant="other") == 1)
    until(lambda: state_of(probe, alarm) == "OK")
    report(probe, namespace, "acme")
    until(lambda: state_of(probe, alarm) == "ALARM")


def test_an_alarm_falls_back_to_ok_when_it_hears_no_more(probe: Probe) -> None:
    namespace = unique("Desk")
    alarm = alarm_on(probe, namespace, Period=1, TreatMissingData="notBreaching")

    def has_rung() -> bool:
        report(probe, namespace, "acme")
        return "ALARM" in states_of(probe, alarm)

    until(has_rung)
    until(lambda: states_of(probe, alarm)[-2:] == ["ALARM", "OK"])


def test_one_bad_period_of_three_is_not_two_of_three(probe: Probe) -> None:
    namespace = unique("Desk")
    lenient = alarm_on(probe, namespace, EvaluationPeriods=3, DatapointsToAlarm=2, TreatMissingData="notBreaching")
    strict = alarm_on(probe, namespace, EvaluationPeriods=3, DatapointsToAlarm=1, TreatMissingData="notBreaching")
    report(probe, namespace, "acme")
    until(lambda: state_of(probe, strict) == "ALARM")
    assert state_of(probe, lenient) == "OK"


@pytest.mark.parametrize(
    ("missing", "state"), [("notBreaching", "OK"), ("breaching", "ALARM"), ("missing", "INSUFFICIENT_DATA")]
)
def test_silence_counts_as_the_alarm_says(probe: Probe, missing: str, state: str) -> None:
    alarm = alarm_on(probe, unique("Desk"), TreatMissingData=missing)
    until(lambda: state_of(probe, alarm) == state)


def test_a_message_on_the_watched_queue_rings_the_alarm_and_the_composite_alarm(probe: Probe) -> None:
    probe.client("sqs").send_message(QueueUrl=probe.outputs["Rung"], MessageBody="left over")
    until(lambda: state_of(probe, "dlq") == "ALARM")

    def composite() -> str:
        described = probe.client("cloudwatch").describe_alarms(AlarmNames=["any"], AlarmTypes=["CompositeAlarm"])
        return str(described["CompositeAlarms"][0]["StateValue"])

    until(lambda: composite() == "ALARM")


def test_executions_are_counted(probe: Probe) -> None:
    execution = probe.start({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    probe.ended(execution)
    machine = probe.client("stepfunctions").describe_execution(executionArn=execution)["stateMachineArn"]
    until(lambda: total(probe, "AWS/States", "ExecutionsSucceeded", StateMachineArn=machine) == 1)


def embedded(**values: Any) -> str:
    block = {"Namespace": "Desk", "Dimensions": [["m"]], "Metrics": [{"Name": "Seconds", "Unit": "Seconds"}]}
    return "INFO " + json.dumps({"_aws": {"CloudWatchMetrics": [block]}, "m": "a", **values})


def test_several_values_in_one_line_are_one_point_each() -> None:
    assert [point.value for point in read_points(embedded(Seconds=[1, 2]))] == [1, 2]


def test_an_embedded_metric_that_lacks_its_value_is_told_and_the_next_one_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = "\n".join([embedded(), embedded(Seconds=3)])
    assert [point.value for point in read_points(log)] == [3]
    assert "cannot be read" in caplog.text
