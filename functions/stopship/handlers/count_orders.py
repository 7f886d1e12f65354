"""Counts orders that were placed. A message that cannot be counted stays in its queue, and ends where an alarm watches."""

import json
from collections.abc import Mapping
from typing import Any

from stopship.application.ports import OrderPlaced
from stopship.domain.errors import NotFound
from stopship.telemetry import logger
from stopship.wiring import ledger, merchants, shopify_bus


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """SQS batch in, {"batchItemFailures": [...]} out."""
    failed = [r["messageId"] for r in event["Records"] if not _done(r)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _done(record: Mapping[str, Any]) -> bool:
    try:
        _count(json.loads(record["body"]), record["body"])
    except Exception:  # noqa: BLE001 - whatever went wrong, the message must stay in the queue and the batch go on
        logger().exception("message stays in the queue", extra={"message_id": record["messageId"]})
        return False
    return True


def _count(body: dict[str, Any], raw: str) -> None:
    if "detail-type" not in body:
        merchant = body.pop("merchant")
        ledger().count_order(merchant, OrderPlaced(**body))
        return
    from stopship.adapters.shopify import counts

    envelope = shopify_bus.envelope(body, merchants())
    if envelope["why"]:
        raise NotFound(envelope["why"])
    placed = counts.read_order_placed(shopify_bus.payload_of(raw.encode()))
    if placed:
        ledger().count_order(envelope["merchant"], placed)
