"""Proving that a message over HTTPS is Shopify's."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from stopship.domain.errors import NotAuthentic


def verify(body: bytes, header: str, secrets: Sequence[str]) -> None:
    """``header`` is X-Shopify-Hmac-SHA256: base64 of the HMAC-SHA256 of the raw body. While the app's secret is rotated either
    one signs, for up to an hour (shopify.dev, "Verify deliveries"). Raises NotAuthentic."""
    fits = False
    for secret in secrets:
        expected = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
        # Every secret is compared, so that the time taken says nothing about which one came close.
        fits |= hmac.compare_digest(expected, header.strip().encode())
    if not fits:
        raise NotAuthentic
