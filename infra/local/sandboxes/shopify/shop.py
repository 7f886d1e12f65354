"""One merchant's shop: its orders by every id that leads to them, its numbers, its clock and its book of effects."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from infra.local.sandboxes.base import Base
from infra.local.sandboxes.shopify.cost import Bucket
from infra.local.sandboxes.shopify.state import Edit, Job, Order, Work, order_from
from infra.local.sandboxes.traps import Trap
from stopship.adapters.shopify.gid import number
from stopship.domain.errors import InvalidInput

PARTNER = "shopify"
FIRST_NUMBER = 8_100_000_000


def now() -> str:
    """As Shopify writes it: UTC to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class Shop:
    """State and its neighbours; what may be done with it is in the modules beside."""

    def __init__(self, base: Base, merchant: str) -> None:
        self._base, self.merchant = base, merchant
        self.orders: dict[str, Order] = {}
        self.jobs: dict[str, Job] = {}
        self.edits: dict[str, Edit] = {}
        self.refund_keys: dict[str, dict[str, str]] = {}
        """Idempotency key to {"asked": fingerprint, "refund": refund id}."""
        self.shipments: list[dict[str, Any]] = []
        """What a warehouse reported and the shop could not take yet."""
        self.trap: Trap | None = None
        """What the running call falls into."""
        self.bucket = Bucket()
        self._last = FIRST_NUMBER

    def setting(self, name: str, default: Any) -> Any:
        return self._base.setting(self.merchant, PARTNER, name, default)

    def next(self) -> str:
        self._last += 1
        return str(self._last)

    def write(self, operation: str, order_ref: str, key: str = "", **detail: Any) -> None:
        self._base.journal.write(PARTNER, self.merchant, operation, order_ref, key, detail)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, act)

    def at(self, moment: float, act: Callable[[], None]) -> None:
        """At a Unix time; at once when it has passed."""
        self.later(max(0.0, moment - time.time()), act)

    @property
    def base(self) -> Base:
        return self._base

    def falls_into(self, kind: str) -> Trap | None:
        return self.trap if self.trap and self.trap.kind == kind else None

    def refusal(self) -> dict[str, Any] | None:
        """The trap "rejected", as a user error."""
        trap = self.falls_into("rejected")
        if trap is None:
            return None
        return user_error(trap.detail.get("message", "The shop refused it."), code=trap.detail.get("code"))

    def location_of(self, warehouse: str) -> str:
        """Raises KeyError for a warehouse that is at none of the shop's locations."""
        for location, name in self.setting("locations", {}).items():
            if name == warehouse:
                return str(location)
        raise KeyError(f"no location of the shop is {warehouse!r}")

    # ------------------------------------------------------------------------------------------ by id

    def order(self, gid: str) -> Order | None:
        return self.orders.get(numeric(gid, "Order"))

    def work(self, gid: str) -> tuple[Order, Work] | None:
        return self.work_numbered(numeric(gid, "FulfillmentOrder"))

    def work_numbered(self, work_id: str) -> tuple[Order, Work] | None:
        for order in self.orders.values():
            found = order.work(work_id)
            if found:
                return order, found
        return None

    def order_behind(self, gid: str) -> str:
        """The order that any id belongs to, "" when it belongs to none: traps are set by order."""
        kind, name = gid.removeprefix("gid://shopify/").partition("/")[::2]
        match kind:
            case "Order":
                return name
            case "FulfillmentOrder":
                found = self.work_numbered(name)
                return found[0].order_ref if found else ""
            case "CalculatedOrder":
                return self.edits[name].order_ref if name in self.edits else ""
            case "Job":
                return self.jobs[name].order_ref if name in self.jobs else ""
            case "OrderTransaction":
                return next((o.order_ref for o in self.orders.values() if o.transaction(name)), "")
            case "Return":
                return next((o.order_ref for o in self.orders.values() for r in o.returns if r.return_id == name), "")
            case "Fulfillment":
                return next(
                    (o.order_ref for o in self.orders.values() for f in o.fulfillments if f.fulfillment_id == name), ""
                )
            case _:
                return ""

    # ------------------------------------------------------------------------------------------ state

    def save(self) -> dict[str, Any]:
        return {
            "orders": [asdict(order) for order in self.orders.values()],
            "jobs": [asdict(job) for job in self.jobs.values()],
            "edits": [asdict(edit) for edit in self.edits.values()],
            "refund_keys": self.refund_keys,
            "shipments": self.shipments,
            "last": self._last,
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        self.orders = {raw["order_ref"]: order_from(raw) for raw in saved["orders"]}
        self.jobs = {raw["job_id"]: Job(**raw) for raw in saved["jobs"]}
        self.edits = {raw["edit_id"]: Edit(**raw) for raw in saved["edits"]}
        self.refund_keys = dict(saved["refund_keys"])
        self.shipments = list(saved["shipments"])
        self._last = saved["last"]


def numeric(gid: str, kind: str) -> str:
    """The number in an id of that kind, "" for anything else: such an id finds nothing."""
    try:
        return number(gid, kind)
    except InvalidInput:
        return ""


def user_error(message: str, *fields: str, code: str | None = None) -> dict[str, Any]:
    return {"field": list(fields) or None, "message": message, "code": code}
