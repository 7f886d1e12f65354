"""Shopify's webhooks as they come over EventBridge: {"source", "detail": {"payload": {...}, "metadata": {header: value}}}.

There is no signature on them: only Shopify can put an event on its partner bus (Amazon EventBridge user guide, partner event sources), so
that the bus is the proof, and the shop in the metadata says whose it is.
"""

import json
from collections.abc import Mapping
from typing import Any

from stopship.adapters.merchants import Merchants
from stopship.application.take_in import UNROUTED
from stopship.contract import SHOPIFY_SOURCE_PREFIX
from stopship.domain import instant
from stopship.domain.errors import NotFound

SOURCE = "shopify"


def envelope(event: Mapping[str, Any], merchants: Merchants) -> dict[str, str]:
    """Who it is for, by the shop's domain, its topic, and its id for de-duplication."""
    headers = {str(name).lower(): str(value) for name, value in _object(_object(event, "detail"), "metadata").items()}
    shop, topic = headers.get("x-shopify-shop-domain", ""), headers.get("x-shopify-topic", "")
    try:
        merchant, why = merchants.route(SOURCE, shop or "none"), ""
    except NotFound:
        merchant, why = UNROUTED, "unknown shop"
    if not topic:
        why = why or "no topic in its metadata"
    return {
        "merchant": merchant,
        "source": SOURCE,
        "topic": topic,
        "delivery_id": headers.get("x-shopify-webhook-id") or str(event.get("id", "")),
        "received_at": instant.normal(str(event["time"])),
        "why": why,
    }


def payload_of(body: bytes) -> bytes:
    """The webhook's own body: of a message that came over the bus its payload, else all of it. What is no JSON is left to its reader."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(told, dict) or not str(told.get("source", "")).startswith(SHOPIFY_SOURCE_PREFIX):
        return body
    return json.dumps(_object(told, "detail").get("payload")).encode()


def said(body: bytes) -> object:
    """What Shopify says in a message, by whichever way it came: the bus puts another envelope around a repeat."""
    payload = payload_of(body)
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return payload


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}
