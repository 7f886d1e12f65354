"""Follows the ledger's stream: queues for exceptions, metrics for dashboards, and by what each case can be found. At least once, so a consumer de-duplicates by id."""

from collections.abc import Mapping
from typing import Any

from stopship.adapters import aws
from stopship.adapters.queues_sqs import SqsQueue
from stopship.application.note_terms import note_fact
from stopship.application.project_ledger import Projected, project
from stopship.telemetry import logger
from stopship.wiring import ledger, settings
from stopship.wiring.metrics import publish


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """DynamoDB stream batch in; the first record that fails is where the next try starts."""
    for record in event["Records"]:
        try:
            image = _image(record)
            _project(project(image, settings().stage))
            note_fact(ledger(), image)
        except Exception:  # noqa: BLE001 - the stream must be retried from this record, whatever went wrong
            sequence = record["dynamodb"]["SequenceNumber"]
            logger().exception("projection stops here", extra={"sequence": sequence})
            return {"batchItemFailures": [{"itemIdentifier": sequence}]}
    return {"batchItemFailures": []}


def _image(record: Mapping[str, Any]) -> dict[str, Any]:
    """The new item's plain values; empty for a removal."""
    image = record["dynamodb"].get("NewImage", {}) if record["eventName"] != "REMOVE" else {}
    return {name: next(iter(value.values())) for name, value in image.items()}


def _project(projected: Projected) -> None:
    for tier, message in projected.queued:
        SqsQueue(aws.client("sqs"), settings().exception_queues[tier]).send(message)
    publish(projected.metrics)
