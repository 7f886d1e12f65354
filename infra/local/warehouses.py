"""The local merchants' warehouses, whatever system runs in them: how the desk reaches each, what its sandbox is told, and how an order
comes to lie on its shelf."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from infra.local.credentials import secret_for

if TYPE_CHECKING:
    from infra.local.day.orders import Leg, Order
    from infra.local.sandboxes.process import Sandboxes

WAREHOUSES: Mapping[str, Mapping[str, str]] = {
    "acme": {"east": "generic_3pl", "west": "generic_3pl", "atelier": "email_vendor"},
    "borealis": {"north": "generic_3pl", "west": "generic_3pl", "werkstatt": "email_vendor"},
    "cumulus": {"hero": "shiphero", "bob": "shipbob", "station": "shipstation"},
}
"""Merchant to its warehouses, and the partner that each is run with."""

VENDORS = {
    merchant: name for merchant, places in WAREHOUSES.items() for name, kind in places.items() if kind == "email_vendor"
}
"""Merchants that have a drop shipper, who is asked by mail."""

_CHANNEL_ID = 101
_LANGUAGES = {"atelier": "fr", "werkstatt": "de"}


def connection(merchant: str, name: str, sandboxes: str) -> dict[str, Any]:
    """The warehouse's part of the merchant's secret."""
    kind = WAREHOUSES[merchant][name]
    own = secret_for(merchant, f"{kind}-{name}")
    match kind:
        case "shiphero":
            told: dict[str, Any] = {"refresh_token": own, "webhook_secrets": [own[:32]]}
        case "shipbob":
            told = {"token": own, "channel_id": str(_CHANNEL_ID), "takes_holds": False}
        case "shipstation":
            return {"kind": kind, "endpoint": f"{sandboxes}/{kind}/{merchant}/v1", "api_key": own, "takes_holds": False}
        case "email_vendor":
            told = {"address": f"stock@{name}.example", "language": _LANGUAGES[name]}
            return {"kind": kind, "fulfillment_type": "drop_ship", **told}
        case _:
            endpoint = f"{sandboxes}/3pl/{merchant}/{name}"
            return {"kind": kind, "endpoint": endpoint, "secrets": [own], "takes_holds": True}
    return {"kind": kind, "endpoint": f"{sandboxes}/{kind}/{merchant}", **told}


def sandbox_settings(connections: Mapping[str, Any]) -> dict[str, Any]:
    """What the sandboxes of the merchant's warehouses are told, by sandbox."""
    told: dict[str, Any] = {}
    for name, config in connections.items():
        match config["kind"]:
            case "shiphero":
                secrets = {"refresh_token": config["refresh_token"], "webhook_secrets": config["webhook_secrets"]}
                told["shiphero"] = {**secrets, "warehouse": name}
            case "shipbob":
                told["shipbob"] = {"token": config["token"], "channel_id": config["channel_id"], "warehouse": name}
            case "shipstation":
                told["shipstation"] = {"api_key": config["api_key"], "warehouse": name}
            case "email_vendor":
                told.setdefault("vendor", {})[name] = {"address": config["address"], "answer_seconds": 0.3}
            case _:
                pace = {"answer": "callback", "answer_seconds": 0.3, "pull_seconds": 1.0}
                told.setdefault("warehouse", {})[name] = {"secrets": config["secrets"], **pace}
    return told


def shelve(sandboxes: "Sandboxes", order: "Order") -> None:
    """Every warehouse of the order has its part."""
    for name in dict.fromkeys(leg.warehouse for leg in order.legs):
        _shelve(sandboxes, order, name, [leg for leg in order.legs if leg.warehouse == name])


def _shelve(sandboxes: "Sandboxes", order: "Order", name: str, legs: "list[Leg]") -> None:
    kind, ref = WAREHOUSES[order.merchant][name], order.order_ref
    match kind:
        case "shiphero":
            lines = [{"id": k, "sku": _sku(order, k), "quantity": q} for leg in legs for k, q in leg.lines.items()]
            sandboxes.command(f"{kind}/{order.merchant}/orders", {"order_ref": ref, "lines": lines})
        case "shipbob":
            boxes = [{_sku(order, k): q for k, q in leg.lines.items()} for leg in legs]
            sandboxes.command(f"{kind}/{order.merchant}/orders", {"order_ref": ref, "shipments": boxes})
        case "shipstation":
            parcels = [dict(leg.lines) for leg in legs]
            sandboxes.command(f"{kind}/{order.merchant}/orders", {"order_ref": ref, "shipments": parcels})
        case "email_vendor":
            given = {"orderRef": ref, "legs": {leg.leg_id: dict(leg.lines) for leg in legs}}
            sandboxes.command(f"vendor/{order.merchant}/{name}/orders", given)
        case _:
            work = {leg.leg_id: dict(leg.lines) for leg in legs}
            body = {"orderRef": ref, "legs": work, "state": legs[0].state}
            sandboxes.command(f"warehouse/{order.merchant}/{name}/orders", body)


def _sku(order: "Order", line_id: str) -> str:
    return next(line.sku for line in order.lines if line.line_id == line_id)
