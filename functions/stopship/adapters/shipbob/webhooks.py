"""From a kept webhook to a signal. The door has proved the sender; ``topic`` is "<connection>:<ShipBob's topic>"."""

from collections.abc import Callable

from pydantic import ValidationError

from stopship.adapters.shipbob.models import ShipmentEvent
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput
from stopship.domain.instant import text
from stopship.domain.signal import Signal, SignalKind

TOPIC = "x-webhook-topic"
"""Is not covered by the signature: what it says decides no more than how to read a body that is."""
LABELLED = "order.shipped"
"""Fires when the label is printed ("Tracking"): the parcel is still in the building."""
DELIVERED = "order.shipment.delivered"


def normalise(message: IntakeMessage, body: bytes, channel_of: Callable[[str], str]) -> Signal | None:
    """``channel_of`` tells where an order comes from by its reference. None for a topic that says nothing about goods that move. Raises InvalidInput naming the field."""
    name, _, topic = message.topic.rpartition(":")
    if topic not in (LABELLED, DELIVERED):
        return None
    event = read(body)
    moment = event.delivery_date if topic == DELIVERED else event.actual_fulfillment_date
    return Signal(
        merchant=message.merchant,
        channel=channel_of(event.reference_id),
        source=name,
        place=name,
        topic=topic,
        delivery_id=message.delivery_id,
        order_ref=event.reference_id,
        leg_id="",
        kind=SignalKind.SHIPMENT,
        occurred_at=text(moment) if moment else message.received_at,
        received_at=message.received_at,
        departed=topic == DELIVERED,
        reference=str(event.id),
        raw_sha256=message.raw_sha256,
    )


def read(body: bytes) -> ShipmentEvent:
    """Raises InvalidInput naming the field."""
    try:
        return ShipmentEvent.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        raise InvalidInput(place, first["msg"], "see ShipBob's webhooks") from error
