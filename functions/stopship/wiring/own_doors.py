"""Wishes that come by the desk's own doors: its API, lists, its form, and its sweeps."""

from collections.abc import Callable, Mapping
from typing import Any

from stopship.application.take_in import IntakeMessage
from stopship.domain import instant
from stopship.domain.errors import InvalidInput, NotFound
from stopship.domain.request import CancelRequest, Reason, Requester
from stopship.wiring.doors import parse_json

type ChannelOf = Callable[[str], str]


def normalise(message: IntakeMessage, body: bytes, channel_of: ChannelOf) -> CancelRequest | None:
    """None for a wish whose ground has gone. Raises InvalidInput for one that fits nothing."""
    match message.source:
        case "ops-csv":
            return _listed_wish(message, body, channel_of)
        case "cancel-form":
            return _form_wish(message, parse_json(body), channel_of)
        case "payment-timeout":
            from stopship.wiring import merchants
            from stopship.wiring.payment_timeout import read_wish

            return read_wish(message, parse_json(body), merchants())
        case _:
            return _ops_request(message, parse_json(body))


def _ops_request(message: IntakeMessage, body: Mapping[str, Any]) -> CancelRequest:
    """The API has checked every field; only the moment may still be one that cannot be read."""
    asked = body["requested_at"]
    try:
        requested_at = instant.normal(asked) if asked else message.received_at
    except ValueError as error:
        raise InvalidInput("requested_at", str(error), "ISO 8601 with an offset") from error
    return CancelRequest(
        merchant=message.merchant,
        channel=body["channel"],
        order_ref=body["order_ref"],
        reason=Reason(body["reason"]),
        requester=Requester(body["requester"]),
        source="ops",
        delivery_id=message.delivery_id,
        requested_at=min(requested_at, message.received_at),
        received_at=message.received_at,
        lines={x["line_id"]: x["quantity"] for x in body["lines"]},
        ticket_ref=body["ticket_ref"],
        evidence=tuple(body["evidence"]),
        raw_sha256=message.raw_sha256,
    )


def _listed_wish(message: IntakeMessage, body: bytes, channel_of: ChannelOf) -> CancelRequest:
    """Public numbers and skus are looked up where the order lives."""
    from stopship.adapters.ops_csv import wish
    from stopship.wiring import merchants
    from stopship.wiring.by_number import find_in_store, read_order

    try:
        return wish.read_wish(
            message,
            body,
            channel_of,
            lambda public: find_in_store(merchants(), message.merchant, public),
            lambda channel, ref: read_order(message.merchant, channel, ref),
        )
    except NotFound as error:
        raise InvalidInput("channel", f"is not connected: {error}", "connect it, or correct the row") from error


def _form_wish(message: IntakeMessage, body: Mapping[str, Any], channel_of: ChannelOf) -> CancelRequest:
    """The number may be the store's, or a marketplace's own order id."""
    from stopship.adapters.cancel_form import wish
    from stopship.wiring import merchants
    from stopship.wiring.by_number import contact_of, find_in_store

    def find(public_number: str) -> list[wish.Order]:
        channel = channel_of(public_number)
        if channel != "shopify":
            return [(channel, public_number)] if channel in merchants().connections(message.merchant) else []
        return [(channel, ref) for ref in find_in_store(merchants(), message.merchant, public_number)]

    return wish.read_wish(message, body, find, lambda order: contact_of(message.merchant, *order))
