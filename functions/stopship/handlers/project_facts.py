"""Follows the ledger's stream for the figures: what has moved on is read anew and put into the book of facts."""

from collections.abc import Mapping
from typing import Any

from stopship.application.project_facts import News, news_of, project_facts
from stopship.telemetry import logger
from stopship.wiring import facts, ledger


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """DynamoDB stream batch in; when one fails, all of it is tried again, which changes nothing that is done."""
    records = event["Records"]
    try:
        project_facts(ledger(), facts(), [news for record in records if (news := _news(record))])
    except Exception:  # noqa: BLE001 - the stream must be retried, whatever went wrong
        sequence = records[0]["dynamodb"]["SequenceNumber"]
        logger().exception("facts stop here", extra={"sequence": sequence})
        return {"batchItemFailures": [{"itemIdentifier": sequence}]}
    return {"batchItemFailures": []}


def _news(record: Mapping[str, Any]) -> News | None:
    """Nothing for a removal."""
    image = record["dynamodb"].get("NewImage", {}) if record["eventName"] != "REMOVE" else {}
    return news_of({name: next(iter(value.values())) for name, value in image.items()})
