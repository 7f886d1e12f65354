"""What ShipStation keeps for one merchant: shipments with their items, and labels."""

from dataclasses import dataclass, field
from datetime import UTC, datetime


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Label:
    label_id: str
    status: str = "completed"
    tracking_status: str = "unknown"
    voided_at: str = ""
    created_at: str = field(default_factory=now)


@dataclass(slots=True)
class Shipment:
    """``lines`` are pieces by the order source's line id."""

    shipment_id: str
    order_ref: str
    lines: dict[str, int]
    status: str = "pending"
    labels: list[Label] = field(default_factory=list)
    created_at: str = field(default_factory=now)
    changed_at: str = field(default_factory=now)

    @property
    def live_labels(self) -> list[Label]:
        return [label for label in self.labels if label.status == "completed"]

    def become(self, status: str) -> None:
        self.status, self.changed_at = status, now()
