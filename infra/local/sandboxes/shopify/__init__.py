"""Shopify's Admin GraphQL API 2026-07, as far as the product uses it, over a shop with orders, work, money and returns.

Documents run against our own schema (schema.graphql) and must also fit the vendor's where that is at hand.

Settings (merchant, "shopify"): ``shop``; ``access_token``; ``webhook_secrets`` (the first one signs); ``locations`` {location id:
warehouse}; ``topics`` that are subscribed to (events.TOPICS); ``bus``, the event source that webhooks go to instead of HTTPS;
``cancel_seconds`` a cancel's job takes, 0 for at once; ``report_seconds`` until a warehouse's shipment is a fulfillment;
``service_answer`` (accept | reject) of fulfillment services to cancellation requests, ``service_seconds`` later; ``bucket_points`` and
``restore_rate`` of the rate limit.

Control, below ``/_sandbox/shopify/{merchant}``: ``POST /orders`` {order_ref, lines: [{id, sku, quantity, price,
requires_shipping?}], legs: [{id, warehouse | location, lines, by_service?, active_location?, base_status?, fulfill_by?}], financial?:
authorized | captured | pending | expired, payments?, payment_terms?, created_at?, shipping?, currency?, risk?, address_check?, address?, tags?,
customer_tags?, email?, disputes?, name?}; ``GET /orders/{ref}``; ``POST /pay`` {order_ref}: what is open is paid after all;
``POST /fulfill`` {order_ref, leg_id?, lines?, tracking?, shipment_status?}; ``POST /cancel`` {order_ref, reason?, refund?, restock?,
note?}; ``POST /refund`` {order_ref, amount?, lines?, note?}; ``POST /hold`` {order_ref, leg_id?, handle?,
reason?} and ``POST /release`` {order_ref, leg_id?, handle?} by somebody else; ``POST /cancellation-request`` {order_ref, leg_id?, step: submitted | accepted | rejected, message?}; ``POST /reduce``
{order_ref, lines} and ``POST /touch`` {order_ref}, an update without a change; ``POST /capture`` {order_ref}; ``POST /dispute`` {order_ref,
status?, dispute_id?}; ``POST /return`` {order_ref, step, lines?, return_id?}; ``POST /move`` {order_ref, leg_id?, warehouse, new_id?},
``POST /split`` {order_ref, leg_id?, lines, new_id?}, ``POST /merge`` {order_ref, leg_id, into}, ``POST /progress`` and ``POST /give-up``
{order_ref, leg_id?}; ``POST /privacy`` {topic, customer_id?, orders?}.

When a warehouse of the sandboxes ships an order that the shop has, the shop hears of it ``report_seconds`` later; while the work is on
hold the report waits, and when it is closed it is never taken, as in the world outside.

Traps, by order reference, on "read", "payments", "job", "hold", "release", "request_cancel", "cancel", "edit_intent", "edit_begin",
"edit_quantity", "edit" (the commit), "address", "refund", "void", "return" and "webhook":

- the transport ones on all but "webhook"; http_429 with detail {"graphql": true} is a 200 that says THROTTLED;
- rejected (detail {"code", "message"}): a user error and no effect, on every mutation;
- cancel: silent (the job never ends), late, false_ok (the job has ended and nothing happened), recreate (cancelled, and a new
  fulfillment order has the same work);
- hold: late, silent and false_ok (says it is there, and it is not); release, edit, address, return: false_ok (says yes, does nothing);
- request_cancel: silent (taken, and never answered), false_ok (says yes, and nothing was asked);
- refund, void: late (pending, then done), silent (pending for ever), false_ok (no error, and the transaction has failed);
- webhook: silent (lost), late.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.sandboxes.base import Base, Partner
from infra.local.sandboxes.deliver import Message
from infra.local.sandboxes.shopify import cancel, control, fulfil, money, service, work
from infra.local.sandboxes.shopify.events import sign
from infra.local.sandboxes.shopify.shop import PARTNER, Shop
from infra.local.sandboxes.shopify.state import as_json
from stopship.adapters.shopify.connection import API_VERSION


class Shops:
    """All shops, and their HTTP face."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._shops: dict[str, Shop] = {}
        base.deliver.signers[PARTNER] = self._sign
        base.on_shipment.append(self._shipped)

    def shop(self, merchant: str) -> Shop:
        return self._shops.setdefault(merchant, Shop(self._base, merchant))

    def _sign(self, message: Message) -> dict[str, str]:
        """With the first secret at the moment of sending: a rotation takes hold at once."""
        secrets = self.shop(message.merchant).setting("webhook_secrets", [])
        return {"X-Shopify-Hmac-Sha256": sign(message.body, secrets[0])} if secrets else {}

    def _shipped(self, merchant: str, order_ref: str, leg_id: str, lines: Mapping[str, int], tracking: str) -> None:
        fulfil.report_shipment(self.shop(merchant), order_ref, leg_id, lines, tracking)

    async def graphql(self, request: Request) -> Response:
        return await service.answer(self.shop(request.path_params["merchant"]), request)

    async def show(self, request: Request) -> Response:
        shop = self.shop(request.path_params["merchant"])
        return JSONResponse(as_json(shop.orders[request.path_params["order_ref"]]))

    def command(self, act: Callable[[Shop, Mapping[str, Any]], Any]) -> Callable[[Request], Any]:
        async def run(request: Request) -> Response:
            done = act(self.shop(request.path_params["merchant"]), await request.json())
            return JSONResponse({"done": done})

        return run

    # ------------------------------------------------------------------------------------------ state

    def save(self) -> dict[str, Any]:
        return {merchant: shop.save() for merchant, shop in self._shops.items()}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """What was under way goes on: jobs, pending transactions, reports of shipments."""
        for merchant, raw in saved.items():
            shop = self.shop(merchant)
            shop.restore(raw)
            for job in shop.jobs.values():
                if job.due:
                    cancel.resume(shop, job)
            for order in shop.orders.values():
                for transaction in order.transactions:
                    if transaction.settles_at:
                        money.settle(shop, order, transaction)
            shop.later(0.0, partial(fulfil.report_again, shop))


def build(base: Base) -> Partner:
    shops = Shops(base)
    commands: dict[str, Callable[[Shop, Mapping[str, Any]], Any]] = {
        "orders": lambda shop, told: control.create(shop, told).order_ref,
        "fulfill": control.fulfil_order,
        "cancel": control.cancel_by_staff,
        "refund": control.refund_by_other,
        "pay": control.pay,
        "hold": control.hold_by_other,
        "release": control.release_by_other,
        "cancellation-request": control.cancellation_request,
        "reduce": control.reduce_lines,
        "touch": control.touch,
        "capture": control.capture,
        "dispute": control.dispute,
        "return": control.take_back,
        "privacy": control.privacy,
        "move": work.move,
        "split": work.split,
        "merge": work.merge,
        "progress": work.progress,
        "give-up": work.give_up,
    }
    routes = [Route(f"/admin/api/{API_VERSION}/graphql.json", shops.graphql, methods=["POST"])]
    control_routes = [
        Route("/{merchant}/orders/{order_ref}", shops.show),
        *(Route(f"/{{merchant}}/{name}", shops.command(act), methods=["POST"]) for name, act in commands.items()),
    ]
    return Partner(PARTNER, "/shopify/{merchant}", [*routes], [*control_routes], shops.save, shops.restore)
