"""A log line in the embedded metric format becomes metrics; stock MiniStack only stores the line."""

from collections.abc import Callable
from typing import Any

from infra.local.emulator.embedded_metrics import read_points
from infra.local.emulator.vendor import module, need, replace

service = module("services.lambda_svc")
cloudwatch = module("services.cloudwatch")


def _emit(stock: Callable[..., Any]) -> Callable[..., Any]:
    def emit(function: dict[str, Any], request_id: str, log: str, *rest: Any, **named: Any) -> Any:
        answer = stock(function, request_id, log, *rest, **named)
        for point in read_points(log or ""):
            cloudwatch.record_metric(point.namespace, point.name, point.value, point.unit, point.dimensions)
        return answer

    return emit


def apply() -> None:
    need(cloudwatch, "record_metric")
    replace(service, "_emit_lambda_logs", _emit)
