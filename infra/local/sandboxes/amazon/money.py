"""Money at Amazon: what an item was sold for, adjustment feeds that pay it back, and the Finances API that shows it when it feels like it."""

import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from infra.local.sandboxes.amazon.documents import Problem
from infra.local.sandboxes.amazon.state import Item, Order, Paid

LAG_SECONDS: Final = 0.2
COMPONENTS: Final = {"Principal": "ITEM", "Shipping": "SHIPPING", "GiftWrap": "GIFT_WRAP"}
TAXES: Final = {"Tax": "ITEM", "ShippingTax": "SHIPPING", "GiftWrapTax": "GIFT_WRAP"}


def proceeds(item: Item) -> dict[str, Any]:
    """The item's proceeds as the Orders API breaks them down (orders 2026-01-01, ItemProceeds)."""
    parts = {"ITEM": str(Decimal(item.price) * item.quantity), **item.parts}
    rows: list[dict[str, Any]] = []
    for kind, amount in parts.items():
        if kind.startswith("TAX_"):
            continue
        rows.append({"type": kind, "subtotal": _money(Decimal(amount))})
    taxes = {kind.removeprefix("TAX_"): Decimal(x) for kind, x in parts.items() if kind.startswith("TAX_")}
    if taxes:
        told = [{"subtype": kind, "value": _money(amount)} for kind, amount in taxes.items()]
        rows.append({"type": "TAX", "subtotal": _money(sum(taxes.values(), Decimal(0))), "detailedBreakdowns": told})
    return {"proceedsTotal": _money(worth(item)), "breakdowns": rows}


def worth(item: Item) -> Decimal:
    return Decimal(item.price) * item.quantity + sum((Decimal(x) for x in item.parts.values()), Decimal(0))


def _money(amount: Decimal) -> dict[str, str]:
    return {"amount": str(amount), "currencyCode": "USD"}


def adjust(
    order: Order | None, message: ET.Element, lag: float, kind: str, detail: Mapping[str, Any]
) -> Iterator[Problem]:
    """Works one OrderAdjustment: each item for itself. The codes are the sandbox's own: Amazon publishes none for this feed."""
    number, body = message.findtext("MessageID", ""), message.find("OrderAdjustment")
    for row in body.findall("AdjustedItem") if body is not None else ():
        item_id = row.findtext("AmazonOrderItemCode", "")
        item = order.item(item_id) if order else None
        if kind == "rejected":
            yield Problem(number, item_id, str(detail.get("code", "30001")), str(detail.get("text", "Not possible.")))
        elif order is None or item is None:
            yield Problem(number, item_id, "30002", "The order item does not exist.")
        elif item.shipped < item.quantity:
            yield Problem(number, item_id, "30003", "The order item has not been shipped.")
        elif _asked(row) != worth(item):
            yield Problem(number, item_id, "30004", "The amounts are not those of the item.")
        elif kind != "false_ok":
            order.paid_back.append(Paid(item.item_id, str(_asked(row)), time.time() + lag))


def _asked(row: ET.Element) -> Decimal:
    amounts = [x.text or "0" for x in row.iterfind("ItemPriceAdjustments/Component/Amount")]
    return sum((Decimal(x) for x in amounts), Decimal(0))


def transactions(order: Order) -> list[dict[str, Any]]:
    """What is booked by now: a payment for what shipped, and refunds once their time has come (finances 2024-06-19, Transaction)."""
    found = [_booked(order, "Shipment", "Order Payment", x, worth(x), 0.0) for x in order.items if x.shipped]
    for paid in order.paid_back:
        item = order.item(paid.item_id)
        if item is not None and paid.visible_at <= time.time():
            found.append(_booked(order, "Refund", "Refund Order", item, -Decimal(paid.amount), paid.visible_at))
    return found


def _booked(order: Order, kind: str, description: str, item: Item, amount: Decimal, at: float) -> dict[str, Any]:
    total = {"currencyAmount": float(amount), "currencyCode": "USD"}
    posted = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at or time.time()))
    context = {"contextType": "ProductContext", "sku": item.sku, "quantityShipped": item.quantity}
    return {
        "transactionType": kind,
        "transactionId": f"{kind.lower()}-{order.order_ref}-{item.item_id}",
        "transactionStatus": "RELEASED",
        "description": description,
        "postedDate": posted,
        "totalAmount": total,
        "relatedIdentifiers": [{"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order.order_ref}],
        "items": [{"description": item.sku, "totalAmount": total, "contexts": [context]}],
    }
