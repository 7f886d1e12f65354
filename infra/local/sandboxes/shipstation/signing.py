"""How ShipStation signs a webhook: RSA-SHA256 (PKCS #1 v1.5) over "<time>.<raw body>" ("Webhook Validation")."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime

from stopship.adapters.shipstation.signature import KEY_ID, SIGNATURE, TIMESTAMP, encoded, number


def sign(body: bytes, key: Mapping[str, str]) -> dict[str, str]:
    """``key`` is a private JWK: kid, n, d."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    modulus, private = number(key["n"]), number(key["d"])
    size = (modulus.bit_length() + 7) // 8
    signed = pow(int.from_bytes(encoded(f"{at}.".encode() + body, size)), private, modulus).to_bytes(size)
    return {KEY_ID: key["kid"], TIMESTAMP: at, SIGNATURE: base64.b64encode(signed).decode()}
