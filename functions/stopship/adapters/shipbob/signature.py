"""Who sent a webhook, and when: the Standard Webhooks scheme (ShipBob, "Webhooks").

``webhook-signature`` is a list, separated by spaces, of ``v1,<base64>``: HMAC-SHA256 of "<webhook-id>.<webhook-timestamp>.<raw body>" under
the base64 part of a secret ``whsec_<base64>``. Where secrets rotate, a receiver accepts either.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from stopship.domain.errors import NotAuthentic
from stopship.domain.instant import parse

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE_SECONDS = 300
PREFIX = "whsec_"


def sign(message_id: str, seconds: int, body: bytes, secret: str) -> str:
    """One signature, as it stands in the header."""
    content = f"{message_id}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(_key(secret), content, hashlib.sha256).digest()).decode()


def verify(message_id: str, timestamp: str, body: bytes, header: str, secrets: Sequence[str], now: str) -> None:
    """Raises NotAuthentic for a wrong, old, early or unreadable signature, without saying which."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        raise NotAuthentic
    fits = False
    for secret in secrets:
        expected = sign(message_id, int(timestamp), body, secret)
        for given in header.split():
            # Every pair is compared, so that the time taken says nothing about which came close.
            fits |= hmac.compare_digest(expected.encode(), given.encode())
    if not fits or abs(parse(now).timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise NotAuthentic


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise NotAuthentic from error
