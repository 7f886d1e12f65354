"""One merchant's account at ShipBob."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from infra.local.sandboxes.base import Base
from infra.local.sandboxes.deliver import Message, json_body
from infra.local.sandboxes.shipbob.bodies import shipment_body
from infra.local.sandboxes.shipbob.state import STEPS, Order, Shipment, now
from infra.local.sandboxes.traps import Trap

PARTNER: Final = "shipbob"
UNKNOWN_SHIPMENT: Final = "The shipment was not found."
TOO_LATE: Final = "The shipment is picked, packed or shipped."


class Account:
    def __init__(self, base: Base, merchant: str) -> None:
        self._base, self.merchant = base, merchant
        self.orders: list[Order] = []
        self._last_id = 1000

    def setting(self, name: str, default: Any = "") -> Any:
        return self._base.setting(self.merchant, PARTNER, name, default)

    def write(self, operation: str, shipment: Shipment) -> None:
        detail = {"shipment": shipment.shipment_id}
        self._base.journal.write(PARTNER, self.merchant, operation, shipment.reference_id, "", detail)

    def under(self, reference_ids: set[str]) -> list[Order]:
        return [order for order in self.orders if order.reference_id in reference_ids]

    def shipment(self, shipment_id: int) -> Shipment | None:
        return next((x for order in self.orders for x in order.shipments if x.shipment_id == shipment_id), None)

    # ---------------------------------------------------------------------------------------- work

    def receive(self, reference_id: str, boxes: list[Mapping[str, int]]) -> Order:
        order = Order(self._next_id(), reference_id, [])
        self.orders.append(order)
        for box in boxes:
            self._add(order, box)
        return order

    def _add(self, order: Order, box: Mapping[str, int]) -> Shipment:
        made = Shipment(self._next_id(), order.order_id, order.reference_id, dict(box))
        made.step(STEPS["created"])
        order.shipments.append(made)
        return made

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def advance(self, shipment: Shipment, to: str, *, force: bool = False) -> None:
        """Moves work on; what is cancelled moves only by ``force``, as happens."""
        if shipment.status == "Cancelled" and not force:
            raise ValueError(f"shipment {shipment.shipment_id} is cancelled")
        shipment.step(STEPS[to])
        if to == "labelled":
            shipment.status, shipment.labelled_at = "Completed", now()
            self.tell("order.shipped", shipment)
        if to == "in_transit":
            self.write("ship", shipment)
        if to == "delivered":
            shipment.status, shipment.delivered_at = "Completed", now()
            self.tell("order.shipment.delivered", shipment)

    # ---------------------------------------------------------------------------------------- cancel

    def cancel(self, shipment_ids: list[int], trap: Trap | None) -> list[dict[str, Any]]:
        """One result for each; what cannot be cancelled fails alone."""
        return [self._cancel_one(shipment_id, trap) for shipment_id in shipment_ids]

    def _cancel_one(self, shipment_id: int, trap: Trap | None) -> dict[str, Any]:
        shipment, kind = self.shipment(shipment_id), trap.kind if trap else ""
        wrong = UNKNOWN_SHIPMENT if shipment is None else "" if shipment.cancellable else TOO_LATE
        if kind == "rejected" and trap:
            wrong = str(trap.detail.get("reason", TOO_LATE))
        if shipment is not None and not wrong:
            self._effect(shipment, kind, trap)
        return {"shipment_id": shipment_id, "action": "Cancel", "is_success": not wrong, "reason": wrong or None}

    def _effect(self, shipment: Shipment, kind: str, trap: Trap | None) -> None:
        if kind == "late" and trap:
            asyncio.get_running_loop().call_later(trap.seconds, lambda: self._put_away(shipment))
        elif kind == "false_ok" and trap:
            self._go_on(shipment, trap)
        elif kind != "silent":
            self._put_away(shipment)
        if kind == "recreate":
            order = next(order for order in self.orders if shipment in order.shipments)
            self.write("recreate", self._add(order, shipment.pieces))

    def _put_away(self, shipment: Shipment) -> None:
        if shipment.cancellable:
            shipment.status = "Cancelled"
            self.write("cancel", shipment)
            self.tell("order.shipment.cancelled", shipment)

    def _go_on(self, shipment: Shipment, trap: Trap) -> None:
        """The answer says cancelled, and the work goes on; with detail {"status"} the order says so too."""
        shipment.status = trap.detail.get("status", shipment.status)
        shipment.step(STEPS["picked"])

    # ---------------------------------------------------------------------------------------- webhooks

    def tell(self, topic: str, shipment: Shipment) -> None:
        url = f"/webhooks/{PARTNER}?merchant={self.merchant}&warehouse={self.setting('warehouse', PARTNER)}"
        body = json_body(shipment_body(shipment))
        self._base.deliver.send(Message(PARTNER, self.merchant, topic, url, body, {"x-webhook-topic": topic}))

    # ---------------------------------------------------------------------------------------- state

    def save(self) -> dict[str, Any]:
        return {"last_id": self._last_id, "orders": [asdict(order) for order in self.orders]}

    def restore(self, saved: Mapping[str, Any]) -> None:
        self._last_id = saved["last_id"]
        for raw in saved["orders"]:
            boxes = [
                Shipment(**{**box, "steps": [(log_type, at) for log_type, at in box["steps"]]})
                for box in raw["shipments"]
            ]
            self.orders.append(Order(**{**raw, "shipments": boxes}))
