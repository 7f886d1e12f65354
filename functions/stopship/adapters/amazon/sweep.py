"""searchOrders (Orders API 2026-01-01) as the sweep behind ORDER_CHANGE: what has changed, without the buyer's or the recipient's data.

0.0056 requests a second and a burst of 20 are the model's usage plan: it is no substitute for notifications. What is found is queued
under a name that says what it is; a status has the same name when its notification tells it (``status_id``).
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from stopship.adapters import http
from stopship.adapters.access_tokens import SharedTokens
from stopship.adapters.amazon import orders
from stopship.adapters.amazon.client import PARTNER, RATE_HEADER, RATES, AmazonClient, rate_told
from stopship.adapters.amazon.connection import AmazonConnection
from stopship.application.ports import Clock
from stopship.application.sweep_orders import Change, ChangedOrder, ChangePage
from stopship.application.take_in import IntakeMessage
from stopship.domain import instant
from stopship.domain.errors import InvalidInput, PartnerContractBroken, PartnerRefused
from stopship.domain.market import Allowance
from stopship.domain.order import Quantities
from stopship.domain.request import CancelRequest, Reason, Requester
from stopship.domain.signal import Signal, SignalKind

TOPIC: Final = "order_sweep"
BURST: Final = 20
PAGE: Final = "100"
WISH, STATUS = "wish", "status"


class AmazonChanges:
    """Implements application.sweep_orders.ChangedOrders for one seller."""

    allowance = Allowance(RATES["searchOrders"], BURST)
    source = PARTNER
    topic = TOPIC

    def __init__(self, connection: AmazonConnection, clock: Clock, tokens: SharedTokens | None = None) -> None:
        self._connection, self._clock, self._tokens = connection, clock, tokens

    def changed(self, after: str, before: str, token: str, spend: Callable[[], None]) -> ChangePage:
        params = {
            "lastUpdatedAfter": after,
            "lastUpdatedBefore": before,
            "marketplaceIds": ",".join(self._connection.marketplace_ids),
            "fulfilledBy": "MERCHANT",
            "maxResultsPerPage": PAGE,
            "includedData": "CANCELLATION,FULFILLMENT",
            **({"paginationToken": token} if token else {}),
        }
        client = AmazonClient(self._connection, self._clock, self._tokens, spend)
        answer = client.call("searchOrders", "GET", "/orders/2026-01-01/orders", params=params)
        if answer.status_code == 404:
            raise PartnerRefused(PARTNER, "not_found", "Amazon has no orders of this seller")
        body = http.json_object(PARTNER, answer)
        found = body.get("orders")
        if not isinstance(found, list):
            raise PartnerContractBroken(PARTNER, "orders: not as the contract says", {"field": "orders"})
        pagination = body.get("pagination") or {}
        return ChangePage(
            orders=[_changed(order, f"orders[{i}]") for i, order in enumerate(found)],
            token=str(pagination.get("nextToken") or ""),
            rate=rate_told(answer.headers.get(RATE_HEADER, "")),
            until=_moment(body, "lastUpdatedBefore") if body.get("lastUpdatedBefore") else "",
        )


def _changed(order: Any, place: str) -> ChangedOrder:
    if not isinstance(order, Mapping):
        raise PartnerContractBroken(PARTNER, f"{place}: not as the contract says", {"field": place})
    seen = orders.quantities(order)
    changes = []
    if wish := _asked(order):
        changes.append(Change(wish_id(seen.order_ref, wish), _body(order, WISH), is_wish=True))
    if status := _status(seen):
        changes.append(Change(status_id(seen.order_ref, *status), _body(order, STATUS), is_wish=False))
    return ChangedOrder(seen.order_ref, _moment(order, "createdTime"), tuple(changes))


def _asked(order: Mapping[str, Any]) -> dict[str, int]:
    """What the buyer asked to cancel and what is still open of it."""
    asked = orders.asked_by_buyer(order)
    return {line.line_id: line.open for line in orders.quantities(order).lines if line.line_id in asked and line.open}


def _open(order: Mapping[str, Any]) -> dict[str, int]:
    return {line.line_id: line.open for line in orders.quantities(order).lines if line.open}


def _status(seen: orders.Seen) -> tuple[str, dict[str, int]] | None:
    if seen.status == "CANCELLED":
        return "cancelled", {}
    shipped = {line.line_id: line.shipped for line in seen.lines if line.shipped}
    return ("shipped", shipped) if shipped else None


def _body(order: Mapping[str, Any], part: str) -> bytes:
    return json.dumps({"part": part, "order": order}, sort_keys=True, separators=(",", ":")).encode()


def wish_id(order_ref: str, lines: Quantities) -> str:
    return f"buyer-asks:{order_ref}:{_short(lines)}"


def status_id(order_ref: str, status: str, lines: Quantities) -> str:
    """The name of a status: so many shipped of each item, or all cancelled. It is the same whoever tells it, and however often."""
    return f"{status}:{order_ref}:{_short(lines)}"


def _short(lines: Quantities) -> str:
    return hashlib.sha256(json.dumps(sorted(lines.items())).encode()).hexdigest()[:24]


def _moment(value: Mapping[str, Any], name: str) -> str:
    try:
        return instant.normal(str(value[name]))
    except (KeyError, ValueError) as error:
        raise PartnerContractBroken(PARTNER, f"{name}: is not a moment", {"field": name}) from error


# ---------------------------------------------------------------------------------------------- from the queue


def normalise(message: IntakeMessage, body: Mapping[str, Any]) -> CancelRequest | Signal | None:
    """What the sweep has queued, as the notification would have told it. Raises InvalidInput for what it never queued."""
    order, part = body.get("order"), body.get("part")
    if not isinstance(order, Mapping) or part not in (WISH, STATUS):
        raise InvalidInput("order", "is not what a sweep queues")
    try:
        return _wish(message, order) if part == WISH else _signal(message, order)
    except PartnerContractBroken as error:
        raise InvalidInput("order", str(error)) from error


def _wish(message: IntakeMessage, order: Mapping[str, Any]) -> CancelRequest | None:
    lines = _asked(order)
    if not lines:
        return None
    return CancelRequest(
        merchant=message.merchant,
        channel=PARTNER,
        order_ref=orders.quantities(order).order_ref,
        reason=Reason.CUSTOMER_REQUEST,
        requester=Requester.CUSTOMER,
        source=PARTNER,
        delivery_id=message.delivery_id,
        requested_at=min(_moment(order, "lastUpdatedTime"), message.received_at),
        received_at=message.received_at,
        lines={} if lines == _open(order) else lines,
        official=True,
        standing=True,
        raw_sha256=message.raw_sha256,
    )


def _signal(message: IntakeMessage, order: Mapping[str, Any]) -> Signal | None:
    seen = orders.quantities(order)
    status = _status(seen)
    if status is None:
        return None
    word, lines = status
    return Signal(
        merchant=message.merchant,
        channel=PARTNER,
        source=PARTNER,
        topic=TOPIC,
        delivery_id=message.delivery_id,
        order_ref=seen.order_ref,
        leg_id="",
        kind=SignalKind.ORDER_CANCELLED_ECHO if word == "cancelled" else SignalKind.SHIPMENT,
        occurred_at=min(_moment(order, "lastUpdatedTime"), message.received_at),
        received_at=message.received_at,
        lines=lines,
        departed=word == "shipped",
        raw_sha256=message.raw_sha256,
    )
