"""Names that are derived, never drawn: the same case, leg and action always give the same key."""

import base64
import hashlib
from typing import Final

UNMATCHED: Final = "unmatched"
"""Stands for the channel of a case that is of no order: a message that nobody could match, or a duty of privacy."""


def _short(*parts: str) -> str:
    raw = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return base64.b32encode(raw).decode().lower()[:20]


def case_id(merchant: str, channel: str, order_ref: str, sequence: int) -> str:
    """The id of the n-th case on an order. A redelivered wish derives the same id instead of opening a second case."""
    return f"case-{_short(merchant, channel, order_ref, str(sequence))}"


def action_key(case: str, leg: str, action: str, *more: str) -> str:
    """The idempotency key of one effect. Partners see it as Idempotency-Key; the ledger as the fact's key."""
    return ":".join((case, leg or "-", action, *more))


def exception_id(case: str, leg: str, cause: str, occurrence: int) -> str:
    return f"exc-{_short(case, leg, cause, str(occurrence))}"


def money_key(merchant: str, channel: str, order_ref: str, kind: str, target: str) -> str:
    """The permanent key of one payment effect: it outlives any provider's own key window."""
    return f"money-{_short(merchant, channel, order_ref, kind, target)}"


def outage_id(merchant: str, partner: str, since: float) -> str:
    return f"outage-{_short(merchant, partner, str(since))}"
