"""returnCreate: for what was fulfilled and not paid back, once per unit."""

from collections.abc import Mapping
from typing import Any

from infra.local.sandboxes.shopify import events
from infra.local.sandboxes.shopify.reading import returnable, sent_line_id
from infra.local.sandboxes.shopify.reading import returned as shown
from infra.local.sandboxes.shopify.shop import Shop, user_error
from infra.local.sandboxes.shopify.state import Order, Return


def create(shop: Shop, asked: Mapping[str, Any]) -> dict[str, Any]:
    order = shop.order(asked["orderId"])
    if order is None:
        return _refuse(user_error("Order does not exist", "returnInput", "orderId", code="NOT_FOUND"))
    left = _left(order)
    items: list[dict[str, Any]] = []
    for place, row in enumerate(asked["returnLineItems"]):
        problem = _take(left, row, str(place), items)
        if problem:
            return _refuse(problem)
    problem = shop.refusal()
    if problem or not items:
        return _refuse(problem or user_error("A return needs a line", "returnInput", code="BLANK"))
    made = Return(shop.next(), items)
    if not shop.falls_into("false_ok"):
        order.returns.append(made)
        notes = {item["note"] for item in items}
        lines = {item["line_id"]: item["quantity"] for item in items}
        shop.write("return", order.order_ref, notes.pop() if len(notes) == 1 else "", lines=lines)
        events.returned(shop, order, made, "approve")
    return {"return": shown(order, made), "userErrors": []}


def _left(order: Order) -> dict[str, tuple[str, str, int]]:
    """Fulfillment line id to (fulfillment, line, units that can come back)."""
    return {
        sent_line_id(sent.fulfillment_id, line): (sent.fulfillment_id, line, quantity)
        for sent in order.fulfillments
        for line, quantity in returnable(order, sent).items()
    }


def _take(
    left: dict[str, tuple[str, str, int]], row: Mapping[str, Any], place: str, items: list[dict[str, Any]]
) -> dict[str, Any] | None:
    where = ("returnInput", "returnLineItems", place)
    found = left.get(row["fulfillmentLineItemId"])
    if found is None:
        return user_error("Fulfillment line item does not exist", *where, code="NOT_FOUND")
    sent, line, quantity = found
    if not 0 < row["quantity"] <= quantity:
        return user_error("Return line item has an invalid quantity", *where, "quantity", code="INVALID")
    left[row["fulfillmentLineItemId"]] = (sent, line, quantity - row["quantity"])
    note = row.get("returnReasonNote") or ""
    items.append({"fulfillment_id": sent, "line_id": line, "quantity": row["quantity"], "note": note})
    return None


def _refuse(problem: dict[str, Any]) -> dict[str, Any]:
    return {"return": None, "userErrors": [problem]}
