"""What really took effect in the partners' systems. Reads and refused calls leave no entry, so that two entries mean that it acted twice."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One effect. ``key`` is the caller's idempotency key, "" where the partner's contract has none."""

    partner: str
    merchant: str
    operation: str
    order_ref: str
    key: str
    at: str
    detail: dict[str, Any] = field(default_factory=dict)


class Journal:
    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def write(
        self,
        partner: str,
        merchant: str,
        operation: str,
        order_ref: str,
        key: str = "",
        detail: dict[str, Any] | None = None,
    ) -> None:
        at = datetime.now(UTC).isoformat()
        self._entries.append(Entry(partner, merchant, operation, order_ref, key, at, detail or {}))

    def entries(
        self, partner: str | None = None, merchant: str | None = None, order_ref: str | None = None
    ) -> list[Entry]:
        """Effects in the order in which they happened; None leaves a field open."""
        return [
            entry
            for entry in self._entries
            if partner in (None, entry.partner)
            and merchant in (None, entry.merchant)
            and order_ref in (None, entry.order_ref)
        ]

    def save(self) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self._entries]

    def restore(self, saved: list[dict[str, Any]]) -> None:
        self._entries = [Entry(**raw) for raw in saved]
