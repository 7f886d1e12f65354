"""From a warehouse's kept event to a signal. The door has proved the sender; ``topic`` is the connection's name."""

import json
from collections.abc import Mapping

from stopship.adapters.generic_3pl.answers import parse_event
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput
from stopship.domain.signal import Signal

DEFAULT_CHANNEL = "shopify"
"""Where an order comes from when the event does not say so."""


def normalise(message: IntakeMessage, body: bytes) -> Signal:
    """Raises InvalidInput naming the field."""
    try:
        event = json.loads(body)
    except ValueError as error:
        raise InvalidInput("body", "is not JSON", "send one JSON object") from error
    if not isinstance(event, Mapping):
        raise InvalidInput("body", "is not a JSON object", "send one JSON object")
    return parse_event(
        message.merchant,
        message.topic,
        DEFAULT_CHANNEL,
        event,
        delivery_id=message.delivery_id,
        received_at=message.received_at,
        raw_sha256=message.raw_sha256,
    )
