"""Alarms look at their own dimensions, at M of N periods, and at silence.

Stock MiniStack ignores Dimensions, DatapointsToAlarm and TreatMissingData, judges an alarm only when a metric is
written, and so never lets it fall back to OK. Alarms on metric math are accepted from a template and shown, but not
judged: they stay at INSUFFICIENT_DATA.
"""

import operator
import time
from collections.abc import Callable
from typing import Any

from infra.local.emulator.vendor import module, need, replace

cloudwatch = module("services.cloudwatch")
provisioners = module("services.cloudformation.provisioners")

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
MISSING = {"breaching": True, "notBreaching": False}


def _dimensions(written: Any) -> dict[str, str]:
    if isinstance(written, list):
        return {dimension["Name"]: dimension["Value"] for dimension in written}
    return dict(written or {})


def _points(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    wanted = _dimensions(alarm.get("Dimensions"))
    return [
        point
        for (namespace, name, _), points in list(cloudwatch._metrics.items())
        if (namespace, name) == (alarm["Namespace"], alarm["MetricName"])
        for point in list(points)
        if _dimensions(point.get("Dimensions")) == wanted
    ]


def _values(alarm: dict[str, Any], now: float) -> list[float | None]:
    """The statistic of each period under evaluation, newest first; None where nothing was reported."""
    period = int(alarm.get("Period") or 60)
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    points = _points(alarm)
    values: list[float | None] = []
    for index in range(int(alarm.get("EvaluationPeriods") or 1)):
        end = now - index * period if index else float("inf")
        inside = [point for point in points if now - (index + 1) * period <= point["Timestamp"] < end]
        values.append(cloudwatch._stat_value(cloudwatch._calc_stats(inside), statistic, inside) if inside else None)
    return values


def judge(alarm: dict[str, Any], values: list[float | None]) -> str:
    missing = alarm.get("TreatMissingData") or "missing"
    if missing not in MISSING and all(value is None for value in values):
        return str(alarm["StateValue"]) if missing == "ignore" else "INSUFFICIENT_DATA"
    compare, threshold = COMPARE[alarm["ComparisonOperator"]], float(alarm.get("Threshold") or 0)
    breaching = sum(MISSING.get(missing, False) if value is None else compare(value, threshold) for value in values)
    return "ALARM" if breaching >= int(alarm.get("DatapointsToAlarm") or len(values)) else "OK"


def evaluate(alarm: dict[str, Any]) -> None:
    if not alarm.get("MetricName") or alarm.get("ComparisonOperator") not in COMPARE:
        return
    now = time.time()
    values = _values(alarm, now)
    before, after = alarm["StateValue"], judge(alarm, values)
    if before == after:
        return
    reason = f"Threshold Crossed: {values} against {alarm.get('Threshold')}"
    alarm.update(StateValue=after, StateReason=reason, StateUpdatedTimestamp=int(now))
    cloudwatch._record_history(alarm["AlarmName"], before, after, reason)
    cloudwatch._dispatch_alarm_actions(alarm, before, after, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def _record(stock: Callable[..., Any]) -> Callable[..., Any]:
    def record(name: str, properties: dict[str, Any]) -> Any:
        if not properties.get("Metrics"):
            return stock(name, properties)
        plain = {key: value for key, value in properties.items() if key != "Metrics"}
        alarm = stock(name, {**plain, "MetricName": "metric-math", "Namespace": "metric-math"})
        return {**alarm, "MetricName": "", "Namespace": "", "Metrics": properties["Metrics"]}

    return record


def apply() -> None:
    for name in ("_stat_value", "_calc_stats", "_record_history", "_dispatch_alarm_actions", "_evaluate_parent_alarms"):
        need(cloudwatch, name)
    replace(cloudwatch, "_evaluate_alarm", lambda _: evaluate)
    replace(provisioners, "_cw_metric_alarm_record", _record)
