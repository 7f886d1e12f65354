"""What a ShipHero account holds: orders with lines, what lies in totes, labels."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


def now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


@dataclass(slots=True)
class Line:
    """``totes`` are the pieces picked, one entry for each tote; an entry of 0 is a tote that waits for its first piece."""

    line_id: int
    partner_id: str
    sku: str
    quantity: int
    shipped: int = 0
    cancelled: bool = False
    totes: list[int] = field(default_factory=list)

    @property
    def pending(self) -> int:
        return 0 if self.cancelled else self.quantity - self.shipped


@dataclass(slots=True)
class Label:
    label_id: int
    tracking: str
    lines: dict[str, int]
    picked_up: bool = False
    delivered: bool = False
    refunded: bool = False
    carrier: str = "ups"


@dataclass(slots=True)
class Order:
    """``history`` is what the order's history says, oldest first. ``leg_id`` is what the store calls this piece of work, for its connector."""

    order_id: int
    order_ref: str
    number: str
    lines: list[Line]
    status: str = "pending"
    ready: bool = True
    holds: dict[str, bool] = field(default_factory=dict)
    labels: list[Label] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    packed: bool = False
    leg_id: str = ""

    @property
    def uuid(self) -> str:
        return uuid_of("Order", self.order_id)

    @property
    def cancelled(self) -> bool:
        return self.status in ("canceled", "cancelled")

    @property
    def valid_labels(self) -> list[Label]:
        return [label for label in self.labels if not label.refunded]


def uuid_of(kind: str, number: int) -> str:
    """ShipHero's ids are the base64 of "Kind:number"."""
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


def order_from(raw: dict[str, Any]) -> Order:
    lines = [Line(**line) for line in raw["lines"]]
    return Order(**{**raw, "lines": lines, "labels": [Label(**label) for label in raw["labels"]]})
