"""One merchant's ShipHero account: what happens to its orders, and what it costs to ask."""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

from infra.local.sandboxes.base import Base
from infra.local.sandboxes.deliver import Message, json_body
from infra.local.sandboxes.shiphero import events
from infra.local.sandboxes.shiphero.state import Label, Line, Order, order_from
from infra.local.sandboxes.traps import Trap

PARTNER: Final = "shiphero"
MAXIMUM: Final = 4004
RESTORED: Final = 60.0


class Account:
    def __init__(self, base: Base, merchant: str) -> None:
        self.base, self.merchant = base, merchant
        self.orders: list[Order] = []
        self.tokens: set[str] = set()
        self.issued = 0
        self._number = 389_000_000
        self._credits, self._counted_at = float(MAXIMUM), time.monotonic()

    def setting(self, name: str, default: Any) -> Any:
        return self.base.setting(self.merchant, PARTNER, name, default)

    def write(self, operation: str, order: Order, **detail: Any) -> None:
        self.base.journal.write(PARTNER, self.merchant, operation, order.order_ref, "", detail)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, act)

    def next(self) -> int:
        self._number += 10
        return self._number

    # ---------------------------------------------------------------------------------------- who asks, and how much

    def issue(self) -> str:
        token = secrets.token_hex(16)
        self.tokens.add(token)
        self.issued += 1
        return token

    def available(self) -> float:
        at = time.monotonic()
        back = (at - self._counted_at) * self.setting("restored_a_second", RESTORED)
        self._credits, self._counted_at = min(self.setting("credits", MAXIMUM), self._credits + back), at
        return self._credits

    def spend(self, credits: int) -> None:
        self._credits -= credits

    # ---------------------------------------------------------------------------------------- orders

    def behind(self, order_ref: str) -> list[Order]:
        return [order for order in self.orders if order.order_ref == order_ref]

    def one(self, order_ref: str) -> Order:
        """The newest with that reference. Raises KeyError when there is none."""
        found = self.behind(order_ref)
        if not found:
            raise KeyError(order_ref)
        return found[-1]

    def by_id(self, order_id: str) -> Order | None:
        return next((o for o in self.orders if order_id in (o.uuid, str(o.order_id))), None)

    def create(self, order_ref: str, number: str, lines: Sequence[dict[str, Any]], **more: Any) -> Order:
        order_id = self.next()
        made = [Line(self.next(), x["id"], x.get("sku", x["id"]), x["quantity"]) for x in lines]
        order = Order(order_id, order_ref, number, made, **more)
        self.orders.append(order)
        return order

    def cancel(self, order: Order, detail: dict[str, Any]) -> None:
        order.status = "canceled"
        for line in order.lines:
            line.cancelled = True
        self.write("cancel", order, order_id=order.order_id, **detail)
        self.tell(order, events.canceled(order))

    def recreate(self, order: Order) -> None:
        """The same work once more, under a new number."""
        lines = [{"id": x.partner_id, "sku": x.sku, "quantity": x.quantity} for x in order.lines]
        made = self.create(order.order_ref, f"{order.number}-copy", lines)
        self.write("recreate", made, order_id=made.order_id)

    # ---------------------------------------------------------------------------------------- the floor

    def begin(self, order: Order) -> None:
        self._at_work(order)
        for line in order.lines:
            line.totes = line.totes or [0]

    def pick(self, order: Order, lines: dict[str, int]) -> None:
        """Pieces into totes; without ``lines`` all that is left. A complete tote is told."""
        self._at_work(order)
        for line in order.lines:
            line.totes = [lines.get(line.partner_id, 0) if lines else line.pending]
        if not lines:
            self.tell(order, events.tote_complete([order]))

    def pack(self, order: Order) -> None:
        self._at_work(order)
        order.packed = True
        self.tell(order, events.packed_out(order))

    def label(self, order: Order, lines: dict[str, int], tracking: str, carrier: str = "ups") -> Label:
        """A label is printed, and ShipHero counts its goods as shipped from now on."""
        self._at_work(order)
        sent = lines or {x.partner_id: x.pending for x in order.lines if x.pending}
        label = Label(self.next(), tracking or f"1Z{secrets.token_hex(6)}", sent, carrier=carrier)
        for line in order.lines:
            line.shipped += sent.get(line.partner_id, 0)
        order.labels.append(label)
        if not any(line.pending for line in order.lines):
            order.status = "fulfilled"
        self.tell(order, events.shipment_update(order, label))
        return label

    def pick_up(self, order: Order) -> None:
        """The carrier takes what is labelled."""
        for label in order.valid_labels:
            if not label.picked_up:
                label.picked_up = True
                self.write("ship", order, lines=label.lines)
                for tell in self.base.on_shipment:
                    tell(self.merchant, order.order_ref, order.leg_id, label.lines, label.tracking)

    def ship_all_the_same(self, order: Order) -> None:
        """What was cancelled leaves, as happens."""
        order.status = "pending"
        order.holds = {}
        for line in order.lines:
            line.cancelled = False
        self.label(order, {}, "")
        self.pick_up(order)

    def _at_work(self, order: Order) -> None:
        if order.cancelled or any(order.holds.values()):
            raise ValueError(f"order {order.number} is held or cancelled")

    # ---------------------------------------------------------------------------------------- messages

    def tell(self, order: Order, body: dict[str, Any]) -> None:
        """To the address that the merchant gave when it created the webhook: ShipHero itself says nowhere whose order it is."""
        name, trap = self.setting("warehouse", ""), self._trap(order)
        if not name or (trap and trap.kind == "silent"):
            return
        url = f"{events.WEBHOOK_PATH}?merchant={self.merchant}&warehouse={name}"
        message = Message(PARTNER, self.merchant, body["webhook_type"], url, json_body(body))
        message.headers[events.MESSAGE_ID] = message.message_id
        message.delay = trap.seconds if trap else 0.0
        self.base.deliver.send(message)

    def _trap(self, order: Order) -> Trap | None:
        return self.base.traps.take(order.order_ref, "webhook")

    # ---------------------------------------------------------------------------------------- state

    def save(self) -> dict[str, Any]:
        return {"orders": [asdict(x) for x in self.orders], "tokens": sorted(self.tokens), "number": self._number}

    def restore(self, saved: dict[str, Any]) -> None:
        self.orders = [order_from(raw) for raw in saved["orders"]]
        self.tokens, self._number = set(saved["tokens"]), saved["number"]
