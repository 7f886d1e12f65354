"""What ShipBob keeps for one merchant: orders with their shipments, and each shipment's timeline."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

STEPS = {"created": 601, "picked": 602, "packed": 603, "labelled": 604, "in_transit": 607, "delivered": 609}
"""Log types of the timeline."""


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Shipment:
    """``pieces`` by SKU. ``steps`` are (log type, moment)."""

    shipment_id: int
    order_id: int
    reference_id: str
    pieces: dict[str, int]
    status: str = "Processing"
    steps: list[tuple[int, str]] = field(default_factory=list)
    created_at: str = field(default_factory=now)
    labelled_at: str = ""
    delivered_at: str = ""
    carrier: str = ""
    tracking: str = ""

    def step(self, log_type: int) -> None:
        self.steps.append((log_type, now()))

    @property
    def _worked_on(self) -> bool:
        return any(log_type in STEPS.values() and log_type != STEPS["created"] for log_type, _ in self.steps)

    @property
    def cancellable(self) -> bool:
        """Not picked, packed or shipped (ShipBob, "Cancel Shipment")."""
        return self.status != "Cancelled" and not self._worked_on


@dataclass(slots=True)
class Order:
    order_id: int
    reference_id: str
    shipments: list[Shipment]
    created_at: str = field(default_factory=now)

    @property
    def status(self) -> str:
        """The sum of its shipments' statuses."""
        said = {shipment.status for shipment in self.shipments}
        if said == {"Cancelled"}:
            return "Cancelled"
        if said <= {"Completed", "Cancelled"}:
            return "Fulfilled"
        return "PartiallyFulfilled" if "Completed" in said else "Processing"
