"""Stripe's objects as it writes them; nothing of a customer's is in them."""

from typing import Any

from infra.local.sandboxes.stripe.state import Intent, Refund, new_id, now

VERSION = "2025-09-30.clover"


def intent_body(one: Intent) -> dict[str, Any]:
    received = one.captured if one.status in ("succeeded", "requires_capture") else 0
    return {
        "id": one.intent_id,
        "object": "payment_intent",
        "amount": one.amount,
        "amount_capturable": one.capturable,
        "amount_received": received,
        "canceled_at": now() if one.status == "canceled" else None,
        "cancellation_reason": one.cancellation_reason or None,
        "capture_method": "manual" if one.authorized and not one.final else "automatic",
        "client_secret": None,
        "confirmation_method": "automatic",
        "created": one.created,
        "currency": one.currency,
        "latest_charge": one.charge_id if one.authorized else None,
        "livemode": False,
        "metadata": one.metadata,
        "payment_method_types": ["card"],
        "status": one.status,
    }


def charge_body(one: Intent) -> dict[str, Any]:
    return {
        "id": one.charge_id,
        "object": "charge",
        "amount": one.authorized,
        "amount_captured": one.captured,
        "amount_refunded": one.refunded,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None},
        "captured": one.captured > 0,
        "created": one.created,
        "currency": one.currency,
        "disputed": bool(one.dispute),
        "livemode": False,
        "metadata": one.metadata,
        "paid": True,
        "payment_intent": one.intent_id,
        "refunded": one.refunded >= one.authorized,
        "status": "pending" if one.status == "processing" else "succeeded",
    }


def refund_body(one: Refund, intent: Intent) -> dict[str, Any]:
    moved = one.status == "succeeded" and not one.release
    body: dict[str, Any] = {
        "id": one.refund_id,
        "object": "refund",
        "amount": one.amount,
        "balance_transaction": f"txn_{one.refund_id.removeprefix('re_')}" if moved else None,
        "charge": intent.charge_id,
        "created": one.created,
        "currency": intent.currency,
        "metadata": one.metadata,
        "payment_intent": intent.intent_id,
        "reason": one.reason or None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": one.status,
        "transfer_reversal": None,
    }
    return {**body, "failure_reason": one.failure_reason} if one.failure_reason else body


def dispute_body(one: Intent) -> dict[str, Any]:
    return {
        "id": f"dp_{one.charge_id.removeprefix('ch_')}",
        "object": "dispute",
        "amount": one.captured,
        "balance_transactions": [],
        "charge": one.charge_id,
        "created": one.created,
        "currency": one.currency,
        "evidence": {},
        "evidence_details": {"due_by": None, "has_evidence": False, "past_due": False, "submission_count": 0},
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": one.intent_id,
        "reason": "product_not_received",
        "status": one.dispute,
    }


def event_body(kind: str, told: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": new_id("evt"),
        "object": "event",
        "api_version": VERSION,
        "created": now(),
        "data": {"object": told},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def list_body(found: list[dict[str, Any]], path: str, *, more: bool) -> dict[str, Any]:
    return {"object": "list", "data": found, "has_more": more, "url": path}


def search_body(found: list[dict[str, Any]], path: str) -> dict[str, Any]:
    return {"object": "search_result", "data": found, "has_more": False, "next_page": None, "url": path}
