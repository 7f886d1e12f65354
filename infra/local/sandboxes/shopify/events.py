"""Webhooks: what a shop tells the app it is connected to, for the topics that are subscribed to.

Payloads have the REST form: numeric ids beside the global one, lower-case statuses. Each is signed over the bytes that are sent.
"""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from infra.local.sandboxes.deliver import Message, json_body
from infra.local.sandboxes.shopify.shop import PARTNER, Shop, now
from infra.local.sandboxes.shopify.state import Fulfillment, Hold, Line, Order, Refund, Return, Transaction, Work
from stopship.adapters.shopify.connection import API_VERSION
from stopship.adapters.shopify.gid import gid

WEBHOOK_PATH = "/webhooks/shopify"
TOPICS = ("orders/cancelled", "refunds/create", "fulfillments/create")
PRIVACY = ("customers/data_request", "customers/redact", "shop/redact")
DETAIL_TYPE = "shopifyWebhook"


def sign(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def emit(shop: Shop, topic: str, order_ref: str, payload: Mapping[str, Any]) -> None:
    """Over HTTPS; or, with the setting "bus", to that event source. Traps on "webhook": silent loses it, late sends it so many seconds
    later."""
    if topic not in (*shop.setting("topics", TOPICS), *PRIVACY):
        return
    trap = shop.base.traps.take(order_ref, "webhook")
    if trap and trap.kind == "silent":
        return
    headers = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": shop.setting("shop", f"{shop.merchant}.myshopify.com"),
        "X-Shopify-API-Version": API_VERSION,
        "X-Shopify-Event-Id": str(uuid.uuid4()),
        "X-Shopify-Triggered-At": now(),
    }
    message = _message(shop, topic, payload, headers)
    message.delay = trap.seconds if trap and trap.kind == "late" else 0.0
    shop.base.deliver.send(message)


def _message(shop: Shop, topic: str, payload: Mapping[str, Any], headers: dict[str, str]) -> Message:
    """On the bus the headers are metadata, and nothing is signed."""
    name = uuid.uuid4()
    headers = {**headers, "X-Shopify-Webhook-Id": str(name)}
    bus = shop.setting("bus", "")
    if not bus:
        body = json_body(payload)
        return Message(PARTNER, shop.merchant, topic, WEBHOOK_PATH, body, headers, message_id=name.hex)
    body = json_body({"payload": payload, "metadata": {"Content-Type": "application/json", **headers}})
    return Message(PARTNER, shop.merchant, DETAIL_TYPE, "", body, bus=bus, message_id=name.hex)


# ---------------------------------------------------------------------------------------------- topics


def order_cancelled(shop: Shop, order: Order) -> None:
    emit(shop, "orders/cancelled", order.order_ref, _order(order))
    order_updated(shop, order)


def order_created(shop: Shop, order: Order) -> None:
    emit(shop, "orders/create", order.order_ref, _order(order))


def order_updated(shop: Shop, order: Order) -> None:
    emit(shop, "orders/updated", order.order_ref, _order(order))


def order_paid(shop: Shop, order: Order) -> None:
    emit(shop, "orders/paid", order.order_ref, _order(order))


def _order(order: Order) -> dict[str, Any]:
    return {
        "id": int(order.order_ref),
        "admin_graphql_api_id": gid("Order", order.order_ref),
        "name": order.name,
        "cancel_reason": order.cancel_reason or None,
        "cancelled_at": order.cancelled_at or None,
        "created_at": order.created_at,
        "updated_at": now(),
        "currency": order.currency,
        "email": order.email or None,
        "financial_status": order.financial_status.lower(),
        "fulfillment_status": None,
        "tags": ", ".join(order.tags),
        "total_price": str(order.total),
        "total_outstanding": str(order.outstanding),
        "line_items": [_ordered_item(order, line) for line in order.lines],
        "fulfillments": [_fulfillment(order, sent) for sent in order.fulfillments],
        "refunds": [_refund(order, refund) for refund in order.refunds],
    }


def transaction_created(shop: Shop, order: Order, moved: Transaction) -> None:
    """When it has ended, one way or the other: nothing is told of one that is under way."""
    if moved.status in ("SUCCESS", "FAILURE", "ERROR"):
        payload = {**_transaction(order, moved), "created_at": now(), "processed_at": now()}
        emit(shop, "order_transactions/create", order.order_ref, payload)


def disputed(shop: Shop, order: Order, dispute_id: str, status: str, step: str) -> None:
    payload = {
        "id": int(dispute_id),
        "order_id": int(order.order_ref),
        "type": "chargeback",
        "amount": str(order.received),
        "currency": order.currency,
        "reason": "fraudulent",
        "status": status.lower(),
        "initiated_at": now(),
    }
    emit(shop, f"disputes/{step}", order.order_ref, payload)


def returned(shop: Shop, order: Order, made: Return, step: str) -> None:
    """Of the order some of them carry the number only, others an object."""
    payload: dict[str, Any] = {
        "id": int(made.return_id),
        "admin_graphql_api_id": gid("Return", made.return_id),
        "status": made.status.lower(),
    }
    if step in ("cancel", "close", "reopen"):
        payload["order_id"] = int(order.order_ref)
    else:
        payload["order"] = {"id": int(order.order_ref), "admin_graphql_api_id": gid("Order", order.order_ref)}
    emit(shop, f"returns/{step}", order.order_ref, payload)


def privacy(shop: Shop, topic: str, customer_id: str, orders: Sequence[str]) -> None:
    """Shopify sends them to every app, subscribed or not."""
    payload: dict[str, Any] = {"shop_id": 954889, "shop_domain": shop.setting("shop", f"{shop.merchant}.myshopify.com")}
    if topic != "shop/redact":
        address = next((shop.orders[x].email for x in orders if x in shop.orders), "somebody@example.com")
        payload["customer"] = {"id": int(customer_id or 0), "email": address, "phone": "555-625-1199"}
        name = "orders_requested" if topic == "customers/data_request" else "orders_to_redact"
        payload[name] = [int(x) for x in orders]
    if topic == "customers/data_request":
        payload["data_request"] = {"id": int(shop.next())}
    emit(shop, topic, orders[0] if orders else "", payload)


def refund_created(shop: Shop, order: Order, refund: Refund) -> None:
    """For every refund's record, whether money moved with it or not."""
    emit(shop, "refunds/create", order.order_ref, _refund(order, refund))


def fulfillment_created(shop: Shop, order: Order, sent: Fulfillment) -> None:
    emit(shop, "fulfillments/create", order.order_ref, _fulfillment(order, sent))


def order_edited(shop: Shop, order: Order, edit_id: str, removed: Mapping[str, int]) -> None:
    changes = [{"id": int(line), "delta": quantity} for line, quantity in removed.items()]
    edit = {"id": int(edit_id), "order_id": int(order.order_ref), "committed_at": now()}
    payload = {"order_edit": {**edit, "line_items": {"additions": [], "removals": changes}}}
    emit(shop, "orders/edited", order.order_ref, payload)


def placed_on_hold(shop: Shop, work: Work, hold: Hold) -> None:
    payload = {"fulfillment_order": {"id": _work(work)["id"]}, "fulfillment_hold": _hold(hold)}
    emit(shop, "fulfillment_holds/added", _owner(shop, work), payload)
    if len(work.holds) == 1:
        held = {**_work(work), "fulfillment_holds": [_hold(hold)]}
        payload = {"fulfillment_order": held, "created_fulfillment_hold": _hold(hold)}
        emit(shop, "fulfillment_orders/placed_on_hold", _owner(shop, work), payload)


def hold_released(shop: Shop, work: Work, hold: Hold) -> None:
    payload = {"fulfillment_order": {"id": _work(work)["id"]}, "fulfillment_hold": _hold(hold)}
    emit(shop, "fulfillment_holds/released", _owner(shop, work), payload)


def work_released(shop: Shop, work: Work) -> None:
    """Once, when the last hold is gone."""
    emit(shop, "fulfillment_orders/hold_released", _owner(shop, work), {"fulfillment_order": _work(work)})


def work_moved(shop: Shop, order: Order, old: Work, new: Work, source: str) -> None:
    payload = {
        "original_fulfillment_order": {**_work(old), "assigned_location_id": gid("Location", old.location_id)},
        "moved_fulfillment_order": {**_work(new), "assigned_location_id": gid("Location", new.location_id)},
        "destination_location_id": gid("Location", new.location_id),
        "source_location": {"id": gid("Location", source)},
    }
    emit(shop, "fulfillment_orders/moved", order.order_ref, payload)


def work_split(shop: Shop, order: Order, old: Work, new: Work) -> None:
    payload = {"fulfillment_order": _work(old), "remaining_fulfillment_order": _work(new)}
    emit(shop, "fulfillment_orders/split", order.order_ref, payload)


def work_merged(shop: Shop, order: Order, old: Work, into: Work) -> None:
    intents = [{"fulfillment_order_id": int(x.work_id), "fulfillment_order_line_items": []} for x in (into, old)]
    payload = {"merge_intents": intents, "fulfillment_order_merges": {"fulfillment_order": _work(into)}}
    emit(shop, "fulfillment_orders/merged", order.order_ref, payload)


def work_replaced(shop: Shop, order: Order, old: Work, new: Work) -> None:
    payload = {"fulfillment_order": _work(old), "replacement_fulfillment_order": _work(new)}
    emit(shop, "fulfillment_orders/cancelled", order.order_ref, payload)


def progress_reported(shop: Shop, order: Order, work: Work, before: str) -> None:
    payload = {
        "fulfillment_order": _work(work),
        "progress_report": {"reason_notes": "picking"},
        "initial_status": before.lower(),
    }
    emit(shop, "fulfillment_orders/progress_reported", order.order_ref, payload)


def service_failed(shop: Shop, order: Order, work: Work, message: str) -> None:
    payload = {"fulfillment_order": _work(work), "message": message}
    emit(shop, "fulfillment_orders/fulfillment_service_failed_to_complete", order.order_ref, payload)


def cancellation_request(shop: Shop, order: Order, work: Work, step: str) -> None:
    """``step`` is submitted, accepted or rejected."""
    asked = work.requests[-1]
    payload: dict[str, Any] = {"fulfillment_order": _work(work), "message": asked["message"]}
    if step == "submitted":
        request = {"id": gid("FulfillmentOrderMerchantRequest", asked["id"]), "message": asked["message"]}
        payload = {"fulfillment_order": _work(work), "fulfillment_order_merchant_request": request}
    emit(shop, f"fulfillment_orders/cancellation_request_{step}", order.order_ref, payload)


def _owner(shop: Shop, work: Work) -> str:
    return shop.order_behind(gid("FulfillmentOrder", work.work_id))


# ---------------------------------------------------------------------------------------------- parts


def _work(work: Work) -> dict[str, Any]:
    return {"id": gid("FulfillmentOrder", work.work_id), "status": work.status.lower()}


def _hold(hold: Hold) -> dict[str, Any]:
    return {
        "id": gid("FulfillmentHold", hold.hold_id),
        "reason": hold.reason.lower(),
        "reason_notes": hold.notes,
        "handle": hold.handle,
        "held_by_requesting_app": hold.ours,
    }


def _line_item(line: Line, quantity: int) -> dict[str, Any]:
    return {
        "id": int(line.line_id),
        "admin_graphql_api_id": gid("LineItem", line.line_id),
        "sku": line.sku,
        "quantity": quantity,
        "price": line.price,
        "requires_shipping": line.requires_shipping,
    }


def _ordered_item(order: Order, line: Line) -> dict[str, Any]:
    left = sum(work.left.get(line.line_id, 0) for work in order.works)
    served = any(work.by_service and line.line_id in work.lines for work in order.works)
    service = "sandbox-service" if served else "manual"
    more = {"current_quantity": line.current, "fulfillable_quantity": left, "fulfillment_service": service}
    return {**_line_item(line, line.quantity), **more}


def _line_items(order: Order, quantities: Mapping[str, int]) -> list[dict[str, Any]]:
    return [_line_item(line, quantities[line.line_id]) for line in order.lines if line.line_id in quantities]


def _fulfillment(order: Order, sent: Fulfillment) -> dict[str, Any]:
    return {
        "id": int(sent.fulfillment_id),
        "order_id": int(order.order_ref),
        "admin_graphql_api_id": gid("Fulfillment", sent.fulfillment_id),
        "name": f"{order.name}.{order.fulfillments.index(sent) + 1}",
        "status": sent.status.lower(),
        "shipment_status": sent.shipment_status or None,
        "created_at": sent.created_at,
        "updated_at": sent.in_transit_at or sent.created_at,
        "tracking_number": sent.tracking or None,
        "tracking_numbers": [sent.tracking] if sent.tracking else [],
        "line_items": _line_items(order, sent.lines),
    }


def _refund(order: Order, refund: Refund) -> dict[str, Any]:
    rows = [
        {
            "id": int(f"{refund.refund_id}{place}"),
            "line_item_id": item["id"],
            "quantity": refund.lines[str(item["id"])],
            "restock_type": refund.restock,
            "line_item": {**item, "quantity": _ordered(order, str(item["id"]))},
        }
        for place, item in enumerate(_line_items(order, refund.lines))
    ]
    return {
        "id": int(refund.refund_id),
        "admin_graphql_api_id": gid("Refund", refund.refund_id),
        "order_id": int(order.order_ref),
        "created_at": refund.created_at,
        "processed_at": refund.created_at,
        "note": refund.note or None,
        "restock": refund.restock in ("cancel", "return", "legacy_restock"),
        "refund_line_items": rows,
        "transactions": [_transaction(order, t) for t in order.transactions if t.transaction_id in refund.transactions],
    }


def _ordered(order: Order, line_id: str) -> int:
    found = order.line(line_id)
    return found.quantity if found else 0


def _transaction(order: Order, moved: Transaction) -> dict[str, Any]:
    return {
        "id": int(moved.transaction_id),
        "admin_graphql_api_id": gid("OrderTransaction", moved.transaction_id),
        "order_id": int(order.order_ref),
        "kind": moved.kind.lower(),
        "status": moved.status.lower(),
        "amount": moved.amount,
        "currency": order.currency,
        "gateway": moved.gateway,
        "parent_id": int(moved.parent_id) if moved.parent_id else None,
    }
