"""The shape of a queue worker's handler: each message is worked on its own, and those that fail go back alone."""

from collections.abc import Callable, Mapping
from typing import Any

from stopship.telemetry import logger

type Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]


def batch(work: Callable[[str], None]) -> Handler:
    """A Lambda handler for an SQS event source: batch in, {"batchItemFailures": [...]} out. ``work`` is given a message's body."""

    def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        failed = [r["messageId"] for r in event["Records"] if not _done(work, r)]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    return handler


def _done(work: Callable[[str], None], record: Mapping[str, Any]) -> bool:
    try:
        work(record["body"])
    except Exception:  # noqa: BLE001 - whatever went wrong, the message must stay in the queue and the batch go on
        logger().exception("message stays in the queue", extra={"message_id": record["messageId"]})
        return False
    return True
