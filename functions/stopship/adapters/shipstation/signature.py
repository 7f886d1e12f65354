"""Who sent a webhook, and when: RSA-SHA256 (PKCS #1 v1.5) over "<time>.<raw body>" (ShipStation, "Webhook Validation").

The keys are those of the vendor's JWKS address. They stand in the merchant's configuration, so that no call is made while a webhook waits.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from stopship.domain.errors import NotAuthentic
from stopship.domain.instant import parse

KEY_ID, SIGNATURE = "x-shipengine-rsa-sha256-key-id", "x-shipengine-rsa-sha256-signature"
TIMESTAMP = "x-shipengine-timestamp"
TOLERANCE_SECONDS = 300
LEAST_BITS = 2048
SHA256_PREFIX: Final = bytes.fromhex("3031300d060960864801650304020105000420")
"""DigestInfo of SHA-256 (RFC 8017, 9.2, note 1)."""


def verify(
    key_id: str, timestamp: str, body: bytes, signature: str, keys: Mapping[str, Mapping[str, str]], now: str
) -> None:
    """``keys`` are public JWKs (n, e) by key id. Raises NotAuthentic for a wrong, old, early or unreadable signature."""
    key = keys.get(key_id)
    try:
        given = base64.b64decode(signature, validate=True)
        age = parse(now) - parse(timestamp)
    except (binascii.Error, ValueError) as error:
        raise NotAuthentic from error
    if key is None or abs(age.total_seconds()) > TOLERANCE_SECONDS or not _fits(given, timestamp, body, key):
        raise NotAuthentic


def encoded(message: bytes, size: int) -> bytes:
    """The one padded form of a message's hash that so many bytes hold (EMSA-PKCS1-v1_5): it is built and compared whole, never parsed."""
    tail = SHA256_PREFIX + hashlib.sha256(message).digest()
    return b"\x00\x01" + b"\xff" * (size - len(tail) - 3) + b"\x00" + tail


def number(text: str) -> int:
    """A JWK's base64url number."""
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def _fits(given: bytes, timestamp: str, body: bytes, key: Mapping[str, str]) -> bool:
    modulus, exponent = number(key["n"]), number(key["e"])
    size = (modulus.bit_length() + 7) // 8
    value = int.from_bytes(given)
    if modulus.bit_length() < LEAST_BITS or len(given) != size or value >= modulus:
        return False
    opened = pow(value, exponent, modulus).to_bytes(size)
    return hmac.compare_digest(opened, encoded(f"{timestamp}.".encode() + body, size))
