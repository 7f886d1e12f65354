"""From Shopify's words to the desk's: orders, quantities, legs."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from stopship.adapters.shopify.connection import FULFILLMENT_SERVICE, ShopifyConnection
from stopship.adapters.shopify.gid import gid, number
from stopship.adapters.words import known
from stopship.domain import instant
from stopship.domain.order import FulfillmentType, OrderLine, OrderSnapshot, Payment, PlannedLeg, Quantities, Sign
from stopship.frozen import frozen

CHANNEL = "shopify"

PARTNER = "shopify"

# Fulfillment orders from which something may still ship (shopify.dev, FulfillmentOrderStatus). INCOMPLETE cannot be completed
# as requested and waits for the merchant; its work is still there.
LIVE_WORK = frozenset({"OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED", "INCOMPLETE"})
WORK_STATUSES = LIVE_WORK | {"CANCELLED", "CLOSED"}
COUNTED = frozenset({"SUCCESS"})
UNDER_WAY = frozenset({"OPEN", "PENDING"})
FULFILLMENT_STATUSES = COUNTED | UNDER_WAY | {"CANCELLED", "ERROR", "FAILURE"}

# The carrier has the parcel, or had it. A label, a confirmation or a mark by hand is no departure (shopify.dev,
# FulfillmentDisplayStatus); FAILURE means that tracking could not be read.
DEPARTED_STATUSES = frozenset(
    {
        "ATTEMPTED_DELIVERY",
        "CARRIER_PICKED_UP",
        "DELAYED",
        "DELIVERED",
        "IN_TRANSIT",
        "NOT_DELIVERED",
        "OUT_FOR_DELIVERY",
        "PICKED_UP",
    }
)
DISPLAY_STATUSES = DEPARTED_STATUSES | {
    "CANCELED",
    "CONFIRMED",
    "FAILURE",
    "FULFILLED",
    "LABEL_PRINTED",
    "LABEL_PURCHASED",
    "LABEL_VOIDED",
    "MARKED_AS_FULFILLED",
    "READY_FOR_PICKUP",
    "SUBMITTED",
}
_RISK_ORDER = ("LOW", "MEDIUM", "HIGH")
RISKS = frozenset({*_RISK_ORDER, "NONE", "PENDING"})

RECEIVED_STATUSES = frozenset({"PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED", "REFUNDED"})
# Why others hold the work (shopify.dev, FulfillmentHoldReason). The other reasons say nothing about a cause.
_HOLD_SIGNS = {
    "HIGH_RISK_OF_FRAUD": Sign.FRAUD_SUSPECTED,
    "INVENTORY_OUT_OF_STOCK": Sign.OUT_OF_STOCK,
    "INCORRECT_ADDRESS": Sign.ADDRESS_DOUBTED,
    "UNKNOWN_DELIVERY_DATE": Sign.DELIVERY_DATE_UNKNOWN,
}


@frozen
class FulfillmentOrder:
    """``work`` counts what may still ship, by line; ``known`` names every line it ever had. ``held_for`` are the reasons of holds that others
    placed; ``due`` is when it should be on its way, "" when nobody has said."""

    number: str
    live: bool
    location: str
    by_service: bool
    work: Quantities
    known: frozenset[str]
    fulfillments: frozenset[str]
    held_for: frozenset[str]
    due: str


@frozen
class Fulfillment:
    number: str
    status: str
    departed: bool
    lines: Quantities


def quantities(nodes: Iterable[Mapping[str, Any]], name: str) -> dict[str, int]:
    """Sums ``name`` by line id, over nodes that carry ``lineItem { id }``."""
    total: dict[str, int] = {}
    for node in nodes:
        line = number(node["lineItem"]["id"], "LineItem")
        total[line] = total.get(line, 0) + int(node[name] or 0)
    return total


def fulfillment_order(node: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> FulfillmentOrder:
    live = known(PARTNER, "FulfillmentOrder.status", node["status"], WORK_STATUSES) in LIVE_WORK
    remaining = quantities(lines, "remainingQuantity")
    location = node["assignedLocation"]["location"]
    return FulfillmentOrder(
        number=number(node["id"], "FulfillmentOrder"),
        live=live,
        location=number(location["id"], "Location") if location else "",
        by_service=bool(location and location["isFulfillmentService"]),
        work={line: quantity for line, quantity in remaining.items() if quantity > 0} if live else {},
        known=frozenset(remaining),
        fulfillments=frozenset(number(f["id"], "Fulfillment") for f in node["fulfillments"]["nodes"]),
        held_for=frozenset(h["reason"] for h in node["fulfillmentHolds"] if not h["heldByRequestingApp"]),
        due=instant.normal(node["fulfillBy"]) if node["fulfillBy"] else "",
    )


def fulfillment(node: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Fulfillment:
    shown = node["displayStatus"]
    if shown is not None:
        known(PARTNER, "Fulfillment.displayStatus", shown, DISPLAY_STATUSES)
    status = known(PARTNER, "Fulfillment.status", node["status"], FULFILLMENT_STATUSES)
    departed = bool(node["inTransitAt"] or node["deliveredAt"]) or shown in DEPARTED_STATUSES
    return Fulfillment(number(node["id"], "Fulfillment"), status, departed, quantities(lines, "quantity"))


def snapshot(
    order: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    work: list[FulfillmentOrder],
    fulfillments: list[Fulfillment],
    connection: ShopifyConnection,
    observed_at: str,
) -> OrderSnapshot:
    """The order as the desk needs it. Lines that never ship from anywhere (tips) are left out."""
    ref = number(order["id"], "Order")
    money = order["totalPriceSet"]["shopMoney"]
    risk = _risk(order["risk"]["assessments"])
    cancelled = order["cancelledAt"] is not None
    return OrderSnapshot(
        channel=CHANNEL,
        order_ref=ref,
        display_ref=order["name"],
        lines=tuple(_lines(lines, work, fulfillments, cancelled=cancelled)),
        legs=tuple(_leg(one, fulfillments, connection) for one in work if one.work),
        total=Decimal(money["amount"]),
        currency=money["currencyCode"],
        observed_at=observed_at,
        cancelled=cancelled,
        vip=_is_vip([*order["tags"], *((order["customer"] or {}).get("tags") or [])]),
        risk=risk,
        payment_pending=order["displayFinancialStatus"] == "PENDING",
        evidence=(f"shopify:order-risk:{ref}",) if risk in ("medium", "high") else (),
        places=tuple(dict.fromkeys(name for one in work if (name := connection.locations.get(one.location)))),
        payment=_payment(order, observed_at),
        signs=tuple(sorted(_signs(order, work, observed_at))),
        language=language(order["customerLocale"]),
        placed_at=instant.normal(order["createdAt"]),
    )


def language(locale: str | None) -> str:
    """Of "fr-CA" the "fr"; "" for what does not begin with a language (IETF BCP 47, which customerLocale follows: two or three letters)."""
    first = re.split("[-_]", locale or "", maxsplit=1)[0].lower()
    return first if re.fullmatch("[a-z]{2,3}", first) else ""


def _payment(order: Mapping[str, Any], now: str) -> Payment:
    status = order["displayFinancialStatus"]
    if status in RECEIVED_STATUSES:
        return Payment.MADE
    if status == "AUTHORIZED":
        return Payment.MADE if reserved(order["transactions"], now) else Payment.OPEN
    return Payment.OPEN if status in ("PENDING", "EXPIRED") else Payment.UNKNOWN


def reserved(transactions: Sequence[Mapping[str, Any]], now: str) -> bool:
    """Whether an authorisation may still be captured. Only some shops are told when it expires: else the financial status is believed."""
    expiries = [
        t["authorizationExpiresAt"] for t in transactions if (t["kind"], t["status"]) == ("AUTHORIZATION", "SUCCESS")
    ]
    return not expiries or any(not x or instant.normal(x) > now for x in expiries)


def _signs(order: Mapping[str, Any], work: Iterable[FulfillmentOrder], now: str) -> set[Sign]:
    live = [one for one in work if one.live]
    found = {_HOLD_SIGNS[reason] for one in live for reason in one.held_for if reason in _HOLD_SIGNS}
    if any(one.due and one.due < now for one in live if one.work):
        found.add(Sign.PROMISE_MISSED)
    if (order["shippingAddress"] or {}).get("validationResultSummary") == "ERROR":
        found.add(Sign.ADDRESS_DOUBTED)
    return found


def _lines(
    nodes: Sequence[Mapping[str, Any]],
    work: list[FulfillmentOrder],
    fulfillments: list[Fulfillment],
    *,
    cancelled: bool,
) -> Iterable[OrderLine]:
    """What may still ship is what the fulfillment orders say. A line that none of them has yet (routing takes a moment)
    is open as far as the order itself still counts it."""
    open_work = _sum(one.work for one in work)
    counted = _sum(f.lines for f in fulfillments if f.status in COUNTED)
    under_way = _sum(f.lines for f in fulfillments if f.status in UNDER_WAY)
    routed = {line for one in work for line in one.known} | set(counted) | set(under_way)
    for node in nodes:
        line, ordered = number(node["id"], "LineItem"), int(node["quantity"])
        if line not in routed and not node["requiresShipping"]:
            continue
        done = counted.get(line, 0)
        unrouted = 0 if cancelled or line in routed else int(node["currentQuantity"])
        still_open = min(open_work.get(line, 0) or unrouted, ordered - done)
        # A fulfillment under way may or may not have been taken off the remaining work already.
        shipped = max(done, min(done + under_way.get(line, 0), ordered - still_open))
        group = node["lineItemGroup"]
        bundle = (str(group["id"]), int(group["quantity"])) if group else ("", 0)
        yield OrderLine(line, node["sku"] or "", ordered, shipped, ordered - shipped - still_open, *bundle)


def _leg(one: FulfillmentOrder, fulfillments: list[Fulfillment], connection: ShopifyConnection) -> PlannedLeg:
    kind = FulfillmentType.THIRD_PARTY if one.by_service else FulfillmentType.IN_HOUSE
    gone = _sum(f.lines for f in fulfillments if f.number in one.fulfillments and f.departed and f.status in UNDER_WAY)
    return PlannedLeg(
        leg_id=one.number,
        warehouse=connection.locations.get(one.location, FULFILLMENT_SERVICE if one.by_service else ""),
        fulfillment_type=connection.fulfillment_types.get(one.location, kind),
        external_ref=gid("FulfillmentOrder", one.number),
        lines=one.work,
        departed=all(gone.get(line, 0) >= quantity for line, quantity in one.work.items()),
    )


def _risk(assessments: Sequence[Mapping[str, Any]]) -> str:
    """The worst of all assessments; NONE and PENDING say nothing."""
    told = [known(PARTNER, "OrderRiskAssessment.riskLevel", a["riskLevel"], RISKS) for a in assessments]
    levels = [level for level in told if level in _RISK_ORDER]
    return str(max(levels, key=_RISK_ORDER.index)).lower() if levels else ""


def _is_vip(tags: Iterable[str]) -> bool:
    return any(tag.strip().casefold() == "vip" for tag in tags)


def _sum(parts: Iterable[Quantities]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for line, quantity in part.items():
            total[line] = total.get(line, 0) + quantity
    return total
