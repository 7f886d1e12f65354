"""Orders API 2026-01-01: one order, without the buyer's or the recipient's data."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import quote

import httpx

from stopship.adapters import http
from stopship.adapters.amazon.client import PARTNER, AmazonClient
from stopship.adapters.amazon.connection import AmazonConnection
from stopship.adapters.words import known
from stopship.domain import instant
from stopship.domain.errors import PartnerContractBroken, PartnerRefused
from stopship.domain.order import FulfillmentType, OrderLine, OrderSnapshot, Payment, PlannedLeg
from stopship.frozen import frozen

INCLUDED: Final = "CANCELLATION,FULFILLMENT,PROCEEDS"
PENDING = ("PENDING", "PENDING_AVAILABILITY")
FULFILLED_BY: Final = frozenset({"MERCHANT", "AMAZON"})
STATUSES = (*PENDING, "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "UNFULFILLABLE")


def fetch(client: AmazonClient, order_ref: str, included: str = INCLUDED) -> dict[str, Any] | None:
    """The order as Amazon gives it, with the data sets that are ``included`` (FULFILLMENT always), None when it is not known. Raises PartnerRefused "not_merchant_fulfilled" for Amazon's own
    fulfilment, which is stopped in another way and by another API."""
    path = f"/orders/2026-01-01/orders/{quote(order_ref, safe='')}"
    answer = client.call("getOrder", "GET", path, params={"includedData": included})
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    order: dict[str, Any] = _at(http.json_object(PARTNER, answer), "order", dict)
    by = _at(_at(order, "fulfillment", dict), "fulfilledBy", str)
    if known(PARTNER, "fulfillment.fulfilledBy", by, FULFILLED_BY) != "MERCHANT":
        raise PartnerRefused(PARTNER, "not_merchant_fulfilled", f"the order is fulfilled by {by}")
    return order


@frozen
class Seen:
    """What an order says of its goods. ``status`` is one of STATUSES."""

    order_ref: str
    status: str
    lines: tuple[OrderLine, ...]


def quantities(order: Mapping[str, Any]) -> Seen:
    """Raises PartnerContractBroken for a status or quantities that the contract does not have."""
    order_ref = _at(order, "orderId", str)
    status = _at(_at(order, "fulfillment", dict), "fulfillmentStatus", str)
    known(PARTNER, "fulfillmentStatus", status, STATUSES)
    lines = tuple(_line(item, f"orderItems[{i}]", status) for i, item in enumerate(_at(order, "orderItems", list)))
    return Seen(order_ref, status, lines)


def snapshot(order: Mapping[str, Any], connection: AmazonConnection, observed_at: str) -> OrderSnapshot:
    """One leg, "amazon-<order id>", for what is still open: Amazon does not know the merchant's warehouses."""
    seen = quantities(order)
    order_ref, status, lines = seen.order_ref, seen.status, seen.lines
    open_lines = {line.line_id: line.open for line in lines if line.open}
    kind = FulfillmentType.IN_HOUSE if connection.in_house else FulfillmentType.THIRD_PARTY
    leg = PlannedLeg(leg_id(order_ref), connection.warehouse, kind, "", open_lines)
    total, currency = _total(order)
    return OrderSnapshot(
        channel=PARTNER,
        order_ref=order_ref,
        display_ref=order_ref,
        lines=lines,
        legs=(leg,) if open_lines else (),
        total=total,
        currency=currency,
        observed_at=observed_at,
        cancelled=status == "CANCELLED",
        payment_pending=status in PENDING,
        places=(connection.warehouse,) if connection.warehouse else (),
        payment=Payment.OPEN if status in PENDING else Payment.UNKNOWN,
        placed_at=_placed_at(order),
    )


def leg_id(order_ref: str) -> str:
    return f"amazon-{order_ref}"


def asked_by_buyer(order: Mapping[str, Any]) -> set[str]:
    """Items whose cancel the buyer asked for with Amazon's own button, as Amazon itself records it."""
    return {
        str(item.get("orderItemId"))
        for item in _at(order, "orderItems", list)
        if ((item.get("cancellation") or {}).get("cancellationRequest") or {}).get("requester") == "BUYER"
    }


def _line(item: Any, place: str, status: str) -> OrderLine:
    if not isinstance(item, Mapping):
        raise _broken(place)
    ordered = _at(item, "quantityOrdered", int)
    fulfilled = item.get("fulfillment") or {}
    if not isinstance(fulfilled, Mapping):
        raise _broken(f"{place}.fulfillment")
    shipped = _count(fulfilled, "quantityFulfilled", 0)
    left = _count(fulfilled, "quantityUnfulfilled", ordered - shipped)
    open_ = 0 if _is_cancelled(item, status) else left
    cancelled = ordered - shipped - open_
    if cancelled < 0 or shipped < 0 or open_ < 0:
        raise PartnerContractBroken(PARTNER, f"{place}: the quantities do not add up", {"field": place})
    return OrderLine(
        line_id=_at(item, "orderItemId", str),
        sku=str(_at(item, "product", dict).get("sellerSku", "")),
        ordered=ordered,
        shipped=shipped,
        cancelled=cancelled,
    )


def _placed_at(order: Mapping[str, Any]) -> str:
    told = order.get("createdTime")
    if not told:
        return ""
    try:
        return instant.normal(str(told))
    except ValueError as error:
        raise _broken("createdTime") from error


def _is_cancelled(item: Mapping[str, Any], status: str) -> bool:
    execution = (item.get("cancellation") or {}).get("cancellationExecution") or {}
    return status == "CANCELLED" or bool(execution.get("cancelledBy"))


def _total(order: Mapping[str, Any]) -> tuple[Decimal, str]:
    """Pending orders have no proceeds yet: 0 and no currency."""
    total = (order.get("proceeds") or {}).get("grandTotal")
    if total is None:
        return Decimal(0), ""
    try:
        return Decimal(str(total["amount"])), str(total["currencyCode"])
    except (KeyError, TypeError, InvalidOperation) as error:
        raise _broken("proceeds.grandTotal") from error


def _count(fulfilled: Mapping[str, Any], name: str, absent: int) -> int:
    found: int = _at(fulfilled, name, int) if fulfilled.get(name) is not None else absent
    return found


def _at(value: Mapping[str, Any], name: str, kind: type) -> Any:
    found = value.get(name)
    if not isinstance(found, kind) or isinstance(found, bool):
        raise _broken(name)
    return found


def _broken(place: str) -> PartnerContractBroken:
    return PartnerContractBroken(PARTNER, f"{place}: not as the contract says", {"field": place})
