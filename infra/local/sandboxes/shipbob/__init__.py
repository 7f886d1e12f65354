"""ShipBob's Developer API 2026-01, as far as the desk uses it: orders by reference, timelines, batch cancel; and its webhooks.

Shipments are cancelled one by one, as long as they are not picked; a label completes a shipment although the parcel is still there. Where
ShipBob's own document is at hand, every request and every answer must fit it.

Settings (merchant, "shipbob"): ``token``; ``channel_id``; ``webhook_secret`` (whsec_...); ``warehouse``, the desk's name of the connection.

Control, below ``/_sandbox/shipbob/{merchant}``: ``POST /orders`` {order_ref, shipments: [{sku: quantity}]} -> {order_id, shipments: [id]};
``GET /orders/{order_ref}``; ``POST /advance`` {shipment, to: picked | packed | labelled | in_transit | delivered, force?};
``POST /set`` {shipment, status?, log_type?}.

Traps, by order reference: the transport ones on "read", "timeline" and "cancel" (http_429 with ``seconds`` names them in x-retry-after).
"cancel" also takes silent (says yes, and nothing happens), late (``seconds``), rejected (detail {"reason"?}), recreate (the work comes back
as a new shipment) and false_ok (says yes, and it is picked; with detail {"status"} the order says so too); "read" takes silent (no order).
Against the contract: detail {"change": {dotted place: value}} on each.
"""

from collections.abc import Mapping
from typing import Any

from starlette.routing import Route

from infra.local.sandboxes.base import Base, Partner
from infra.local.sandboxes.judged import Endpoint, judged
from infra.local.sandboxes.shipbob.account import PARTNER, Account
from infra.local.sandboxes.shipbob.control import Control
from infra.local.sandboxes.shipbob.service import Service, refuse, vendor


def build(base: Base) -> Partner:
    service = Service(base)

    def held(endpoint: Endpoint) -> Endpoint:
        return judged(PARTNER, endpoint, vendor, refuse)

    routes = [
        Route("/2026-01/channel", held(service.channels)),
        Route("/2026-01/webhook", held(service.webhooks)),
        Route("/2026-01/order", held(service.orders)),
        Route("/2026-01/shipment/{shipment_id:int}/timeline", held(service.timeline)),
        Route("/2026-01/shipment:batchCancel", held(service.cancel), methods=["POST"]),
        Route("/{path:path}", held(service.unknown), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]

    def save() -> dict[str, Any]:
        return {merchant: account.save() for merchant, account in service.accounts.items()}

    def restore(saved: Mapping[str, Any]) -> None:
        for merchant, raw in saved.items():
            service.accounts.setdefault(merchant, Account(base, merchant)).restore(raw)

    return Partner(PARTNER, "/shipbob/{merchant}", [*routes], [*Control(service).routes()], save, restore)
