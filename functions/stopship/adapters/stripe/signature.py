"""Who sent an event: the Stripe-Signature header (docs.stripe.com/webhooks/signature).

``t=<unix seconds>,v1=<hex>[,v1=<hex>...]``: each v1 is the HMAC-SHA256, under one of the endpoint's secrets, of ``"<t>."`` followed by the raw
body. While a secret is being rolled Stripe signs with both. ``v0`` is of test events and proves nothing.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from stopship.domain.errors import NotAuthentic
from stopship.domain.instant import parse

HEADER: Final = "Stripe-Signature"
TOLERANCE_SECONDS: Final = 300


def verify(payload: bytes, header: str, secrets: Sequence[str], now: str) -> None:
    """Raises NotAuthentic for a wrong, old, early or unreadable signature, without saying which."""
    seconds, given = _read(header)
    fits = False
    for secret in secrets:
        expected = hmac.new(secret.encode(), f"{seconds}.".encode() + payload, hashlib.sha256).hexdigest()
        for one in given:
            # Every pair is compared, so that the time taken says nothing about which secret or signature came close.
            fits |= hmac.compare_digest(expected.encode(), one.encode())
    if not fits or abs(parse(now).timestamp() - seconds) > TOLERANCE_SECONDS:
        raise NotAuthentic


def _read(header: str) -> tuple[int, list[str]]:
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) <= 11):
        raise NotAuthentic
    return int(times[0]), [value for name, _, value in parts if name == "v1"]
