"""From Stripe's kept events to signals. The door has proved the sender.

What a refund's event says is never taken for the refund: a move is read back under its key. The signal puts it on the order's case.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from stopship.adapters.stripe.amounts import from_minor
from stopship.adapters.stripe.mapping import CHANNEL_FIELD, KEY_FIELD, ORDER_FIELD, REFUND_STATES, word
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput
from stopship.domain.instant import text
from stopship.domain.money import MoveState
from stopship.domain.signal import Signal, SignalKind

# charge.refunded tells only that some refund was made; the refund's own events say which and how it ended.
REFUND_EVENTS: Final = frozenset({"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"})

type OrderOf = Callable[[str], str]
"""The order's reference on a PaymentIntent, "" when it carries none."""


def read_event(body: Mapping[str, Any]) -> tuple[str, str]:
    """(id, type). Raises InvalidInput for what is not an event."""
    found = body.get("id"), body.get("type")
    if body.get("object") != "event" or not all(isinstance(x, str) and x for x in found):
        raise InvalidInput("body", "is not an event of Stripe's", "send snapshot events to this address")
    return str(found[0]), str(found[1])


def said(body: bytes) -> object:
    """What an event says. How many deliveries are still to be made stands in it too, and changes from one to the next."""
    event = json.loads(body)
    return event.get("type"), event.get("data")


def normalise(message: IntakeMessage, event: Mapping[str, Any], channel: str, order_of: OrderOf) -> Signal | None:
    """None for another kind of event, and for a refund of no order of ours. Raises InvalidInput naming the field."""
    _, kind = read_event(event)
    if kind not in REFUND_EVENTS:
        return None
    refund = _at(_at(event, "data", dict), "object", dict)
    if refund.get("object") != "refund":
        raise InvalidInput("data.object.object", f"is no refund in a {kind}")
    metadata = refund.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise InvalidInput("data.object.metadata", "is not an object")
    order_ref = str(metadata.get(ORDER_FIELD, "")) or _of_payment(refund, order_of)
    if not order_ref:
        return None
    currency = str(refund.get("currency") or "").upper() if isinstance(refund.get("amount"), int) else ""
    return Signal(
        merchant=message.merchant,
        channel=str(metadata.get(CHANNEL_FIELD, "")) or channel,
        source=message.source,
        topic=kind,
        delivery_id=message.delivery_id,
        order_ref=order_ref,
        leg_id="",
        kind=SignalKind.REFUND_SEEN,
        occurred_at=_moment(_at(event, "created", int)),
        received_at=message.received_at,
        reference=_at(refund, "id", str),
        raw_sha256=message.raw_sha256,
        origin_key=str(metadata.get(KEY_FIELD, "")),
        failure=_failure(refund),
        amount=str(from_minor(refund["amount"], currency)) if currency else "",
        currency=currency,
    )


def _of_payment(refund: Mapping[str, Any], order_of: OrderOf) -> str:
    """A refund that somebody else made names the PaymentIntent only; one of a bare charge is of no order that we know."""
    intent = refund.get("payment_intent")
    if intent is None:
        return ""
    if not isinstance(intent, str) or not re.fullmatch(r"pi_\w{1,100}", intent):
        raise InvalidInput("data.object.payment_intent", "is not the id of a PaymentIntent")
    return order_of(intent)


def _failure(refund: Mapping[str, Any]) -> str:
    if REFUND_STATES.get(str(refund.get("status"))) is not MoveState.FAILED:
        return ""
    return word(str(refund.get("failure_reason") or refund["status"]))


def _moment(seconds: int) -> str:
    try:
        return text(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, ValueError, OSError) as error:
        raise InvalidInput("created", "names no moment") from error


def _at[T](value: Mapping[str, Any], name: str, kind: type[T]) -> T:
    found = value.get(name)
    if not isinstance(found, kind) or isinstance(found, bool):
        raise InvalidInput(name, "is missing or of another type")
    return found
