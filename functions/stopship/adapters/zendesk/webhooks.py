"""What Zendesk sends of its own accord: proving that it is Zendesk, and which ticket it is about.

A trigger's webhook sends the body that the merchant wrote, {"ticket_id": "{{ticket.id}}"}; one that subscribes to ticket events sends
Zendesk's own, {"type": "zen:event-type:ticket...", "detail": {"id": ...}}.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from stopship.domain.errors import InvalidInput, NotAuthentic
from stopship.domain.instant import parse

ACCOUNT: Final = "X-Zendesk-Account-Id"
INVOCATION: Final = "X-Zendesk-Webhook-Invocation-Id"
SIGNATURE: Final = "X-Zendesk-Webhook-Signature"
TIMESTAMP: Final = "X-Zendesk-Webhook-Signature-Timestamp"
TICKET_EVENT: Final = "zen:event-type:ticket."
TOLERANCE_SECONDS: Final = 600
"""Zendesk names no limit. It repeats a failed call up to three times, and a replay within the limit changes nothing."""


def sign(body: bytes, timestamp: str, secret: str) -> str:
    """base64(HMAC-SHA256(timestamp + body)) (developer.zendesk.com, "Verifying webhooks")."""
    return base64.b64encode(hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()).decode()


def verify(body: bytes, signature: str, timestamp: str, secrets: Sequence[str], now: str) -> None:
    """``secrets`` are the signing secrets of the merchant's webhooks, each has its own. Raises NotAuthentic for a wrong, old, early or
    unreadable signature, without saying which."""
    fits = False
    for secret in secrets:
        # Every secret is compared, so that the time taken says nothing about which one came close.
        fits |= hmac.compare_digest(sign(body, timestamp, secret).encode(), signature.strip().encode())
    if not fits or not _is_of_now(timestamp, now):
        raise NotAuthentic


def _is_of_now(timestamp: str, now: str) -> bool:
    try:
        sent = parse(timestamp)
    except ValueError:
        return False
    return abs((parse(now) - sent).total_seconds()) <= TOLERANCE_SECONDS


def ticket_id(body: Mapping[str, Any]) -> str:
    """Raises InvalidInput for a body that names no ticket."""
    detail, is_event = body.get("detail"), str(body.get("type", "")).startswith(TICKET_EVENT)
    found = detail.get("id") if is_event and isinstance(detail, Mapping) else body.get("ticket_id")
    text = str(found) if isinstance(found, int | str) and not isinstance(found, bool) else ""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise InvalidInput("ticket_id", "is missing or no number", 'send {"ticket_id": "{{ticket.id}}"}')
    return text
