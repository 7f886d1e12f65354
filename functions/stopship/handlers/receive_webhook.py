"""POST /webhooks/{source}: prove who sends, keep the raw bytes, queue, answer. Nothing else is on this path."""

import hmac
import json
import re
from dataclasses import asdict, replace
from hashlib import sha256

from stopship.adapters.clock import SystemClock
from stopship.application.take_in import UNROUTED, IntakeQueue, Says, as_its_id, its_bytes, take_in
from stopship.domain.errors import InvalidInput, NotAuthentic, NotFound
from stopship.wiring import counts_queue, evidence, intake_queue, merchants, privacy_queue
from stopship.wiring.doors import Request, Response, answer, door, parse_json, problem

MOST_OF_A_STRANGER = 16_384
"""Bytes that are kept of a message whose sender nobody knows."""
_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,99}\.myshopify\.com")


def receive(request: Request) -> Response:
    match request.path.get("source", ""):
        case "shopify":
            return _shopify(request)
        case "shopify-flow":
            return _shopify_flow(request)
        case "generic-3pl":
            return _generic_3pl(request)
        case "zendesk":
            return _zendesk(request)
        case "ticket":
            return _ticket(request)
        case "shiphero":
            return _shiphero(request)
        case "shipbob":
            return _shipbob(request)
        case "shipstation":
            return _shipstation(request)
        case "stripe":
            return _stripe(request)
        case source:
            known = "stripe, shopify, shopify-flow, generic-3pl, shiphero, shipbob, shipstation, zendesk or ticket"
            raise NotFound(f"webhook source {source!r}: use {known}")


def _shopify(request: Request) -> Response:
    from stopship.adapters.shopify import signature

    shop, topic = request.header("X-Shopify-Shop-Domain"), request.header("X-Shopify-Topic")
    delivery = request.header("X-Shopify-Webhook-Id")
    try:
        merchant = merchants().route("shopify", shop)
    except NotFound:
        return _stranger(request, shop, topic)
    signed = request.proof("X-Shopify-Hmac-SHA256")
    signature.verify(request.body, signed, merchants().connections(merchant)["shopify"]["webhook_secrets"])
    parse_json(request.body)
    return _shopify_authentic(request, merchant, topic, delivery)


def _stranger(request: Request, told: str, topic: str) -> Response:
    """Nobody can say who sent it: a person sees each shop once a day, by its first message, whatever else comes in its name. What has no
    name of a shop is one sender."""
    shop, size = (told if _SHOP.fullmatch(told) else ""), len(request.body)
    why = f"unknown shop {shop}".rstrip()
    if size > MOST_OF_A_STRANGER:
        why += f"; its body of {size} bytes was not kept"
        note = {"not_kept": {"bytes": size, "sha256": sha256(request.body).hexdigest()}}
        request = replace(request, body=json.dumps(note).encode())
    day = f"unknown shop {shop} {SystemClock().now()[:10]}"
    _take(request, UNROUTED, "shopify", topic, day, why=why, says=as_its_id)
    return problem(404, "Unknown shop", "no merchant is connected to this shop", fix="connect the shop, then resend")


def _shopify_authentic(request: Request, merchant: str, topic: str, delivery: str) -> Response:
    """By what the topic means: a duty and a count have queues of their own, and of what concerns no cancel nothing is kept."""
    from stopship.adapters.shopify import counts
    from stopship.adapters.shopify.topics import Meaning, meaning
    from stopship.wiring import shopify_bus

    match meaning(topic):
        case Meaning.NOTHING:
            return answer(200, {"received": delivery, "kept": False})
        case Meaning.COUNT:
            try:
                placed = counts.read_order_placed(request.body)
            except InvalidInput:
                # An authentic message is never refused for its form: a person sees it.
                return _take(request, merchant, "shopify", topic, delivery, says=shopify_bus.said)
            if placed:
                counts_queue().send({"merchant": merchant, **asdict(placed)})
            return answer(200, {"received": delivery, "kept": False})
        case Meaning.PRIVACY:
            return _take(request, merchant, "shopify", topic, delivery, queue=privacy_queue(), says=shopify_bus.said)
        case _:
            return _take(request, merchant, "shopify", topic, delivery, says=shopify_bus.said)


def _shopify_flow(request: Request) -> Response:
    """Shopify Flow's "send HTTP request" signs nothing; it carries a secret of its own in a header."""
    shop, key = request.header("X-Shopify-Shop-Domain"), request.proof("X-Stopship-Key")
    try:
        merchant = merchants().route("shopify", shop)
    except NotFound as unknown:
        raise NotAuthentic from unknown
    keys = merchants().connections(merchant)["shopify"].get("flow_keys", [])
    matches = [hmac.compare_digest(key.encode(), known.encode()) for known in keys]
    if True not in matches:
        raise NotAuthentic
    told = parse_json(request.body).get("request_id")
    # A flow whose variable is empty sends null, or nothing: then the body stands for itself.
    delivery = "" if told is None else str(told).strip()
    return _take(request, merchant, "shopify-flow", "cancel-request", delivery, id_field="request_id")


def _generic_3pl(request: Request) -> Response:
    from stopship.adapters.generic_3pl import signature

    merchant, name = request.header("X-Stopship-Merchant"), request.header("X-Stopship-Warehouse")
    try:
        warehouse = merchants().connections(merchant)["warehouses"][name]
    except (NotFound, KeyError) as unknown:
        raise NotAuthentic from unknown
    now = SystemClock().now()
    signature.verify(request.body, request.proof("X-Stopship-Signature"), warehouse["secrets"], now)
    if not parse_json(request.body).get("event"):
        raise InvalidInput("event", "is missing", "one of shipment.departed, shipment.labelled, hold.released")
    # Two warehouses may count their messages alike.
    delivery = f"{name}:{request.header('X-Stopship-Delivery')}"
    return _take(request, merchant, "generic-3pl", name, delivery, id_field="header X-Stopship-Delivery")


def _zendesk(request: Request) -> Response:
    from stopship.adapters.zendesk import webhooks

    account = request.header(webhooks.ACCOUNT)
    try:
        merchant = merchants().route("zendesk", account)
        secrets = merchants().connections(merchant)["zendesk"]["webhook_secrets"]
    except (NotFound, KeyError) as unknown:
        raise NotAuthentic from unknown
    signature, timestamp = request.proof(webhooks.SIGNATURE), request.proof(webhooks.TIMESTAMP)
    webhooks.verify(request.body, signature, timestamp, secrets, SystemClock().now())
    webhooks.ticket_id(parse_json(request.body))
    return _take(request, merchant, "zendesk", "ticket", request.header(webhooks.INVOCATION))


def _ticket(request: Request) -> Response:
    """The contract is the docstring of adapters/ticket."""
    from stopship.adapters.ticket import signature

    merchant, name = request.header("X-Stopship-Merchant"), request.header("X-Stopship-Help-Desk")
    try:
        help_desk = merchants().connections(merchant)["help_desks"][name]
    except (NotFound, KeyError) as unknown:
        raise NotAuthentic from unknown
    now = SystemClock().now()
    signature.verify(request.body, request.proof("X-Stopship-Signature"), help_desk["secrets"], now)
    if not parse_json(request.body).get("ticket_id"):
        raise InvalidInput("ticket_id", "is missing", "send the ticket's own id")
    # Two help desks may count their messages alike.
    delivery = f"{name}:{request.header('X-Stopship-Delivery')}"
    return _take(request, merchant, "ticket", name, delivery, id_field="header X-Stopship-Delivery")


def _shiphero(request: Request) -> Response:
    """ShipHero adds no header of ours and does not say whose message it is: the address that was given to webhook_create does."""
    from stopship.adapters.shiphero import webhooks

    merchant, name = request.query.get("merchant", ""), request.query.get("warehouse", "")
    try:
        secrets = merchants().connections(merchant)["warehouses"][name]["webhook_secrets"]
    except (NotFound, KeyError) as unknown:
        raise NotAuthentic from unknown
    webhooks.verify(request.body, request.proof(webhooks.SIGNATURE), secrets)
    body, message_id = parse_json(request.body), request.header(webhooks.MESSAGE_ID)
    for delivery in webhooks.deliveries(body, message_id):
        _take(request, merchant, "shiphero", name, delivery)
    return answer(200, {**webhooks.TAKEN, "received": message_id})


def _shipbob(request: Request) -> Response:
    """ShipBob does not say whose message it is: the address that was given to the subscription does, and the signature proves it."""
    from stopship.adapters.shipbob import signature, webhooks

    merchant, name = request.query.get("merchant", ""), request.query.get("warehouse", "")
    try:
        secrets = merchants().connections(merchant)["warehouses"][name]["webhook_secrets"]
    except (NotFound, KeyError) as unknown:
        raise NotAuthentic from unknown
    delivery, timestamp = request.header(signature.ID), request.proof(signature.TIMESTAMP)
    signature.verify(
        delivery, timestamp, request.body, request.proof(signature.SIGNATURE), secrets, SystemClock().now()
    )
    parse_json(request.body)
    return _take(request, merchant, "shipbob", f"{name}:{request.header(webhooks.TOPIC)}", delivery)


def _shipstation(request: Request) -> Response:
    """ShipStation signs with its own key for everybody: the address that was given to the webhook says whose message it is. It carries no
    id, so that its bytes stand for it."""
    from stopship.adapters.shipstation import signature

    merchant, name = request.query.get("merchant", ""), request.query.get("warehouse", "")
    try:
        keys = merchants().connections(merchant)["warehouses"][name]["webhook_keys"]
    except (NotFound, KeyError) as unknown:
        raise NotAuthentic from unknown
    key_id, timestamp = request.proof(signature.KEY_ID), request.proof(signature.TIMESTAMP)
    signed = request.proof(signature.SIGNATURE)
    signature.verify(key_id, timestamp, request.body, signed, keys, SystemClock().now())
    parse_json(request.body)
    return _take(request, merchant, "shipstation", name, "")


def _stripe(request: Request) -> Response:
    """Stripe's events do not say whose they are: the address that was given to the webhook endpoint does, and the signature proves it."""
    from stopship.adapters.stripe import signature, webhooks

    merchant = request.query.get("merchant", "")
    try:
        secrets = merchants().connections(merchant)["stripe"]["webhook_secrets"]
    except (NotFound, KeyError) as unknown:
        raise NotAuthentic from unknown
    signature.verify(request.body, request.proof(signature.HEADER), secrets, SystemClock().now())
    event_id, kind = webhooks.read_event(parse_json(request.body))
    return _take(request, merchant, "stripe", kind, event_id, says=webhooks.said)


def _take(
    request: Request,
    merchant: str,
    source: str,
    topic: str,
    delivery: str,
    why: str = "",
    queue: IntakeQueue | None = None,
    says: Says = its_bytes,
    id_field: str = "",
) -> Response:
    """``says`` and ``id_field`` as for ``take_in``. An id that a partner's software gives is not the sender's to mend: what comes
    again under it and says something else is kept as a message of its own."""
    message = take_in(
        evidence(),
        queue or intake_queue(),
        merchant=merchant,
        source=source,
        topic=topic,
        delivery_id=delivery,
        body=request.body,
        received_at=SystemClock().now(),
        why=why,
        says=says,
        id_field=id_field,
    )
    return answer(200, {"received": message.delivery_id})


handler = door(receive)
