"""The messages that ShipHero sends to the desk (developer.shiphero.com, "Webhooks"), and how it signs them."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, Final

from infra.local.sandboxes.shiphero.state import Label, Line, Order, now, uuid_of

WEBHOOK_PATH: Final = "/webhooks/shiphero"
MESSAGE_ID: Final = "X-Shiphero-Message-ID"
SIGNATURE: Final = "x-shiphero-hmac-sha256"


def sign(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def canceled(order: Order) -> dict[str, Any]:
    return {
        "order_number": order.number,
        "partner_order_id": order.order_ref,
        # With a hyphen, unlike everything else of theirs.
        "fulfillment-status": "canceled",
        "order_id": order.order_id,
        "order_uuid": order.uuid,
        "shop_name": "sandbox",
        "shop_order_number": order.number,
        "webhook_type": "Order Canceled",
    }


def packed_out(order: Order) -> dict[str, Any]:
    tote = order.order_id + 1
    items = [
        {
            "order_id": order.order_id,
            "order_uuid": order.uuid,
            "line_item_id": line.line_id,
            "pick_id": line.line_id + n,
            "sku": line.sku,
        }
        for line in order.lines
        for n in range(line.pending)
    ]
    return {
        "webhook_type": "Order Packed Out",
        "tote_id": str(tote),
        "tote_uuid": uuid_of("Tote", tote),
        "tote_name": f"Tote-{tote}",
        "order_id": order.order_id,
        "order_uuid": order.uuid,
        "items": items,
    }


def tote_complete(orders: Sequence[Order]) -> dict[str, Any]:
    tote = orders[0].order_id + 1
    return {
        "webhook_type": "Tote Complete",
        "totes": [
            {
                "tote_name": f"Tote-{tote}",
                "tote_uuid": uuid_of("Tote", tote),
                "tote_barcode": str(tote),
                "orders": [
                    {"order_number": order.number, "gift_note": "", "items": [_tote_item(x) for x in order.lines]}
                    for order in orders
                ],
            }
        ],
    }


def _tote_item(line: Line) -> dict[str, Any]:
    size = {"weight": "0.0500 oz", "height": "1.00 in", "width": "1.00 in", "length": "1.00 in"}
    return {"quantity": sum(line.totes), "sku": line.sku, **size}


def shipment_update(order: Order, label: Label) -> dict[str, Any]:
    skus = {line.partner_id: line for line in order.lines}
    lines: list[dict[str, Any]] = [
        {
            "id": line,
            "shiphero_id": skus[line].line_id,
            "quantity": quantity,
            "sku": skus[line].sku,
            "serial_numbers": [],
            "customs_description": "",
            "package": "Package #1",
            "lot_id": None,
            "lot_name": None,
            "lot_expiration": None,
        }
        for line, quantity in label.lines.items()
    ]
    fulfillment = {
        "shipment_id": label.label_id,
        "shipment_uuid": uuid_of("Shipment", label.label_id),
        "warehouse": "Primary",
        "warehouse_id": 76733,
        "warehouse_uuid": uuid_of("Warehouse", 76733),
        "webhook_type": "Shipment Update",
        "partner_order_id": order.order_ref,
        "order_number": order.number,
        "tracking_number": label.tracking,
        "line_items": lines,
        "order_id": order.order_id,
        "order_uuid": order.uuid,
        "created_at": now().replace("T", " "),
    }
    return {"test": "0", "webhook_type": "Shipment Update", "fulfillment": fulfillment, "total_packages": 1}
