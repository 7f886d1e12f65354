"""Amazon's Selling Partner API for a seller who ships by himself: orders 2026-01-01, feeds 2021-06-30, Login with Amazon.

A cancel is an order acknowledgement feed: taken at once, worked on later, and judged item by item in a processing report. Where
Amazon's own models are at hand, every request and every answer must fit them.

Settings (merchant, "amazon"): ``client_id``, ``client_secret``, ``refresh_token``; ``seller_id``; ``marketplace_ids``; ``bus`` (the
event source of the notifications, "" for none); ``search_rate`` and ``search_burst`` of the order search; ``page_token_seconds``;
``finance_lag_seconds`` until a refund shows; ``token_seconds``; ``queue_seconds`` and ``work_seconds`` a feed takes; ``gzip_reports``;
``subscribed`` (False: no ORDER_CHANGE), ``destination`` ("eventBridge" or "sqs"), ``lacks`` (roles that the app has not: "orders", "feeds",
"notifications").

Control, below ``/_sandbox/amazon/{merchant}``: ``POST /orders`` {order_ref, lines: [{id, sku, quantity, price}], buyer_asked?,
pending?, fulfilled_by?}; ``GET /orders/{order_ref}``; ``GET /feeds``, with what was sent in ``text``; ``POST /buyer-cancel``
{order_ref, items?, times?}: the buyer presses the button; ``POST /ship`` {order_ref, lines?: {id: quantity}}; ``POST /cancel``
{order_ref}: Amazon cancels by itself; ``POST /revoke`` ends all access tokens.

``at`` on an order and on a change makes it older; ``quiet`` loses the notification; ``GET /searches`` counts requests.

Traps, by order reference: the transport ones on "read", "document", "upload", "feed", "feed_status", "report" and "download" (those
before the order is known, and the last two, by "*"); http_429 with ``seconds`` names its inverse as the rate limit. "search" and "feeds" (the list) know no order; "finances" is the list of transactions; "actions", "attributes" and "message" (which takes rejected with "code") are of the Messaging API, an order has ``actions`` and a ``locale``. "feed_word" is the notification that a feed is through: silent (never told) or late (``seconds``). "feed" also takes
silent (it never ends), late (``seconds``), rejected (detail {"code", "text", "items"?}, or {"status": "CANCELLED" | "FATAL", "items"?}
for how the whole feed ends and which items it left alone) and false_ok (a clean report, and nothing is cancelled). Against the contract:
false_ok with detail {"change": {dotted place: value}} on "read", "feed_status" and "report", and with {"text"} on "download".
"""

from collections.abc import Mapping
from typing import Any

from starlette.routing import Route

from infra.local.sandboxes.amazon.account import PARTNER, Account
from infra.local.sandboxes.amazon.control import Control
from infra.local.sandboxes.amazon.messages import Messages
from infra.local.sandboxes.amazon.service import Service, held_to_model
from infra.local.sandboxes.base import Base, Partner


def build(base: Base) -> Partner:
    service = Service(base)
    messages = Messages(service)
    feeds = "/feeds/2021-06-30"
    routes = [
        Route("/auth/o2/token", service.token, methods=["POST"]),
        Route("/documents/{name}", service.upload, methods=["PUT"]),
        Route("/documents/{name}", service.download),
        Route("/orders/2026-01-01/orders", held_to_model(service.search)),
        Route("/orders/2026-01-01/orders/{order_ref}", held_to_model(service.read)),
        Route("/messaging/v1/orders/{order_ref}", held_to_model(messages.actions)),
        Route("/messaging/v1/orders/{order_ref}/attributes", held_to_model(messages.attributes)),
        Route(
            "/messaging/v1/orders/{order_ref}/messages/unexpectedProblem",
            held_to_model(messages.write),
            methods=["POST"],
        ),
        Route(f"{feeds}/documents", held_to_model(service.document), methods=["POST"]),
        Route(f"{feeds}/documents/{{name}}", held_to_model(service.report)),
        Route(f"{feeds}/feeds", held_to_model(service.feed), methods=["POST"]),
        Route(f"{feeds}/feeds", held_to_model(service.feeds_made)),
        Route("/finances/2024-06-19/transactions", held_to_model(service.transactions)),
        Route(f"{feeds}/feeds/{{feed_id}}", held_to_model(service.feed_status)),
        Route("/notifications/v1/subscriptions/{kind}", held_to_model(service.subscription), methods=["GET"]),
        Route("/notifications/v1/destinations/{name}", held_to_model(service.destination), methods=["GET"]),
        Route("/{path:path}", held_to_model(service.unknown), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]

    def save() -> dict[str, Any]:
        return {merchant: account.save() for merchant, account in service.accounts.items()}

    def restore(saved: Mapping[str, Any]) -> None:
        for merchant, raw in saved.items():
            service.accounts.setdefault(merchant, Account(base, merchant)).restore(raw)

    return Partner(PARTNER, "/amazon/{merchant}", [*routes], [*Control(service).routes()], save, restore)
