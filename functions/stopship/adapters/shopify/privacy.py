"""The three privacy webhooks that Shopify sends to every app (shopify.dev, "Privacy law compliance").

What they ask for cannot be undone, and only the body is signed: neither the topic nor the shop in the headers is. So the body must have exactly
the form of its topic, and name the shop itself.
"""

from collections.abc import Callable
from typing import Any

from stopship.adapters.shopify import payloads
from stopship.adapters.shopify.mapping import CHANNEL
from stopship.adapters.shopify.people import people
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput
from stopship.domain.privacy import Duty, Person, PrivacyRequest

_DUTIES = {
    "customers/data_request": (Duty.NAME, "orders_requested"),
    "customers/redact": (Duty.ERASE_CUSTOMER, "orders_to_redact"),
    "shop/redact": (Duty.ERASE_SHOP, ""),
}
_ABOUT_ONE_CUSTOMER = ("customer", "orders_requested", "orders_to_redact", "data_request")

type Route = Callable[[str], str]
"""Whose a shop's domain is. Raises NotFound."""
type Subject = Callable[[Person], str]
"""Under what the evidence of somebody is listed."""


def read_privacy(message: IntakeMessage, body: bytes, route: Route, subject: Subject) -> PrivacyRequest:
    """Raises InvalidInput for a body that is another topic's, or another shop's."""
    payload = payloads.parse(body)
    duty, orders = _DUTIES[message.topic]
    if route(str(payload.get("shop_domain") or "none")) != message.merchant:
        raise InvalidInput("shop_domain", "is another shop's", "look who sent it")
    if duty is Duty.ERASE_SHOP:
        if any(name in payload for name in _ABOUT_ONE_CUSTOMER):
            raise InvalidInput("body", f"is about one customer, and the topic is {message.topic}", "look who sent it")
        return _request(message, duty, "", (), ())
    if not isinstance(payload.get(orders), list) or not isinstance(payload.get("customer"), dict):
        raise InvalidInput("body", f"has not the form of {message.topic}", "look who sent it")
    known_by = people({"customer": payload["customer"]})
    numbers = tuple(map(payloads.numbered, payload[orders]))
    return _request(message, duty, _customer(payload["customer"]), numbers, tuple(map(subject, known_by)))


def _customer(customer: dict[str, Any]) -> str:
    """A customer without an account has no id, and is known by his orders only."""
    found = customer.get("id")
    return str(found) if isinstance(found, int) and not isinstance(found, bool) and found > 0 else ""


def _request(
    message: IntakeMessage, duty: Duty, customer: str, order_refs: tuple[str, ...], known_by: tuple[str, ...]
) -> PrivacyRequest:
    return PrivacyRequest(
        merchant=message.merchant,
        channel=CHANNEL,
        source=message.source,
        topic=message.topic,
        delivery_id=message.delivery_id,
        duty=duty,
        customer=customer,
        order_refs=order_refs,
        evidence_key=message.evidence_key,
        raw_sha256=message.raw_sha256,
        received_at=message.received_at,
        people=known_by,
    )
