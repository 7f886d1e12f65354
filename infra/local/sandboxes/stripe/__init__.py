"""Stripe for one account: PaymentIntents, their charges, refunds and disputes, with real idempotency keys and signed events.

Where Stripe's own OpenAPI is at hand, every request and every answer must fit it.

Settings (merchant, "stripe"): ``secret_key``; ``webhook_endpoints`` [{url, enabled_events, status?}]; ``webhook_secrets`` (all sign), none for no events.

Control, below ``/_sandbox/stripe/{merchant}``: ``POST /pay`` {order_ref, amount, currency?, status?, metadata?} -> {intent, charge}: a
customer pays (status succeeded, requires_capture, processing, requires_payment_method, ...); ``POST /capture`` {intent, amount, final?};
``POST /expire`` {intent}; ``POST /refund`` {intent, amount, status?, metadata?}: by somebody else; ``POST /end-refund`` {intent, refund?,
status, reason?}; ``POST /dispute`` {intent, status?}; ``POST /forget-keys``: idempotency keys grow old; ``GET /intents/{intent}``.

Traps, by order reference: the transport ones on "search", "read", "charges", "refunds", "dispute", "cancel" and "refund"; http_500 with
detail {"stored": true} is kept under the caller's key and repeated for ever. "rejected" takes {status, type, code, param}. "search" takes
silent (nothing is found yet). "refund" takes silent (pending for ever), late (pending, ``seconds`` later what detail {"end"} says, else
succeeded; detail {"status"} for what it waits in) and false_ok (succeeded, and ``seconds`` later it failed). "cancel" takes recreate: the
customer is authorised again under a new PaymentIntent. Against the contract: false_ok with detail {"change": {dotted place: value}} on
what is read ("(gone)" takes the field away).
"""

from collections.abc import Mapping
from typing import Any

from starlette.routing import Route

from infra.local.sandboxes.base import Base, Partner
from infra.local.sandboxes.deliver import Message
from infra.local.sandboxes.stripe.account import PARTNER, Account, signature
from infra.local.sandboxes.stripe.control import Control
from infra.local.sandboxes.stripe.service import Service, held_to_model


def build(base: Base) -> Partner:
    service = Service(base)

    def sign(message: Message) -> Mapping[str, str]:
        secrets = base.setting(message.merchant, PARTNER, "webhook_secrets", [])
        return {"Stripe-Signature": signature(message.body, secrets)}

    base.deliver.signers[PARTNER] = sign
    intents = "/v1/payment_intents"
    routes = [
        Route(f"{intents}/search", held_to_model(service.search)),
        Route(f"{intents}/{{intent}}", held_to_model(service.intent)),
        Route(f"{intents}/{{intent}}/cancel", held_to_model(service.cancel), methods=["POST"]),
        Route("/v1/charges", held_to_model(service.charges)),
        Route("/v1/charges/{charge}/dispute", held_to_model(service.dispute)),
        Route("/v1/refunds", held_to_model(service.refund), methods=["POST"]),
        Route("/v1/refunds", held_to_model(service.refunds)),
        Route("/v1/webhook_endpoints", held_to_model(service.webhook_endpoints)),
        Route("/{path:path}", held_to_model(service.unknown), methods=["GET", "POST", "DELETE"]),
    ]

    def save() -> dict[str, Any]:
        return {merchant: account.save() for merchant, account in service.accounts.items()}

    def restore(saved: Mapping[str, Any]) -> None:
        for merchant, raw in saved.items():
            service.accounts.setdefault(merchant, Account(base, merchant)).restore(raw)

    return Partner(PARTNER, "/stripe/{merchant}", [*routes], [*Control(service).routes()], save, restore)
