"""Who sent a ticket, and when: the header ``X-Stopship-Signature`` of the contract."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final

from stopship.domain.errors import NotAuthentic
from stopship.domain.instant import parse

TOLERANCE_SECONDS: Final = 300


def sign(body: bytes, secret: str, seconds: int) -> str:
    """The header's value for a body sent at that Unix time."""
    return f"t={seconds},v1={_mac(body, secret, seconds)}"


def verify(body: bytes, header: str, secrets: Sequence[str], now: str) -> None:
    """Raises NotAuthentic for a wrong, old, early or unreadable signature, without saying which."""
    found = re.fullmatch(r"t=([0-9]{1,11})((?:, ?v1=[0-9a-f]{64}){1,4})", header.strip(), re.ASCII)
    if not found:
        raise NotAuthentic
    seconds, given = int(found[1]), re.findall(r"[0-9a-f]{64}", found[2])
    fits = False
    for secret in secrets:
        for one in given:
            # Every pair is compared, so that the time taken says nothing about which one came close.
            fits |= hmac.compare_digest(_mac(body, secret, seconds), one)
    if not fits or abs(parse(now).timestamp() - seconds) > TOLERANCE_SECONDS:
        raise NotAuthentic


def _mac(body: bytes, secret: str, seconds: int) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
