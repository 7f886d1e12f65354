"""Order edits: begin, set quantities, commit. Nothing changes before the commit, and what has shipped cannot be taken off.

Quantities can only be lowered here: the product never adds to an order.
"""

from typing import Any

from infra.local.sandboxes.shopify import events
from infra.local.sandboxes.shopify.money import take_off_work
from infra.local.sandboxes.shopify.paging import connection
from infra.local.sandboxes.shopify.reading import order as shown
from infra.local.sandboxes.shopify.shop import Shop, numeric, user_error
from infra.local.sandboxes.shopify.state import Edit, Line, Order
from stopship.adapters.shopify.gid import gid

JSON_TYPE = "json"


def record(shop: Shop, fields: list[dict[str, Any]]) -> dict[str, Any]:
    """metafieldsSet, for orders: all of them or none."""
    owners = [shop.order(field["ownerId"]) for field in fields]
    missing = next((place for place, owner in enumerate(owners) if owner is None), None)
    problem = shop.refusal()
    if missing is not None:
        problem = user_error("Owner does not exist", "metafields", str(missing), "ownerId", code="INVALID")
    if problem:
        return {"metafields": None, "userErrors": [problem]}
    for owner, field in zip(owners, fields, strict=True):
        assert owner is not None
        owner.metafields[f"{field.get('namespace') or ''}/{field['key']}"] = field["value"]
        shop.write("metafield", owner.order_ref, name=field["key"], value=field["value"])
    made = [
        {"id": gid("Metafield", o.order_ref), "value": f["value"]} for o, f in zip(owners, fields, strict=True) if o
    ]
    return {"metafields": made, "userErrors": []}


def begin(shop: Shop, order_id: str) -> dict[str, Any]:
    order = shop.order(order_id)
    problem = shop.refusal()
    if order is None:
        problem = user_error("The order does not exist.", "id")
    elif order.cancelled_at:
        problem = user_error("The order cannot be edited.", "id")
    if problem or order is None:
        return {"calculatedOrder": None, "userErrors": [problem]}
    edit = Edit(shop.next(), order.order_ref)
    shop.edits[edit.edit_id] = edit
    lines = connection(order.lines, lambda line: _calculated(edit, line))
    return {"calculatedOrder": {"id": gid("CalculatedOrder", edit.edit_id), "lineItems": lines}, "userErrors": []}


def _calculated(edit: Edit, line: Line) -> dict[str, Any]:
    quantity = edit.quantities.get(line.line_id, line.current)
    return {"id": gid("CalculatedLineItem", line.line_id), "quantity": quantity}


def set_quantity(shop: Shop, edit_id: str, line_id: str, quantity: int, *, restock: bool) -> dict[str, Any]:
    edit = shop.edits.get(numeric(edit_id, "CalculatedOrder"))
    if edit is None:
        return _no_line(user_error("The calculated order does not exist.", "id"))
    order = shop.orders[edit.order_ref]
    line = order.line(numeric(line_id, "CalculatedLineItem") or numeric(line_id, "LineItem"))
    if line is None:
        return _no_line(user_error("The line item does not exist.", "lineItemId"))
    problem = _problem(order, line, quantity) or shop.refusal()
    if problem:
        return _no_line(problem)
    edit.quantities[line.line_id], edit.restock[line.line_id] = quantity, restock
    return {"calculatedLineItem": _calculated(edit, line), "userErrors": []}


def _problem(order: Order, line: Line, quantity: int) -> dict[str, Any] | None:
    if quantity < 0 or quantity > line.current:
        return user_error("Quantity must be between zero and the current quantity.", "quantity")
    if quantity < min(order.fulfilled(line.line_id), line.current):
        return user_error("Quantity cannot be less than the fulfilled quantity.", "quantity")
    return None


def commit(shop: Shop, edit_id: str, note: str) -> dict[str, Any]:
    edit = shop.edits.get(numeric(edit_id, "CalculatedOrder"))
    if edit is None:
        return {"order": None, "userErrors": [user_error("The calculated order does not exist.", "id")]}
    order = shop.orders[edit.order_ref]
    problem = shop.refusal() or _changed_meanwhile(order, edit)
    if problem:
        return {"order": None, "userErrors": [problem]}
    del shop.edits[edit.edit_id]
    if not shop.falls_into("false_ok"):
        _apply(shop, order, edit, note)
    return {"order": shown(order), "userErrors": []}


def _changed_meanwhile(order: Order, edit: Edit) -> dict[str, Any] | None:
    if order.cancelled_at:
        return user_error("The order cannot be edited.", "id")
    for line_id, quantity in edit.quantities.items():
        line = order.line(line_id)
        problem = _problem(order, line, quantity) if line else None
        if problem:
            return problem
    return None


def _apply(shop: Shop, order: Order, edit: Edit, note: str) -> None:
    removed: dict[str, int] = {}
    for line in order.lines:
        fewer = line.current - edit.quantities.get(line.line_id, line.current)
        if fewer:
            line.removed += fewer
            removed[line.line_id] = fewer
            take_off_work(order, line.line_id, fewer)
    if removed:
        shop.write("edit", order.order_ref, lines=removed, restock=dict(edit.restock), note=note)
        events.order_edited(shop, order, edit.edit_id, removed)
        events.order_updated(shop, order)


def _no_line(problem: dict[str, Any]) -> dict[str, Any]:
    return {"calculatedLineItem": None, "userErrors": [problem]}
