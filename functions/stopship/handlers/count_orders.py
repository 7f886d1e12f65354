"""Counts orders that were placed. A message that cannot be counted stays in its queue, and ends where an alarm watches."""

import json

from stopship.application.ports import OrderPlaced
from stopship.domain.errors import NotFound
from stopship.wiring import ledger, merchants, shopify_bus
from stopship.wiring.batch import batch


def count(raw: str) -> None:
    body = json.loads(raw)
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


handler = batch(count)
