"""One merchant's account at ShipStation."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from infra.local.sandboxes.base import Base
from infra.local.sandboxes.deliver import Message, json_body
from infra.local.sandboxes.shipstation.state import Label, Shipment, now
from infra.local.sandboxes.traps import Trap

PARTNER: Final = "shipstation"
VOID_REASON: Final = "label_already_used"


class Refused(Exception):
    """ShipStation's error body."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class Account:
    def __init__(self, base: Base, merchant: str) -> None:
        self._base, self.merchant = base, merchant
        self.shipments: list[Shipment] = []
        self._last_id = 1000

    def setting(self, name: str, default: Any = "") -> Any:
        return self._base.setting(self.merchant, PARTNER, name, default)

    def write(self, operation: str, shipment: Shipment, subject: str) -> None:
        detail = {"id": subject}
        self._base.journal.write(PARTNER, self.merchant, operation, shipment.order_ref, "", detail)

    def next_id(self) -> str:
        self._last_id += 1
        return f"se-{self._last_id}"

    def of_order(self, order_ref: str) -> list[Shipment]:
        return [shipment for shipment in self.shipments if shipment.order_ref == order_ref]

    def shipment(self, shipment_id: str) -> Shipment | None:
        return next((x for x in self.shipments if x.shipment_id == shipment_id), None)

    def label(self, label_id: str) -> tuple[Shipment, Label] | None:
        return next(((s, x) for s in self.shipments for x in s.labels if x.label_id == label_id), None)

    # ---------------------------------------------------------------------------------------- work

    def receive(self, order_ref: str, lines: Mapping[str, int]) -> Shipment:
        made = Shipment(self.next_id(), order_ref, dict(lines))
        self.shipments.append(made)
        return made

    def buy_label(self, shipment: Shipment) -> Label:
        if shipment.status == "cancelled":
            raise ValueError(f"shipment {shipment.shipment_id} is cancelled")
        label = Label(self.next_id())
        shipment.labels.append(label)
        shipment.become("label_purchased")
        return label

    def scan(self, label_id: str, status: str) -> None:
        """The carrier's word on a parcel, and the webhook about it."""
        found = self.label(label_id)
        if found is None:
            raise KeyError(label_id)
        shipment, label = found
        label.tracking_status = status
        self.write("ship", shipment, label_id)
        body = {
            "resource_url": f"https://api.example/v1/labels/{label_id}/track",
            "resource_type": "API_TRACK",
            "data": {"label_url": None, "tracking_number": f"94{label_id}", "status_code": status[:2].upper()},
        }
        url = f"/webhooks/{PARTNER}?merchant={self.merchant}&warehouse={self.setting('warehouse', PARTNER)}"
        self._base.deliver.send(Message(PARTNER, self.merchant, "track", url, json_body(body)))

    # ---------------------------------------------------------------------------------------- stops

    def void(self, shipment: Shipment, label: Label, trap: Trap | None) -> dict[str, Any]:
        """A refusal is a 200 too. A label that is voided puts its shipment back to work."""
        if trap and trap.kind == "rejected":
            return _refusal(str(trap.detail.get("reason_code", VOID_REASON)))
        if label.status == "voided":
            return _refusal("label_already_voided")
        if label.tracking_status != "unknown":
            return _refusal(VOID_REASON)
        label.status, label.voided_at = "voided", now()
        shipment.become("pending")
        self.write("void", shipment, label.label_id)
        return {"approved": True, "message": "Request for refund submitted."}

    def cancel(self, shipment: Shipment, trap: Trap | None) -> None:
        kind = trap.kind if trap else ""
        if kind == "rejected" or shipment.live_labels or shipment.status not in ("pending", "processing"):
            raise Refused(400, "invalid_status", "The shipment cannot be cancelled.")
        if kind in ("silent", "false_ok"):
            return
        shipment.become("cancelled")
        self.write("cancel", shipment, shipment.shipment_id)
        if kind == "recreate":
            again = self.receive(shipment.order_ref, shipment.lines)
            self.write("recreate", again, again.shipment_id)

    # ---------------------------------------------------------------------------------------- state

    def save(self) -> dict[str, Any]:
        return {"last_id": self._last_id, "shipments": [asdict(shipment) for shipment in self.shipments]}

    def restore(self, saved: Mapping[str, Any]) -> None:
        self._last_id = saved["last_id"]
        for raw in saved["shipments"]:
            labels = [Label(**label) for label in raw["labels"]]
            self.shipments.append(Shipment(**{**raw, "labels": labels}))


def _refusal(code: str) -> dict[str, Any]:
    return {"approved": False, "message": "The label was not voided.", "reason_code": code}
