"""What Shopify sends of its own accord: proving that it is Shopify, and saying it in the desk's words.

Numeric order ids in payloads may have been rounded on the way (they exceed what JavaScript counts exactly): the order's
``admin_graphql_api_id`` is taken wherever there is one.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from stopship.adapters.shopify.gid import number
from stopship.adapters.shopify.mapping import CHANNEL, DEPARTED_STATUSES
from stopship.adapters.shopify.money import key_in
from stopship.adapters.shopify.order_system import Work
from stopship.application.take_in import IntakeMessage
from stopship.domain import instant
from stopship.domain.errors import InvalidInput, NotAuthentic
from stopship.domain.request import CancelRequest, Reason, Requester
from stopship.domain.signal import Signal, SignalKind

type Body = Mapping[str, Any]
type ReadWork = Callable[[str], Work | None]
"""Looks a fulfillment order up by its gid: its webhooks do not name the order."""

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
_UNDONE = frozenset({"cancelled", "error", "failure"})
_FAMILIES = frozenset(
    {
        "app",
        "customers",
        "disputes",
        "draft_orders",
        "fulfillment_events",
        "fulfillment_holds",
        "fulfillment_orders",
        "fulfillments",
        "order_transactions",
        "orders",
        "refunds",
        "returns",
        "shop",
        "tender_transactions",
    }
)


def verify(body: bytes, header: str, secrets: Sequence[str]) -> None:
    """``header`` is X-Shopify-Hmac-SHA256: base64 of the HMAC-SHA256 of the raw body. While the app's secret is rotated either
    one signs, for up to an hour (shopify.dev, "Verify deliveries"). Raises NotAuthentic."""
    fits = False
    for secret in secrets:
        expected = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
        # Every secret is compared, so that the time taken says nothing about which one came close.
        fits |= hmac.compare_digest(expected, header.strip().encode())
    if not fits:
        raise NotAuthentic


def normalise(message: IntakeMessage, body: bytes, read_work: ReadWork | None = None) -> CancelRequest | Signal | None:
    """None for a topic that concerns no cancel. Raises InvalidInput for a payload that cannot be understood, and for a
    fulfillment order that nobody can look up."""
    payload = _object(body)
    try:
        match message.topic:
            case "orders/cancelled":
                return _order_cancelled(message, payload)
            case "fulfillment_orders/cancellation_request_submitted":
                return _work_cancel(message, payload, read_work)
            case "fulfillments/create" | "fulfillments/update":
                return _fulfillment(message, payload)
            case "fulfillment_events/create":
                return _carrier_event(message, payload)
            case "orders/fulfilled" | "orders/partially_fulfilled":
                return _fulfilled(message, payload)
            case "fulfillment_orders/hold_released" | "fulfillment_holds/released":
                return _hold_released(message, payload, read_work)
            case "refunds/create":
                return _refund(message, payload)
            case topic if topic.partition("/")[0] in _FAMILIES:
                return None
            case topic:
                raise InvalidInput("X-Shopify-Topic", f"{topic!r} is no topic of Shopify's")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("body", f"does not fit {message.topic}: {_misfit(error)}") from error


def normalise_flow(message: IntakeMessage, body: bytes) -> CancelRequest:
    """A self-serve cancel request that a Shopify Flow sends on: {"order_id": gid, "lines": [{"line_item_id", "quantity"}]?,
    "reason", "requested_at", "request_id"}. ``reason`` is one of the desk's codes or of Shopify's cancel reasons."""
    payload = _object(body)
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
            ticket_ref=message.delivery_id if payload.get("request_id") else "",
            official=True,
        )
    except KeyError as error:
        raise InvalidInput(
            str(error.args[0]), "is missing", "send order_id, reason, requested_at, request_id"
        ) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("body", f"does not fit a cancel request: {_misfit(error)}") from error


# ---------------------------------------------------------------------------------------------- requests


def _order_cancelled(message: IntakeMessage, payload: Body) -> CancelRequest:
    """Somebody cancelled the whole order in Shopify. Our own cancel comes back the same way: the case knows it."""
    reason, requester = _CANCEL_REASONS.get(str(payload.get("cancel_reason")), _CANCEL_REASONS["other"])
    return _request(
        message,
        order_ref=_order(payload),
        reason=reason,
        requester=requester,
        source=ORDER_CANCELLED,
        requested_at=payload.get("cancelled_at") or message.received_at,
    )


def _work_cancel(message: IntakeMessage, payload: Body, read_work: ReadWork | None) -> CancelRequest:
    """A merchant asks the fulfillment service to give one fulfillment order back: its lines, not the order's."""
    work = _work(payload, read_work)
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


# ---------------------------------------------------------------------------------------------- signals


def _fulfillment(message: IntakeMessage, payload: Body) -> Signal | None:
    """A fulfillment that was undone is no shipment; one without a carrier's word is a label at most."""
    if payload.get("status") in _UNDONE:
        return None
    return _shipment(
        message, _order(payload), [payload], payload.get("updated_at") or payload["created_at"], _departed(payload)
    )


def _carrier_event(message: IntakeMessage, payload: Body) -> Signal:
    return _signal(
        message,
        _order(payload),
        SignalKind.SHIPMENT,
        payload.get("happened_at") or payload["created_at"],
        departed=str(payload["status"]).upper() in DEPARTED_STATUSES,
        reference=str(payload["fulfillment_id"]),
    )


def _fulfilled(message: IntakeMessage, payload: Body) -> Signal:
    """What has left, when any of it has; else what carries a label."""
    sent = [f for f in payload.get("fulfillments") or () if f.get("status") not in _UNDONE]
    gone = [f for f in sent if _departed(f)]
    when = payload.get("updated_at") or message.received_at
    return _shipment(message, _order(payload), gone or sent, when, bool(gone))


def _shipment(message: IntakeMessage, order_ref: str, parts: Sequence[Body], when: str, departed: bool) -> Signal:  # noqa: FBT001
    reference = next((str(p.get("tracking_number") or p["id"]) for p in parts), "")
    lines = _quantities(item for part in parts for item in part["line_items"])
    return _signal(message, order_ref, SignalKind.SHIPMENT, when, lines=lines, departed=departed, reference=reference)


def _departed(fulfillment: Body) -> bool:
    return str(fulfillment.get("shipment_status") or "").upper() in DEPARTED_STATUSES


def _hold_released(message: IntakeMessage, payload: Body, read_work: ReadWork | None) -> Signal:
    hold = payload.get("fulfillment_hold") or {}
    work = _work(payload, read_work)
    return _signal(
        message,
        work.order_ref,
        SignalKind.HOLD_RELEASED,
        message.received_at,
        leg_id=work.leg_id,
        lines=work.lines,
        reference=str(hold.get("id") or ""),
        origin_key=str(hold.get("handle") or ""),
    )


def _refund(message: IntakeMessage, payload: Body) -> Signal:
    items = payload.get("refund_line_items") or ()
    return _signal(
        message,
        _order(payload),
        SignalKind.REFUND_SEEN,
        payload.get("processed_at") or payload["created_at"],
        lines=_quantities({**item["line_item"], "quantity": item["quantity"]} for item in items),
        reference=number(payload["admin_graphql_api_id"], "Refund"),
        origin_key=key_in(payload.get("note")),
    )


def _signal(
    message: IntakeMessage,
    order_ref: str,
    kind: SignalKind,
    when: str,
    *,
    leg_id: str = "",
    lines: Mapping[str, int] | None = None,
    departed: bool = False,
    reference: str = "",
    origin_key: str = "",
) -> Signal:
    return Signal(
        merchant=message.merchant,
        channel=CHANNEL,
        source=message.source,
        topic=message.topic,
        delivery_id=message.delivery_id,
        order_ref=order_ref,
        leg_id=leg_id,
        kind=kind,
        occurred_at=min(instant.normal(when), message.received_at),
        received_at=message.received_at,
        lines=dict(lines or {}),
        departed=departed,
        reference=reference,
        raw_sha256=message.raw_sha256,
        origin_key=origin_key,
    )


# ---------------------------------------------------------------------------------------------- reading payloads


def _misfit(error: Exception) -> str:
    """Which part is missing, or what kind of error it was: its text may repeat the payload, and this enters the audit trail."""
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else type(error).__name__


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("body", "is not JSON", "send one JSON object") from error
    if not isinstance(value, dict):
        raise InvalidInput("body", "is not a JSON object", "send one JSON object")
    return value


def _order(payload: Body) -> str:
    """An order's own payload carries its gid; what hangs on an order names it by number only."""
    own = str(payload.get("admin_graphql_api_id") or "")
    if own.startswith("gid://shopify/Order/"):
        return number(own, "Order")
    ref = payload["order_id"]
    if not isinstance(ref, int) or isinstance(ref, bool) or ref < 1:
        raise InvalidInput("order_id", "is no order id", "a whole number")
    return str(ref)


def _work(payload: Body, read_work: ReadWork | None) -> Work:
    name = payload["fulfillment_order"]["id"]
    number(name, "FulfillmentOrder")
    found = read_work(name) if read_work else None
    if found is None:
        raise InvalidInput(
            "fulfillment_order.id", f"{name} belongs to no order that can be read", "look it up in the shop"
        )
    return found


def _quantities(items: Iterable[Body]) -> dict[str, int]:
    total: dict[str, int] = {}
    for item in items:
        line = number(item["admin_graphql_api_id"], "LineItem")
        total[line] = total.get(line, 0) + int(item["quantity"])
    return total
