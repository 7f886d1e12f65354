"""Who sent this, and when: the signature of every message in either direction.

Header ``X-Stopship-Signature: t=<unix seconds>,v1=<hex>[,v1=<hex>...]``, where each v1 is the HMAC-SHA256, under one shared secret,
of ``"<t>."`` followed by the raw body. A request without a body signs its target (path and query) instead. While a secret is
being replaced a sender may sign with both, and a receiver accepts either.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime

from stopship.domain.errors import NotAuthentic
from stopship.domain.instant import parse

HEADER = "X-Stopship-Signature"
TOLERANCE_SECONDS = 300


def sign(payload: bytes, secrets: Sequence[str], now: str) -> str:
    """The header's value for a payload sent at ``now``, one v1 per secret."""
    seconds = int(parse(now).timestamp())
    return ",".join([f"t={seconds}", *(f"v1={_mac(payload, secret, seconds)}" for secret in secrets)])


def verify(payload: bytes, header: str, secrets: Sequence[str], now: str) -> str:
    """Gives the moment of signing. Raises NotAuthentic for a wrong, old, early or unreadable signature, without saying which."""
    seconds, given = _read(header)
    fits = False
    for secret in secrets:
        expected = _mac(payload, secret, seconds)
        for one in given:
            # Every pair is compared, so that the time taken says nothing about which secret or signature came close.
            fits |= hmac.compare_digest(expected.encode(), one.encode())
    if not fits or abs(parse(now).timestamp() - seconds) > TOLERANCE_SECONDS:
        raise NotAuthentic
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _mac(payload: bytes, secret: str, seconds: int) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + payload, hashlib.sha256).hexdigest()


def _read(header: str) -> tuple[int, list[str]]:
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) <= 11):
        raise NotAuthentic
    return int(times[0]), [value for name, _, value in parts if name == "v1"]
