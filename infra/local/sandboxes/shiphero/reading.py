"""Orders as the API's types give them."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from infra.local.sandboxes.shiphero.account import Account
from infra.local.sandboxes.shiphero.state import Label, Line, Order, now, uuid_of

HOLDS: Final = ("fraud", "address", "shipping_method", "operator", "payment", "client")
DEFAULT_PAGE: Final = 100

type Resolver = Callable[..., Any]


def queries(account: Account) -> dict[str, Resolver]:
    def order(_: Any, **told: Any) -> dict[str, Any]:
        found = account.by_id(told["id"])
        return {"request_id": "r", "data": order_node(found) if found else None}

    def orders(_: Any, **told: Any) -> dict[str, Any]:
        ref, number = told.get("partner_order_id"), told.get("order_number")
        found = [o for o in account.orders if ref in (None, o.order_ref) and number in (None, o.number)]
        return {"request_id": "r", "data": _page([order_node(one) for one in found])}

    def webhooks(_: Any, **__: Any) -> dict[str, Any]:
        return {"request_id": "r", "data": _page(account.setting("webhooks", []))}

    return {"order": order, "orders": orders, "webhooks": webhooks}


def order_node(order: Order) -> dict[str, Any]:
    return {
        "id": order.uuid,
        "legacy_id": order.order_id,
        "order_number": order.number,
        "partner_order_id": order.order_ref,
        "fulfillment_status": order.status,
        "hold_until_date": None,
        "holds": {f"{name}_hold": order.holds.get(name, False) for name in HOLDS},
        "allocations": [{"allocated_at": now(), "ready_to_ship": order.ready}],
        "shipments": [_shipment(order, label) for label in order.labels],
        "order_history": [{"information": text, "created_at": now()} for text in order.history],
        "line_items": _page([_line(line) for line in order.lines]),
    }


def _shipment(order: Order, label: Label) -> dict[str, Any]:
    states = {"picked_up": label.picked_up, "delivered": label.delivered, "refunded": label.refunded}
    one = {
        "id": uuid_of("ShippingLabel", label.label_id),
        "status": "void" if label.refunded else "valid",
        "tracking_number": label.tracking,
        "carrier": label.carrier,
        "created_date": now(),
        **states,
    }
    rows = [
        {
            "id": uuid_of("ShipmentLineItem", line.line_id),
            "quantity": label.lines[line.partner_id],
            "line_item": _line(line),
        }
        for line in order.lines
        if label.lines.get(line.partner_id)
    ]
    return {
        "id": uuid_of("Shipment", label.label_id),
        **states,
        "created_date": now(),
        "shipping_labels": [one],
        "line_items": _page(rows),
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "id": uuid_of("LineItem", line.line_id),
        "legacy_id": line.line_id,
        "sku": line.sku,
        "partner_line_item_id": line.partner_id,
        "quantity": line.quantity,
        "quantity_shipped": line.shipped,
        "quantity_pending_fulfillment": line.pending,
        "tote_picks": [
            {"id": uuid_of("TotePick", line.line_id + n), "picked_quantity": picked, "quantity": line.quantity}
            for n, picked in enumerate(line.totes)
        ],
    }


def _page(nodes: Sequence[dict[str, Any]]) -> Resolver:
    """A connection: cursors are places in the list."""

    def page(_: Any, **told: Any) -> dict[str, Any]:
        start = int(told.get("after") or 0)
        chosen = nodes[start : start + (told.get("first") or DEFAULT_PAGE)]
        end = start + len(chosen)
        info = {"hasNextPage": end < len(nodes), "hasPreviousPage": start > 0, "startCursor": str(start)}
        edges = [{"node": node, "cursor": str(start + n + 1)} for n, node in enumerate(chosen)]
        return {"pageInfo": {**info, "endCursor": str(end)}, "edges": edges, "total_count": len(nodes)}

    return page
