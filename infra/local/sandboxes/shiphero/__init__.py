"""ShipHero's public GraphQL API, as far as the product uses it, over an account with orders, totes, labels and webhooks.

Documents run against our own schema (schema.graphql), which is a part of the vendor's, and must also fit the vendor's where that is
at hand.

Settings (merchant, "shiphero"): ``refresh_token``; ``token_seconds``; ``webhook_secrets`` (the first one signs); ``warehouse``, the
merchant's name for it, "" for no messages; ``credits`` there can be and ``restored_a_second``.

Control, below ``/_sandbox/shiphero/{merchant}``, all POST: ``/orders`` {order_ref, lines: [{id, sku?, quantity}], order_number?,
status?, ready?, leg_id?}; ``/show``, ``/batch`` (a tote waits for the first piece), ``/pick`` {lines?}, ``/pack``, ``/label`` {lines?,
tracking?}, ``/void-label``, ``/pick-up`` (by the carrier), ``/deliver``, ``/ship-all-the-same``, ``/change`` {holds?, status?},
``/cancel`` (by staff), ``/copy`` (the same work once more), each {order_ref}; ``/tote`` {order_refs}: one tote complete; ``/revoke``
ends all access tokens; ``/tokens`` says how many were ever issued.

Traps, by order reference, on "read" (which finds orders), "lines" (which reads one), "cancel", "hold", "note", "token" (by "*") and "webhook":

- the transport ones on all but "webhook"; http_429 with detail {"graphql": true, "without"?: [...]} is a 200 with error 30;
- cancel: silent (taken, and nothing happens), late, false_ok (says canceled; detail {"ships_after"}), rejected (detail {"code",
  "message"}), recreate; with detail {"pick": true} the goods are picked just before;
- hold: silent, false_ok (says it is on hold), rejected;
- webhook: silent, late;
- detail {"change": {dotted place: value}} breaks any answer.
"""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.sandboxes.base import Base, Partner
from infra.local.sandboxes.deliver import Message
from infra.local.sandboxes.shiphero.account import PARTNER
from infra.local.sandboxes.shiphero.control import COMMANDS, Command
from infra.local.sandboxes.shiphero.events import SIGNATURE, sign
from infra.local.sandboxes.shiphero.service import Service


def build(base: Base) -> Partner:
    service = Service(base)

    def signed(message: Message) -> dict[str, str]:
        known = service.account(message.merchant).setting("webhook_secrets", [])
        return {SIGNATURE: sign(message.body, known[0])} if known else {}

    def command(act: Command) -> Callable[[Request], Any]:
        async def run(request: Request) -> Response:
            done = act(service.account(request.path_params["merchant"]), await request.json())
            return JSONResponse({"done": done})

        return run

    def save() -> dict[str, Any]:
        return {merchant: account.save() for merchant, account in service.accounts.items()}

    def restore(saved: Mapping[str, Any]) -> None:
        for merchant, raw in saved.items():
            service.account(merchant).restore(raw)

    base.deliver.signers[PARTNER] = signed
    routes = [
        Route("/auth/refresh", service.refresh, methods=["POST"]),
        Route("/graphql", service.graphql, methods=["POST"]),
    ]
    control = [Route(f"/{{merchant}}/{name}", command(act), methods=["POST"]) for name, act in COMMANDS.items()]
    return Partner(PARTNER, "/shiphero/{merchant}", [*routes], [*control], save, restore)
