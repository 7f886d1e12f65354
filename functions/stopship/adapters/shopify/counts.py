"""An order that was placed, as it is counted: nothing of it is kept but what the measures need."""

from collections.abc import Mapping
from typing import Any

from stopship.adapters.shopify import payloads
from stopship.adapters.shopify.mapping import CHANNEL
from stopship.application.ports import OrderPlaced
from stopship.domain import instant
from stopship.domain.errors import InvalidInput
from stopship.domain.order import FulfillmentType

MIXED, NONE = "mixed", "none"
_BY_MERCHANT = "manual"
"""LineItem.fulfillment_service of what the merchant's own locations fulfil; any other value names a fulfillment service."""


def read_order_placed(body: bytes) -> OrderPlaced | None:
    """None for a test order. The places are known only later: what is counted is who fulfils, as the order itself says."""
    payload = payloads.parse(body)
    try:
        if payload.get("test") is True:
            return None
        day = instant.normal(payload["created_at"])[:10]
        return OrderPlaced(CHANNEL, payloads.order_of(payload), day, _fulfillment_type(payload))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("body", f"does not fit orders/create: {payloads.misfit(error)}") from error


def _fulfillment_type(payload: Mapping[str, Any]) -> str:
    lines = [line for line in payload["line_items"] if line.get("requires_shipping")]
    merchant = {str(line.get("fulfillment_service")) == _BY_MERCHANT for line in lines}
    if not lines:
        return NONE
    if len(merchant) > 1:
        return MIXED
    return FulfillmentType.IN_HOUSE if True in merchant else FulfillmentType.THIRD_PARTY
