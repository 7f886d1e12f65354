"""From ShipHero's shipments to parcels: each label that was not given back, with what its shipment holds."""

from collections.abc import Iterator, Mapping
from typing import Any

from stopship.adapters.shiphero.mapping import at, broken, count, line_ref, nodes, objects
from stopship.domain.carrier import CarrierState, Parcel, carrier_name


def parcels(order: Mapping[str, Any]) -> Iterator[Parcel]:
    """``order`` as documents.PARCELS asks for it. Raises PartnerContractBroken naming the field that is not as the schema says."""
    for shipment in objects(order.get("shipments") or [], "shipments"):
        standing = [x for x in objects(shipment.get("shipping_labels") or [], "shipping_labels") if _stands(x)]
        if standing:
            lines = _lines(shipment)
            for label in standing:
                carrier, number = carrier_name(str(label.get("carrier") or "")), str(label["tracking_number"]).strip()
                yield Parcel(carrier, number, lines, at(shipment, "id", str), state=_state(label))


def _stands(label: Mapping[str, Any]) -> bool:
    return bool(str(label.get("tracking_number") or "").strip()) and label.get("refunded") is not True


def _state(label: Mapping[str, Any]) -> CarrierState:
    """That a label was not picked up yet says nothing of a scan."""
    if label.get("delivered") is True:
        return CarrierState.DELIVERED
    return CarrierState.IN_TRANSIT if label.get("picked_up") is True else CarrierState.UNKNOWN


def _lines(shipment: Mapping[str, Any]) -> dict[str, int]:
    """What is not told completely is not told: half of a shipment would look like all of it."""
    page = at(shipment, "line_items", dict)
    if at(at(page, "pageInfo", dict), "hasNextPage", bool):
        raise broken("shipments.line_items.pageInfo.hasNextPage")
    found: dict[str, int] = {}
    for row in nodes(page, "shipments.line_items"):
        line = line_ref(at(row, "line_item", dict))
        found[line] = found.get(line, 0) + count(row, "quantity")
    return found
