"""What a shop knows: orders with their lines, work, money and returns. Plain data, as JSON on the way out and back in.

Ids are the numeric parts of Shopify's global ids, as text. Amounts are decimal text in the order's one currency.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

HOLDABLE = ("OPEN", "SCHEDULED", "IN_PROGRESS")
RECEIVED = ("CAPTURE", "SALE")
OPEN_ENDED = ("PENDING", "AWAITING_RESPONSE", "UNKNOWN")
ACTIVE_RETURNS = ("OPEN", "REQUESTED")


@dataclass(slots=True)
class Line:
    """``removed`` units were taken off by an edit, ``refunded`` ones by a refund or a cancel. ``group`` is the bundle that the line was
    sold in, ``groups`` how many of them."""

    line_id: str
    sku: str
    quantity: int
    price: str
    requires_shipping: bool = True
    removed: int = 0
    refunded: int = 0
    group: str = ""
    groups: int = 0

    @property
    def current(self) -> int:
        return self.quantity - self.removed - self.refunded


@dataclass(slots=True)
class Hold:
    hold_id: str
    handle: str
    ours: bool
    reason: str = "OTHER"
    notes: str = ""
    external_id: str = ""


@dataclass(slots=True)
class Work:
    """A fulfillment order. ``lines`` is what it was made with, ``left`` what may still ship."""

    work_id: str
    location_id: str
    lines: dict[str, int]
    left: dict[str, int]
    base_status: str = "OPEN"
    by_service: bool = False
    active_location: bool = True
    request_status: str = "UNSUBMITTED"
    holds: list[Hold] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    fulfill_by: str = ""

    @property
    def status(self) -> str:
        return "ON_HOLD" if self.holds and self.base_status in HOLDABLE else self.base_status

    def close(self) -> None:
        self.base_status, self.left, self.holds = "CLOSED", dict.fromkeys(self.left, 0), []

    def take_off(self, line: str, quantity: int) -> int:
        """Takes up to that many units off the remaining work, and says how many."""
        taken = min(self.left.get(line, 0), quantity)
        if taken:
            self.left[line] -= taken
        if not any(self.left.values()):
            self.close()
        return taken


@dataclass(slots=True)
class Fulfillment:
    """``lines`` is quantity by order line; a fulfillment line's id is the fulfillment's and the line's together."""

    fulfillment_id: str
    work_id: str
    lines: dict[str, int]
    created_at: str
    tracking: str = ""
    status: str = "SUCCESS"
    shipment_status: str = ""
    in_transit_at: str = ""
    delivered_at: str = ""


@dataclass(slots=True)
class Transaction:
    """``settles_at`` (Unix time) is when a pending one succeeds, 0 when it never does by itself. ``manual``: it is paid outside the shop."""

    transaction_id: str
    kind: str
    status: str
    amount: str
    gateway: str
    parent_id: str = ""
    expires_at: str = ""
    settles_at: float = 0.0
    created_at: str = ""
    manual: bool = False


@dataclass(slots=True)
class Refund:
    refund_id: str
    note: str
    lines: dict[str, int]
    transactions: list[str]
    created_at: str
    restock: str = "no_restock"


@dataclass(slots=True)
class Return:
    """``items`` are {fulfillment_id, line_id, quantity, note}."""

    return_id: str
    items: list[dict[str, Any]]
    status: str = "OPEN"


@dataclass(slots=True)
class Order:
    order_ref: str
    name: str
    currency: str
    lines: list[Line]
    works: list[Work]
    created_at: str
    shipping: str = "0.00"
    shipping_refunded: str = "0.00"
    risk: str = "low"
    tags: list[str] = field(default_factory=list)
    email: str = ""
    customer_tags: list[str] = field(default_factory=list)
    disputes: list[str] = field(default_factory=list)
    cancelled_at: str = ""
    cancel_reason: str = ""
    staff_note: str = ""
    fulfillments: list[Fulfillment] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    metafields: dict[str, str] = field(default_factory=dict)
    payment_terms: bool = False
    expired: bool = False
    """The shop has seen that the authorisation ran out."""
    address_check: str = ""
    address: dict[str, str] = field(default_factory=dict)
    """By the names of MailingAddressInput."""
    locale: str = ""

    def line(self, line_id: str) -> Line | None:
        return next((line for line in self.lines if line.line_id == line_id), None)

    def work(self, work_id: str) -> Work | None:
        return next((work for work in self.works if work.work_id == work_id), None)

    def transaction(self, transaction_id: str) -> Transaction | None:
        return next((t for t in self.transactions if t.transaction_id == transaction_id), None)

    def chosen(self, leg_id: str) -> list[Work]:
        """That fulfillment order, or all of them for "". Raises KeyError for one that is not there."""
        found = [work for work in self.works if leg_id in ("", work.work_id)]
        if not found:
            raise KeyError(leg_id)
        return found

    def fulfilled(self, line_id: str) -> int:
        return sum(f.lines.get(line_id, 0) for f in self.fulfillments if f.status == "SUCCESS")

    # ------------------------------------------------------------------------------------------ money

    @property
    def total(self) -> Decimal:
        """As ordered, before anything was taken off."""
        return sum((Decimal(x.price) * x.quantity for x in self.lines), Decimal(self.shipping))

    @property
    def current_total(self) -> Decimal:
        """What the order still costs; a cancelled one costs nothing."""
        shipping = Decimal(0) if self.cancelled_at else Decimal(self.shipping) - Decimal(self.shipping_refunded)
        return sum((Decimal(x.price) * x.current for x in self.lines), shipping)

    @property
    def received(self) -> Decimal:
        return self._sum(lambda t: t.kind in RECEIVED and t.status == "SUCCESS")

    @property
    def paid_back(self) -> Decimal:
        """Refunds under way count: that money is spoken for."""
        return self._sum(lambda t: t.kind == "REFUND" and t.status in ("SUCCESS", *OPEN_ENDED))

    @property
    def net_payment(self) -> Decimal:
        return self.received - self.paid_back

    @property
    def outstanding(self) -> Decimal:
        """Positive: the customer owes; negative: the merchant does."""
        return self.current_total - self.net_payment

    def left_of(self, payment: Transaction) -> Decimal:
        """What a payment has not given back."""
        back = self._sum(
            lambda t: (
                t.kind == "REFUND" and t.parent_id == payment.transaction_id and t.status in ("SUCCESS", *OPEN_ENDED)
            )
        )
        return Decimal(payment.amount) - back

    def payments(self) -> list[Transaction]:
        return [t for t in self.transactions if t.kind in RECEIVED and t.status == "SUCCESS"]

    def open_authorizations(self) -> list[Transaction]:
        """Neither captured nor voided."""
        ended = {t.parent_id for t in self.transactions if t.kind in ("CAPTURE", "VOID") and t.status != "FAILURE"}
        return [
            t
            for t in self.transactions
            if t.kind == "AUTHORIZATION" and t.status == "SUCCESS" and t.transaction_id not in ended
        ]

    @property
    def financial_status(self) -> str:
        if self.received:
            if self.paid_back >= self.received:
                return "REFUNDED"
            if self.paid_back:
                return "PARTIALLY_REFUNDED"
            return "PAID" if self.received >= self.current_total else "PARTIALLY_PAID"
        if self.open_authorizations():
            return "EXPIRED" if self.expired else "AUTHORIZED"
        return "VOIDED" if any(t.kind == "VOID" and t.status == "SUCCESS" for t in self.transactions) else "PENDING"

    def _sum(self, counts: Any) -> Decimal:
        return sum((Decimal(t.amount) for t in self.transactions if counts(t)), Decimal(0))


@dataclass(slots=True)
class Job:
    """A cancel that was taken. ``due`` is Unix time, 0 when it will never run."""

    job_id: str
    order_ref: str
    asked: dict[str, Any]
    due: float = 0.0
    done: bool = False


@dataclass(slots=True)
class Edit:
    """An order edit that is not committed: the new quantity by line."""

    edit_id: str
    order_ref: str
    quantities: dict[str, int] = field(default_factory=dict)
    restock: dict[str, bool] = field(default_factory=dict)


def order_from(raw: Mapping[str, Any]) -> Order:
    """What ``asdict`` gave, as an order again."""
    return Order(
        **{
            **raw,
            "lines": [Line(**x) for x in raw["lines"]],
            "works": [Work(**{**x, "holds": [Hold(**h) for h in x["holds"]]}) for x in raw["works"]],
            "fulfillments": [Fulfillment(**x) for x in raw["fulfillments"]],
            "transactions": [Transaction(**x) for x in raw["transactions"]],
            "refunds": [Refund(**x) for x in raw["refunds"]],
            "returns": [Return(**x) for x in raw["returns"]],
        }
    )


def as_json(order: Order) -> dict[str, Any]:
    """The order as the control endpoints show it: its state, and what follows from it."""
    works = [{**asdict(work), "status": work.status} for work in order.works]
    derived = {
        "financial_status": order.financial_status,
        "outstanding": str(order.outstanding),
        "net_payment": str(order.net_payment),
    }
    return {**asdict(order), "works": works, **derived}
