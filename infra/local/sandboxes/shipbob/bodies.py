"""ShipBob's JSON: orders, shipments, timelines."""

from typing import Any, Final

from infra.local.sandboxes.shipbob.state import Order, Shipment

RECIPIENT: Final = {"name": "Jane Roe", "email": "jane.roe@example.com", "phone_number": "555-555-0101"}
"""Somebody whose name must not come out of the adapter."""


def order_body(order: Order) -> dict[str, Any]:
    return {
        "id": order.order_id,
        "created_date": order.created_at,
        "order_number": order.reference_id,
        "reference_id": order.reference_id,
        "status": order.status,
        "type": "DTC",
        "shipments": [shipment_body(shipment) for shipment in order.shipments],
    }


def shipment_body(shipment: Shipment) -> dict[str, Any]:
    return {
        "id": shipment.shipment_id,
        "order_id": shipment.order_id,
        "reference_id": shipment.reference_id,
        "status": shipment.status,
        "created_date": shipment.created_at,
        "actual_fulfillment_date": shipment.labelled_at or None,
        "delivery_date": shipment.delivered_at or None,
        **_tracking(shipment),
        "products": [_product(sku, quantity) for sku, quantity in shipment.pieces.items()],
        "recipient": dict(RECIPIENT),
    }


def _tracking(shipment: Shipment) -> dict[str, Any]:
    """Missing where there is no label yet: the contract lets it not be null."""
    if not shipment.tracking:
        return {}
    told = {
        "carrier": shipment.carrier or None,
        "carrier_service": "Ground",
        "tracking_number": shipment.tracking,
        "tracking_url": f"https://carrier.example/track/{shipment.tracking}",
    }
    return {"tracking": told}


def _product(sku: str, quantity: int) -> dict[str, Any]:
    return {"sku": sku, "reference_id": sku, "name": sku, "inventory_items": [{"id": 1, "quantity": quantity}]}


def timeline_body(shipment: Shipment) -> list[dict[str, Any]]:
    return [
        {"log_type_id": log_type, "log_type_name": None, "log_type_text": None, "metadata": None, "timestamp": at}
        for log_type, at in shipment.steps
    ]
