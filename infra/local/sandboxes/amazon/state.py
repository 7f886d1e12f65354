"""What Amazon keeps for one seller: orders with their items, and feeds."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Item:
    item_id: str
    sku: str
    quantity: int
    price: str
    shipped: int = 0
    cancelled_by: str = ""
    asked_by: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    """More of its price by kind: SHIPPING, GIFT_WRAP, TAX_ITEM, TAX_SHIPPING, DISCOUNT, ..."""


@dataclass(slots=True)
class Paid:
    """One item's refund. ``visible_at`` is when the Finances API begins to show it."""

    item_id: str
    amount: str
    visible_at: float


@dataclass(slots=True)
class Order:
    """``pending`` is before the buyer's payment is authorised; ``fulfilled_by`` is MERCHANT or AMAZON."""

    order_ref: str
    items: list[Item]
    pending: bool = False
    fulfilled_by: str = "MERCHANT"
    created_at: str = field(default_factory=now)
    changed_at: str = field(default_factory=now)
    actions: list[str] = field(default_factory=lambda: ["confirmOrderDetails", "unexpectedProblem"])
    """Messages that Amazon allows for the order now; ``locale`` is the buyer's language."""
    locale: str = "en-US"
    messages: list[str] = field(default_factory=list)
    paid_back: list[Paid] = field(default_factory=list)
    packages: list[dict[str, Any]] = field(default_factory=list)
    """As the Orders API shows them."""

    @property
    def status(self) -> str:
        live = [item for item in self.items if not item.cancelled_by]
        if not live:
            return "CANCELLED"
        if self.pending:
            return "PENDING"
        if all(item.shipped == item.quantity for item in live):
            return "SHIPPED"
        return "PARTIALLY_SHIPPED" if any(item.shipped for item in live) else "UNSHIPPED"

    def item(self, item_id: str) -> Item | None:
        return next((item for item in self.items if item.item_id == item_id), None)


@dataclass(slots=True)
class Feed:
    """``due`` is when it ends, 0 for never. ``kind`` is the trap that it fell into. ``ended`` is how it ended, "" before."""

    feed_id: str
    document: str
    order_ref: str
    made: float
    due: float
    kind: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    report: str = ""
    ended: str = ""
    feed_type: str = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
    created_at: str = field(default_factory=now)
