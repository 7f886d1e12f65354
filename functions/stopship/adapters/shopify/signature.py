"""Proving that a message over HTTPS is Shopify's."""

from collections.abc import Sequence

from stopship.adapters import body_signature


def verify(body: bytes, header: str, secrets: Sequence[str]) -> None:
    """``header`` is X-Shopify-Hmac-SHA256: base64 of the HMAC-SHA256 of the raw body. While the app's secret is rotated either
    one signs, for up to an hour (shopify.dev, "Verify deliveries"). Raises NotAuthentic."""
    body_signature.verify(body, header, secrets)
