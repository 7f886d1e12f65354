"""From a kept tracking webhook to a signal. Its body only names the label: what is true of it is read again. ``topic`` is the connection's
name."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from stopship.adapters.shipstation.client import ShipStationClient
from stopship.adapters.shipstation.warehouse import DEPARTED
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput, PartnerContractBroken, PartnerRefused
from stopship.domain.signal import Signal, SignalKind

TRACKED = ("API_TRACK", "TRACK_EVENT_V2")
_LABEL = re.compile(r"/labels/(se(?:-[a-z0-9]+)+)(?:/|$)")


def normalise(
    message: IntakeMessage, body: Mapping[str, Any], client: ShipStationClient, channel_of: Callable[[str], str]
) -> Signal | None:
    """None for what is no tracking, and for a label without an order. Raises InvalidInput when no label is named, or none of the
    merchant's that can be read."""
    if body.get("resource_type") not in TRACKED:
        return None
    named = _LABEL.search(str(body.get("resource_url", "")))
    if named is None:
        raise InvalidInput("resource_url", "names no label", "see ShipStation's webhook payloads")
    try:
        label = client.label(named[1])
        order_ref = label.external_order_id or client.shipment(label.shipment_id).external_order_id
    except (PartnerRefused, PartnerContractBroken) as error:
        raise InvalidInput("resource_url", str(error), "look whether the label is this merchant's") from error
    if not order_ref:
        return None
    return Signal(
        merchant=message.merchant,
        channel=channel_of(order_ref),
        source=message.topic,
        place=message.topic,
        topic=str(body["resource_type"]),
        delivery_id=message.delivery_id,
        order_ref=order_ref,
        leg_id="",
        kind=SignalKind.SHIPMENT,
        occurred_at=message.received_at,
        received_at=message.received_at,
        departed=label.tracking_status in DEPARTED,
        reference=label.label_id,
        raw_sha256=message.raw_sha256,
    )
