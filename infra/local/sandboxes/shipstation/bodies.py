"""ShipStation's JSON: shipments, labels, pages, errors."""

import uuid
from collections.abc import Sequence
from typing import Any, Final

from infra.local.sandboxes.shipstation.state import Label, Shipment

PERSON: Final = {
    "name": "Jane Roe",
    "phone": "+1 555-555-0101",
    "address_line1": "1 Elm Street",
    "city_locality": "Austin",
    "state_province": "TX",
    "postal_code": "78756",
    "country_code": "US",
}
"""Somebody whose name must not come out of the adapter."""
OURS: Final = {**PERSON, "name": "Warehouse", "phone": "+1 555-555-0100"}


def shipment_body(shipment: Shipment) -> dict[str, Any]:
    ounce = {"value": 1.0, "unit": "ounce"}
    return {
        "shipment_id": shipment.shipment_id,
        "external_order_id": shipment.order_ref,
        "carrier_id": "se-1",
        "service_code": "usps_first_class_mail",
        "ship_date": shipment.created_at,
        "created_at": shipment.created_at,
        "modified_at": shipment.changed_at,
        "shipment_status": shipment.status,
        "ship_to": dict(PERSON),
        "ship_from": dict(OURS),
        "return_to": dict(OURS),
        "warehouse_id": None,
        "confirmation": "none",
        "customs": None,
        "advanced_options": {},
        "insurance_provider": "none",
        "tags": [],
        "packages": [{"weight": ounce}],
        "total_weight": ounce,
        "items": [
            {"external_order_id": shipment.order_ref, "external_order_item_id": line, "quantity": quantity}
            for line, quantity in shipment.lines.items()
        ],
    }


def label_body(shipment: Shipment, label: Label) -> dict[str, Any]:
    return {
        "label_id": label.label_id,
        "status": label.status,
        "shipment_id": shipment.shipment_id,
        "external_order_id": shipment.order_ref,
        "created_at": label.created_at,
        "voided": label.status == "voided",
        "voided_at": label.voided_at or None,
        "tracking_status": label.tracking_status,
        "tracking_number": f"94{label.label_id}",
        "carrier_code": "usps",
    }


def page_body(name: str, rows: Sequence[dict[str, Any]], page: int, size: int, url: str) -> dict[str, Any]:
    pages = max(1, -(-len(rows) // size))
    link = {"href": url}
    return {
        name: list(rows[(page - 1) * size : page * size]),
        "total": len(rows),
        "page": page,
        "pages": pages,
        "links": {"first": link, "last": link, "prev": {}, "next": link if page < pages else {}},
    }


def error_body(code: str, message: str) -> dict[str, Any]:
    error = {
        "error_source": "shipengine",
        "error_type": "business_rules",
        "error_code": code,
        "message": message,
    }
    return {"request_id": str(uuid.uuid4()), "errors": [error]}
