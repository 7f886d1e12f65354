"""ORDER_CHANGE notifications: a buyer's own cancel request is a wish; a shipment or a cancel at Amazon is a signal.

Shape: OrderChangeNotification (draft-07 schema of the SP-API models). IsBuyerRequestedCancel is a boolean here, although the old
Orders API writes it as a string. Amazon's "Shipped" is the seller's own shipment confirmation, after which the buyer is charged and
nothing can be cancelled: it is taken for the departure.
"""

from collections.abc import Mapping
from typing import Any

from stopship.adapters.amazon import fields
from stopship.adapters.amazon.client import PARTNER, word
from stopship.adapters.amazon.sweep import status_id
from stopship.application.take_in import IntakeMessage
from stopship.domain import instant
from stopship.domain.errors import InvalidInput
from stopship.domain.request import CancelRequest, Reason, Requester
from stopship.domain.signal import Signal, SignalKind

TYPE = "ORDER_CHANGE"
CHANGES = ("BuyerRequestedChange", "DeliveryTipChange", "OrderStatusChange")
STATUSES = (
    "Pending",
    "Unshipped",
    "PartiallyShipped",
    "Shipped",
    "Canceled",
    "Unfulfillable",
    "InvoiceUnconfirmed",
    "PendingAvailability",
)
FULFILLED_BY = ("AFN", "MFN")
_BODY = "Payload.OrderChangeNotification"


def normalise(message: IntakeMessage, detail: Mapping[str, Any]) -> CancelRequest | Signal | None:
    """None for changes that concern no cancel, and for orders that Amazon fulfils. Raises InvalidInput naming the place."""
    # Some of Amazon's types write their names with a small letter; the type is still what a person has to see.
    kind = detail.get("notificationType") or fields.get(detail, "NotificationType", str)
    if kind != TYPE:
        raise InvalidInput("NotificationType", f"is {word(kind)}", f"only {TYPE} is understood")
    change = fields.get(detail, _BODY, dict)
    summary = fields.get(change, "Summary", dict, _BODY)
    what = fields.one_of(change, "OrderChangeType", CHANGES, _BODY)
    by = fields.one_of(summary, "FulfillmentType", FULFILLED_BY, f"{_BODY}.Summary")
    status = fields.one_of(summary, "OrderStatus", STATUSES, f"{_BODY}.Summary")
    if by != "MFN" or what == "DeliveryTipChange":
        return None
    if what == "OrderStatusChange" and status in ("Canceled", "Shipped", "PartiallyShipped"):
        return _signal(message, detail, change, summary, status)
    # A status change also carries the flag: it repeats a request whose own notification may have been lost.
    return _request(message, detail, change, summary)


def _request(
    message: IntakeMessage, detail: Mapping[str, Any], change: Mapping[str, Any], summary: Mapping[str, Any]
) -> CancelRequest | None:
    items = _items(summary)
    asked = {x["OrderItemId"]: x["Quantity"] for x in items if x.get("IsBuyerRequestedCancel") is True}
    if not asked:
        return None
    return CancelRequest(
        merchant=message.merchant,
        channel=PARTNER,
        order_ref=fields.get(change, "AmazonOrderId", str, _BODY),
        reason=Reason.CUSTOMER_REQUEST,
        requester=Requester.CUSTOMER,
        source=PARTNER,
        delivery_id=delivery_of(message, notification_id(detail)),
        requested_at=min(_changed_at(detail, change), message.received_at),
        received_at=message.received_at,
        lines={} if len(asked) == len(items) else asked,
        official=True,
        raw_sha256=message.raw_sha256,
    )


def _signal(
    message: IntakeMessage,
    detail: Mapping[str, Any],
    change: Mapping[str, Any],
    summary: Mapping[str, Any],
    status: str,
) -> Signal:
    shipped = {x["OrderItemId"]: x.get("QuantityShipped", 0) for x in _items(summary)}
    cancelled = status == "Canceled"
    order_ref = fields.get(change, "AmazonOrderId", str, _BODY)
    lines = {} if cancelled else {item: quantity for item, quantity in shipped.items() if quantity}
    return Signal(
        merchant=message.merchant,
        channel=PARTNER,
        source=PARTNER,
        topic=TYPE,
        delivery_id=status_id(order_ref, "cancelled" if cancelled else "shipped", lines),
        order_ref=order_ref,
        leg_id="",
        kind=SignalKind.ORDER_CANCELLED_ECHO if cancelled else SignalKind.SHIPMENT,
        occurred_at=_changed_at(detail, change),
        received_at=message.received_at,
        lines=lines,
        departed=not cancelled,
        raw_sha256=message.raw_sha256,
    )


def delivery_of(message: IntakeMessage, told: str) -> str:
    """Amazon's own id; or the message's, where that id had come with something else before."""
    return message.delivery_id if message.delivery_id.startswith(f"{told}:") else told


def notification_id(detail: Mapping[str, Any]) -> str:
    """What stays the same over Amazon's repeats."""
    return str(fields.get(detail, "NotificationMetadata.NotificationId", str))


def _changed_at(detail: Mapping[str, Any], change: Mapping[str, Any]) -> str:
    """When the order changed; Amazon may leave it null, and then it is when the notification was made."""
    trigger = fields.get(change, "OrderChangeTrigger", dict, _BODY)
    place = f"{_BODY}.OrderChangeTrigger.TimeOfOrderChange" if trigger.get("TimeOfOrderChange") else "EventTime"
    value = trigger.get("TimeOfOrderChange") or fields.get(detail, "EventTime", str)
    try:
        return instant.normal(str(value))
    except ValueError as error:
        raise InvalidInput(place, "is not a moment", "ISO 8601 with an offset") from error


def _items(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    place = f"{_BODY}.Summary.OrderItems"
    items: list[dict[str, Any]] = fields.get(summary, "OrderItems", list, f"{_BODY}.Summary")
    for index, item in enumerate(items):
        here = f"{place}[{index}]"
        if not isinstance(item, Mapping):
            raise InvalidInput(here, "is not an object")
        fields.get(item, "OrderItemId", str, here)
        fields.get(item, "Quantity", int, here)
        for name, kind in (("IsBuyerRequestedCancel", bool), ("QuantityShipped", int)):
            if item.get(name) is not None:
                fields.get(item, name, kind, here)
    return items


def order_seen(detail: Mapping[str, Any]) -> tuple[str, str] | None:
    """(order, when it was placed) of a seller-fulfilled order, for the count that the cancel rate is over; None where it is not told."""
    change = detail.get("Payload", {})
    change = change.get("OrderChangeNotification", {}) if isinstance(change, Mapping) else {}
    summary = change.get("Summary") if isinstance(change, Mapping) else None
    if not isinstance(summary, Mapping) or summary.get("FulfillmentType") != "MFN":
        return None
    order_ref, placed = change.get("AmazonOrderId"), summary.get("PurchaseDate")
    try:
        return (order_ref, instant.normal(str(placed))) if isinstance(order_ref, str) and order_ref else None
    except ValueError:
        return None
