"""UPS, as far as the desk uses it: OAuth client credentials, Tracking, void of labels (Shipping v2409) and Delivery Intercept v2.

A parcel is labelled, scanned, in transit, out for delivery, delivered; a request to return it is taken at once and executed on the day of
delivery, or not. A refused void and a refused request are 200s. Where the vendor's own documents are at hand, every request and every
answer must fit them.

Settings (merchant, "ups"): ``client_id``, ``client_secret``, ``account``; ``token_seconds``.

Control, below ``/_sandbox/ups/{merchant}``: ``POST /parcels`` {order_ref, number?, cost?, currency?, ours?} -> {number};
``GET /parcels/{number}``; ``POST /scan`` {number, type, code?} (M, P, I, X, O, D, RS, MV); ``POST /deliver`` {number}: the day of delivery,
on which an intercept that was taken comes to its end; ``POST /revoke`` ends all access tokens.

Traps, by order reference ("*" for "token"): the transport ones on "token", "track", "void", "eligibility", "charges", "return" and "cancel".
"track" also takes silent (404); "void" rejected (200, not voided; detail {"status": 400, "code": ...} for a refusal); "eligibility" rejected
(not eligible) and silent (a failure inside a 200); "charges", "return" and "cancel" rejected (a failure inside a 200); "return" false_ok
(taken, and never carried out). Against the contract: detail {"change": {dotted place: value}}.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.routing import Route

from infra.local.sandboxes.base import Base, Partner
from infra.local.sandboxes.judged import Endpoint, judged
from infra.local.sandboxes.ups.account import PARTNER, Account
from infra.local.sandboxes.ups.control import Control
from infra.local.sandboxes.ups.documents import vendor
from infra.local.sandboxes.ups.service import Service, refuse

INTERCEPT = "/api/deliveryintercept/v2"


def build(base: Base) -> Partner:
    service = Service(base)

    def held(endpoint: Endpoint, *, intercept: bool = False) -> Endpoint:
        return judged(PARTNER, endpoint, vendor, partial(refuse, intercept=intercept))

    routes = [
        Route("/security/v1/oauth/token", held(service.token), methods=["POST"]),
        Route("/api/track/v1/details/{number}", held(service.track)),
        Route("/api/shipments/v2409/void/cancel/{number}", held(service.void), methods=["DELETE"]),
        Route(INTERCEPT + "/eligibility/intercept/{number}", held(service.eligibility, intercept=True)),
        Route(INTERCEPT + "/charges/{number}", held(service.charges, intercept=True), methods=["POST"]),
        Route(INTERCEPT + "/return/{number}", held(service.return_to_sender, intercept=True), methods=["POST"]),
        Route(INTERCEPT + "/cancel/{number}", held(service.cancel, intercept=True), methods=["POST"]),
        Route("/{path:path}", held(service.unknown), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]

    def save() -> dict[str, Any]:
        return {merchant: account.save() for merchant, account in service.accounts.items()}

    def restore(saved: Mapping[str, Any]) -> None:
        for merchant, raw in saved.items():
            service.accounts.setdefault(merchant, Account(base, merchant)).restore(raw)

    return Partner(PARTNER, "/ups/{merchant}", [*routes], [*Control(service).routes()], save, restore)
