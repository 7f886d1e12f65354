"""The metrics that SQS and Step Functions give on AWS, without which an alarm on a dead-letter queue never rings."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from infra.local.emulator.vendor import module, need, replace

states = module("services.stepfunctions")
cloudwatch = module("services.cloudwatch")
queues = module("services.sqs")
responses = module("core.responses")

EVERY_SECONDS = float(os.environ.get("METRICS_TICK_SECONDS", "5"))
OF_STATUS = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}

logger = logging.getLogger("emulator.metrics")


def _status(stock: Callable[..., Any]) -> Callable[..., Any]:
    def status(execution: dict[str, Any]) -> Any:
        if name := OF_STATUS.get(execution["status"]):
            labels = {"StateMachineArn": execution["stateMachineArn"]}
            cloudwatch.record_metric("AWS/States", name, 1, "Count", labels)
        return stock(execution)

    return status


@contextmanager
def _scope(account: str, region: str) -> Iterator[None]:
    with responses.request_scope(account, region):
        yield


def _queue_metrics(queue: dict[str, Any]) -> None:
    now = time.time()
    messages = list(queue["messages"])
    visible = sum(1 for message in messages if message.get("visible_at", 0) <= now)
    oldest = max((now - message.get("sent_at", now) for message in messages), default=0)
    labels = {"QueueName": queue["name"]}
    cloudwatch.record_metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", visible, "Count", labels)
    cloudwatch.record_metric("AWS/SQS", "ApproximateAgeOfOldestMessage", oldest, "Seconds", labels)


def tick() -> None:
    """Record every queue's metrics and let time pass for the alarms."""
    scopes = {(responses.get_account_id(), responses.get_region())}
    for (account, region, _), queue in queues._queues.all_items():
        scopes.add((account, region))
        with _scope(account, region):
            _queue_metrics(queue)
    for account, region in scopes:
        with _scope(account, region):
            cloudwatch._evaluate_all_alarms()


def _ticking() -> None:
    pause = threading.Event()
    while not pause.wait(EVERY_SECONDS):
        try:
            tick()
        except (KeyError, TypeError, ValueError, RuntimeError):
            logger.exception("the metrics of this round are lost")


def apply() -> None:
    for name in ("record_metric", "_evaluate_all_alarms"):
        need(cloudwatch, name)
    need(queues, "_queues")
    replace(states, "_emit_execution_status_event", _status)
    threading.Thread(target=_ticking, daemon=True, name="service-metrics").start()
