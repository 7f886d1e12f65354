"""The signature that several partners put on a webhook: base64 of the raw body's HMAC-SHA256."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from stopship.domain.errors import NotAuthentic


def verify(body: bytes, header: str, secrets: Sequence[str]) -> None:
    """Any of ``secrets`` may have signed. Raises NotAuthentic."""
    fits = False
    for secret in secrets:
        expected = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
        # Every secret is compared, so that the time taken says nothing about which one came close.
        fits |= hmac.compare_digest(expected, header.strip().encode())
    if not fits:
        raise NotAuthentic
