"""Whose orders have a time to be paid in, and where that is seen."""

import json
from collections.abc import Mapping
from typing import Any

from stopship.adapters.merchants import Merchants
from stopship.application.ports import PaymentWatch
from stopship.application.take_in import IntakeMessage
from stopship.domain import instant
from stopship.domain.errors import InvalidInput, NotFound
from stopship.domain.payment_timeout import PaymentTimeout, Verdict, judge
from stopship.domain.request import CancelRequest, Reason, Requester


def rules(merchants: Merchants) -> tuple[dict[str, PaymentTimeout], dict[str, str]]:
    """The limit of every merchant with settings of its own (without them there is none), and whose policy cannot be read, with why."""
    found: dict[str, PaymentTimeout] = {}
    unreadable: dict[str, str] = {}
    for merchant, settings in merchants.all_settings():
        try:
            found[merchant] = _rule(json.loads(settings))
        except (InvalidInput, ValueError) as error:
            unreadable[merchant] = str(error)[:200]
    return found, unreadable


def _rule(settings: Mapping[str, Any]) -> PaymentTimeout:
    from stopship.adapters import policy_file

    return policy_file.effective(str(settings.get("policy", "")))[1].payment_timeout


def payment_watch(merchants: Merchants, merchant: str) -> PaymentWatch:
    """Behind the gate of the merchant's store, with ordinary cases. Raises NotFound for a merchant that sells nowhere where this is seen."""
    from stopship.wiring import connected_partners
    from stopship.wiring.partners import shopify_order_system

    config = merchants.connections(merchant).get("shopify")
    if not config:
        raise NotFound(f"shopify of merchant {merchant}")
    return connected_partners().behind_gate(merchant, "shopify", shopify_order_system(merchant, config))


def read_wish(message: IntakeMessage, body: Mapping[str, Any], merchants: Merchants) -> CancelRequest | None:
    """None when the order was paid, tried again, or is spared by now."""
    payment = payment_watch(merchants, message.merchant).unpaid_order(str(body["order_ref"]))
    if payment is None or payment.epoch != message.delivery_id:
        return None
    rule = _rule(merchants.settings(message.merchant))
    if judge(payment, rule, instant.normal(message.received_at)) is not Verdict.OVERDUE:
        return None
    return CancelRequest(
        merchant=message.merchant,
        channel="shopify",
        order_ref=payment.order_ref,
        reason=Reason.PAYMENT_TIMEOUT,
        requester=Requester.SYSTEM,
        source=message.source,
        delivery_id=message.delivery_id,
        requested_at=message.received_at,
        received_at=message.received_at,
        evidence=(f"shopify:payment:{payment.epoch}:{payment.state}",),
        raw_sha256=message.raw_sha256,
    )
