"""What Shopify sends of its own accord, in the desk's words."""

from collections.abc import Callable, Mapping
from typing import Any

from stopship.adapters.shopify import payloads
from stopship.adapters.shopify.gid import number
from stopship.adapters.shopify.lookups import Lookups
from stopship.adapters.shopify.mapping import CHANNEL
from stopship.adapters.shopify.payloads import Body
from stopship.adapters.shopify.signals import READERS
from stopship.adapters.shopify.topics import TOPICS, Meaning, meaning
from stopship.application.take_in import IntakeMessage
from stopship.domain import instant
from stopship.domain.errors import InvalidInput
from stopship.domain.request import CancelRequest, Reason, Requester
from stopship.domain.signal import Signal

ORDER_CANCELLED = f"{CHANNEL}:order_cancelled"
FULFILLMENT_CANCEL = f"{CHANNEL}:fulfillment_cancellation_request"
FLOW = f"{CHANNEL}:flow"

# Order.cancel_reason (REST) to who is behind it and why. "staff" is a staff mistake and "other" anything: both say only that
# somebody in the shop wanted it.
_CANCEL_REASONS: Mapping[str, tuple[Reason, Requester]] = {
    "customer": (Reason.CUSTOMER_REQUEST, Requester.CUSTOMER),
    "inventory": (Reason.STOCKOUT, Requester.OPS),
    "fraud": (Reason.FRAUD, Requester.OPS),
    "declined": (Reason.PAYMENT_TIMEOUT, Requester.SYSTEM),
    "staff": (Reason.CUSTOMER_REQUEST, Requester.OPS),
    "other": (Reason.CUSTOMER_REQUEST, Requester.OPS),
}


def normalise(message: IntakeMessage, body: bytes, look: Lookups | None = None) -> CancelRequest | Signal | None:
    """None for a message that concerns no cancel. Raises InvalidInput for a payload that cannot be understood, for a thing that nobody can
    look up, and for a topic that nobody has decided about."""
    payload = payloads.parse(body)
    try:
        match meaning(message.topic):
            case Meaning.WISH:
                return _WISHES[message.topic](message, payload, look)
            case Meaning.SIGNAL:
                return READERS[message.topic](message, payload, look)
            case Meaning.NOTHING:
                return None
            case Meaning.NOTICE:
                raise InvalidInput("X-Shopify-Topic", f"{message.topic}: {TOPICS[message.topic].why}")
            case Meaning.COUNT | Meaning.PRIVACY:
                raise InvalidInput("X-Shopify-Topic", f"{message.topic} has a queue of its own, and came by this one")
            case None:
                raise InvalidInput("X-Shopify-Topic", f"{message.topic!r} is no topic that the desk knows")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("body", f"does not fit {message.topic}: {payloads.misfit(error)}") from error


def normalise_flow(message: IntakeMessage, body: bytes) -> CancelRequest:
    """A self-serve cancel request that a Shopify Flow sends on: {"order_id": gid, "lines": [{"line_item_id", "quantity"}]?,
    "reason", "requested_at", "request_id"}. ``reason`` is one of the desk's codes or of Shopify's cancel reasons."""
    payload = payloads.parse(body)
    try:
        asked = payload.get("requested_at") or message.received_at
        lines = {number(x["line_item_id"], "LineItem"): _positive(x["quantity"]) for x in payload.get("lines") or ()}
        return _request(
            message,
            order_ref=number(payload["order_id"], "Order"),
            reason=_flow_reason(str(payload.get("reason") or "customer")),
            requester=Requester.CUSTOMER,
            source=FLOW,
            requested_at=asked,
            lines=lines,
            ticket_ref=message.delivery_id if str(payload.get("request_id") or "").strip() else "",
            official=True,
        )
    except KeyError as error:
        raise InvalidInput(
            str(error.args[0]), "is missing", "send order_id, reason, requested_at, request_id"
        ) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("body", f"does not fit a cancel request: {payloads.misfit(error)}") from error


# ---------------------------------------------------------------------------------------------- requests


def _order_cancelled(message: IntakeMessage, payload: Body, _: Lookups | None) -> CancelRequest:
    """Somebody cancelled the whole order in Shopify. Our own cancel comes back the same way: the case knows it."""
    reason, requester = _CANCEL_REASONS.get(str(payload.get("cancel_reason")), _CANCEL_REASONS["other"])
    return _request(
        message,
        order_ref=payloads.order_of(payload),
        reason=reason,
        requester=requester,
        source=ORDER_CANCELLED,
        requested_at=payload.get("cancelled_at") or message.received_at,
    )


def _work_cancel(message: IntakeMessage, payload: Body, look: Lookups | None) -> CancelRequest:
    """A merchant asks the fulfillment service to give one fulfillment order back: its lines, not the order's."""
    work = payloads.work_of(payload, look)
    return _request(
        message,
        order_ref=work.order_ref,
        reason=Reason.CUSTOMER_REQUEST,
        requester=Requester.OPS,
        source=FULFILLMENT_CANCEL,
        requested_at=message.received_at,
        lines=work.lines,
    )


def _request(
    message: IntakeMessage,
    *,
    order_ref: str,
    reason: Reason,
    requester: Requester,
    source: str,
    requested_at: str,
    lines: Mapping[str, int] | None = None,
    ticket_ref: str = "",
    official: bool = False,
) -> CancelRequest:
    """Nobody asks in the future: a sender's clock that runs ahead is set back to when it came."""
    return CancelRequest(
        merchant=message.merchant,
        channel=CHANNEL,
        order_ref=order_ref,
        reason=reason,
        requester=requester,
        source=source,
        delivery_id=message.delivery_id,
        requested_at=min(instant.normal(requested_at), message.received_at),
        received_at=message.received_at,
        lines=dict(lines or {}),
        ticket_ref=ticket_ref,
        official=official,
        raw_sha256=message.raw_sha256,
    )


def _flow_reason(value: str) -> Reason:
    if value in _CANCEL_REASONS:
        return _CANCEL_REASONS[value][0]
    try:
        return Reason(value)
    except ValueError as error:
        known = ", ".join([*Reason, *_CANCEL_REASONS])
        raise InvalidInput("reason", "is no reason that is known", f"one of {known}") from error


def _positive(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidInput("lines.quantity", "is no quantity", "a whole number from 1")
    return value


_WISHES: Mapping[str, Callable[[IntakeMessage, Body, Lookups | None], CancelRequest]] = {
    "orders/cancelled": _order_cancelled,
    "fulfillment_orders/cancellation_request_submitted": _work_cancel,
}
"""One for every topic whose meaning is a wish."""
