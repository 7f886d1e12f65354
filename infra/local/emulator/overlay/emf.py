"""A log line in the embedded metric format becomes metrics; stock MiniStack only stores the line."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

from infra.local.emulator.vendor import module, need, replace

service = module("services.lambda_svc")
cloudwatch = module("services.cloudwatch")

logger = logging.getLogger("emulator.emf")


def _documents(log: str) -> Iterator[dict[str, Any]]:
    for line in log.splitlines():
        start = line.find("{")
        if '"_aws"' not in line or start < 0:
            continue
        try:
            yield json.loads(line[start:])
        except ValueError:
            logger.warning("a line that looks like an embedded metric is not JSON: %.200s", line)


def _points(document: dict[str, Any]) -> Iterator[tuple[str, str, float, str, dict[str, str]]]:
    for block in document["_aws"].get("CloudWatchMetrics", []):
        for dimensions in block.get("Dimensions") or [[]]:
            labels = {name: str(document[name]) for name in dimensions}
            for metric in block.get("Metrics", []):
                values = document[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    yield block["Namespace"], metric["Name"], value, metric.get("Unit", "None"), labels


def _emit(stock: Callable[..., Any]) -> Callable[..., Any]:
    def emit(function: dict[str, Any], request_id: str, log: str, *rest: Any, **named: Any) -> Any:
        answer = stock(function, request_id, log, *rest, **named)
        for document in _documents(log or ""):
            try:
                for namespace, name, value, unit, labels in _points(document):
                    cloudwatch.record_metric(namespace, name, value, unit, labels)
            except (KeyError, TypeError) as mistake:
                logger.warning("an embedded metric lacks what it names: %r", mistake)
        return answer

    return emit


def apply() -> None:
    need(cloudwatch, "record_metric")
    replace(service, "_emit_lambda_logs", _emit)
