"""The physical truth behind all fakes: one order, its lines, the work at each warehouse, and the money."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from stopship.domain.address import ShippingAddress
from stopship.domain.carrier import Parcel
from stopship.domain.case import subtract
from stopship.domain.money import Transaction
from stopship.domain.order import FulfillmentType, PickState, Sign


@dataclass
class Work:
    """One piece of work at a warehouse. ``kept`` are the goods that stay: cancelled in the system before picking, or held back."""

    leg_id: str
    warehouse: str
    lines: dict[str, int]
    state: PickState = PickState.RELEASED
    kept: dict[str, int] = field(default_factory=dict)
    held: bool = False
    listed: bool = True
    """Whether the store shows it as open work."""
    left_at: str = ""
    taken_out: dict[str, int] = field(default_factory=dict)
    """What the store has taken out of it: lines that are kept, once they are cancelled there."""

    def keep(self, lines: Mapping[str, int] | None = None) -> None:
        """These goods stay, or all of them."""
        for line, quantity in (lines or self.lines).items():
            self.kept[line] = min(self.lines[line], self.kept.get(line, 0) + quantity)

    @property
    def rest(self) -> dict[str, int]:
        """What goes on."""
        return subtract(self.lines, self.kept)

    @property
    def stopped(self) -> bool:
        return not self.rest

    @property
    def gone(self) -> bool:
        return self.state in (PickState.SHIPPED, PickState.DELIVERED)


@dataclass
class Order:
    ref: str
    lines: dict[str, int]
    works: list[Work]
    price: Decimal = Decimal("10.00")
    currency: str = "EUR"
    transactions: list[Transaction] = field(default_factory=list)
    cancelled_lines: dict[str, int] = field(default_factory=dict)
    shipped_lines: dict[str, int] = field(default_factory=dict)
    cancelled: bool = False
    address: ShippingAddress | None = None
    vip: bool = False
    risk: str = ""
    signs: tuple[Sign, ...] = ()
    known: bool = True
    refunded_lines: dict[str, int] = field(default_factory=dict)
    dispute: bool = False
    cancel_voids: bool = False
    store_lags: bool = False
    """The store still lists work that has left, marked as departed, and counts its lines as open."""
    contact: str = "someone@example.com"
    language: str = ""
    parcels: list[Parcel] = field(default_factory=list)
    fulfillment_type: FulfillmentType = FulfillmentType.THIRD_PARTY
    bundles: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Line to the bundle it was sold in, and how many of them."""

    @property
    def total(self) -> Decimal:
        return self.price * sum(self.lines.values())

    def bundle_of(self, line: str) -> tuple[str, int]:
        return self.bundles.get(line, ("", 0))

    def take_out(self, line: str, quantity: int) -> None:
        """The store lists so many of a line no more: first what is kept, then what nobody has stopped."""
        for work in sorted(self.works, key=lambda w: line not in w.kept):
            taken = min(quantity, work.lines.get(line, 0) - work.taken_out.get(line, 0))
            if taken > 0:
                work.taken_out[line] = work.taken_out.get(line, 0) + taken
                quantity -= taken
            work.listed = work.listed and bool(subtract(work.lines, work.taken_out))

    def work(self, leg_id: str) -> Work | None:
        return next((w for w in self.works if w.leg_id == leg_id), None)
