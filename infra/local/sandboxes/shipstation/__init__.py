"""ShipStation API V2 (the ShipEngine document), as far as the desk uses it: shipments, labels, void and cancel; and its tracking webhook.

A shipment is cancelled only when all of its labels are voided; a label that is voided puts it back to pending; a refused void is a 200. Where
the vendor's own document is at hand, every request and every answer must fit it.

Settings (merchant, "shipstation"): ``api_key``; ``webhook_key`` (a private JWK: kid, n, d); ``warehouse``, the desk's name of the
connection; ``webhooks`` [{event, url}].

Control, below ``/_sandbox/shipstation/{merchant}``: ``POST /orders`` {order_ref, shipments: [{line id: quantity}]} -> {shipments: [id]};
``GET /orders/{order_ref}``; ``POST /label`` {shipment} -> {label}; ``POST /scan`` {label, status?}; ``POST /set`` {shipment, status}.

Traps, by order reference: the transport ones on "read", "shipment", "labels", "label", "void" and "cancel". "cancel" also takes silent and
false_ok (204, and nothing happens), late (``seconds``), rejected and recreate (the work comes back as a new shipment); "void" takes rejected
(detail {"reason_code"?}); "read" takes silent (no shipments). Against the contract: detail {"change": {dotted place: value}}.
"""

from collections.abc import Mapping
from typing import Any

from starlette.routing import Route

from infra.local.sandboxes.base import Base, Partner
from infra.local.sandboxes.judged import Endpoint, judged
from infra.local.sandboxes.shipstation.account import PARTNER, Account
from infra.local.sandboxes.shipstation.control import Control
from infra.local.sandboxes.shipstation.service import Service, refuse, vendor


def build(base: Base) -> Partner:
    service = Service(base)

    def held(endpoint: Endpoint) -> Endpoint:
        return judged(PARTNER, endpoint, vendor, refuse)

    routes = [
        Route("/v1/shipments", held(service.list_shipments)),
        Route("/v1/shipments/{shipment_id}", held(service.get_shipment)),
        Route("/v1/shipments/{shipment_id}/cancel", held(service.cancel), methods=["PUT"]),
        Route("/v1/environment/webhooks", held(service.list_webhooks), methods=["GET"]),
        Route("/v1/labels", held(service.list_labels)),
        Route("/v1/labels/{label_id}", held(service.get_label)),
        Route("/v1/labels/{label_id}/void", held(service.void), methods=["PUT"]),
        Route("/{path:path}", held(service.unknown), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]

    def save() -> dict[str, Any]:
        return {merchant: account.save() for merchant, account in service.accounts.items()}

    def restore(saved: Mapping[str, Any]) -> None:
        for merchant, raw in saved.items():
            service.accounts.setdefault(merchant, Account(base, merchant)).restore(raw)

    return Partner(PARTNER, "/shipstation/{merchant}", [*routes], [*Control(service).routes()], save, restore)
