"""In what the order left: the parcels of its fulfillments, for following them at their carrier."""

import re
from collections.abc import Mapping
from typing import Any, Final

from stopship.adapters.shopify import documents, mapping
from stopship.adapters.shopify.client import ShopifyClient, reading
from stopship.adapters.shopify.gid import gid, number
from stopship.domain import instant
from stopship.domain.carrier import OTHER, CarrierState, Parcel, carrier_name

_COUNTED: Final = mapping.COUNTED | mapping.UNDER_WAY
_STATES: Final = {
    "ATTEMPTED_DELIVERY": CarrierState.OUT_FOR_DELIVERY,
    "CARRIER_PICKED_UP": CarrierState.IN_TRANSIT,
    "DELAYED": CarrierState.IN_TRANSIT,
    "DELIVERED": CarrierState.DELIVERED,
    "IN_TRANSIT": CarrierState.IN_TRANSIT,
    "OUT_FOR_DELIVERY": CarrierState.OUT_FOR_DELIVERY,
    "PICKED_UP": CarrierState.DELIVERED,
}
"""FulfillmentDisplayStatus, where it stands for something that the carrier told. That a label was bought says nothing of a scan."""
_UPS: Final = re.compile(r"1Z[A-Z0-9]{16}")
"""UPS's own numbers have a form that nobody else uses; Shopify may leave the company empty."""


def read_parcels(client: ShopifyClient, order_ref: str) -> list[Parcel]:
    """One for each tracking number of a fulfillment that counts."""
    with reading("parcels"):
        order = client.run(documents.PARCELS, {"id": gid("Order", order_ref)})["order"] or {}
        found: list[Parcel] = []
        for sent in order.get("fulfillments") or []:
            if sent["status"] in _COUNTED:
                found += _parcels(client, sent)
        return found


def _parcels(client: ShopifyClient, sent: Mapping[str, Any]) -> list[Parcel]:
    path = ("fulfillment", "fulfillmentLineItems")
    nodes = client.pages(sent["fulfillmentLineItems"], documents.FULFILLMENT_LINES, {"id": sent["id"]}, *path)
    lines = mapping.quantities(nodes, "quantity")
    works = frozenset(number(x["id"], "FulfillmentOrder") for x in sent["fulfillmentOrders"]["nodes"])
    shipment, sent_at = number(sent["id"], "Fulfillment"), instant.normal(sent["createdAt"])
    return [
        Parcel(_carrier(x), x["number"].strip(), lines, shipment, works, _state(sent), sent_at)
        for x in sent["trackingInfo"]
        if x["number"]
    ]


def _state(sent: Mapping[str, Any]) -> CarrierState:
    return CarrierState.DELIVERED if sent["deliveredAt"] else _STATES.get(sent["displayStatus"], CarrierState.UNKNOWN)


def _carrier(info: Mapping[str, Any]) -> str:
    name = carrier_name(info["company"] or "")
    return "ups" if name == OTHER and _UPS.fullmatch(info["number"].strip()) else name
