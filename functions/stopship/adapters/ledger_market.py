"""The ledger's figures about marketplaces: orders seen, cancels that count, and how far a sweep has got. No case depends on them.

They lie in partitions of their own (``M#<merchant>#F#<channel>#...``), sealed like all items. An order is added to its day's sum once: the
item that counts it (``M#<merchant>#N#...``) and the sum are one transaction.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stopship.adapters import ledger_items as items
from stopship.adapters.ledger_items import NEW, Expect, Item, Write
from stopship.application.ports import OrderPlaced
from stopship.domain import chain, instant
from stopship.domain.errors import AlreadyRecorded, Conflict
from stopship.domain.market import Allowance, SellerCancel, SweepState

if TYPE_CHECKING:
    from stopship.adapters.ledger_table import Table

_KEEP_SECONDS = 60 * 86_400
"""Longer than any window that is counted over."""
_ATTEMPTS = 12
_SUMS, _CANCELS, _SWEEP = "SUMS", "CANCELS", "SWEEP"


def _pk(merchant: str, channel: str, what: str) -> str:
    return f"M#{items.part('merchant', merchant)}#F#{items.part('channel', channel)}#{what}"


def _ttl(day: str) -> int:
    return int(instant.parse(f"{day}T00:00:00Z").timestamp()) + _KEEP_SECONDS


class MarketLedger:
    """Implements the part of ``ports.Ledger`` that is ``ports.MarketBook``."""

    _table: "Table"

    # -------------------------------------------------------------------------------------- orders

    def add_market_order(self, merchant: str, order: OrderPlaced) -> bool:
        """False when the order has been counted before."""
        counted = items.counted_item(merchant, order)
        if self._table.get(str(counted["pk"]), str(counted["sk"])):
            return False
        for _ in range(_ATTEMPTS):
            before = self._table.get(_pk(merchant, order.channel, _SUMS), order.day)
            try:
                self._table.write([_counted_write(counted), _sum_write(merchant, order, before)])
            except AlreadyRecorded:
                return False
            except Conflict:
                continue
            return True
        raise Conflict(f"the sum of {order.day} kept changing")

    def market_orders(self, merchant: str, channel: str, first_day: str, last_day: str) -> int:
        found = self._table.query(_pk(merchant, channel, _SUMS), first_day, last_day)
        return sum(int(item["orders"]) for item in found)

    # -------------------------------------------------------------------------------------- cancels that count

    def note_seller_cancel(self, merchant: str, cancel: SellerCancel) -> None:
        """The newest word on this order's cancel of that day stands."""
        attributes: Item = {
            "merchant": merchant,
            "channel": cancel.channel,
            "order_ref": cancel.order_ref,
            "case_id": cancel.case_id,
            "day": cancel.day,
            "skus": chain.canonical(list(cancel.skus)),
            "state": cancel.state,
            "ttl": _ttl(cancel.day),
        }
        item = items.sealed(
            _pk(merchant, cancel.channel, _CANCELS), f"{cancel.day}#{cancel.case_id}#{cancel.order_ref}", attributes
        )
        whatever = Expect(absent=True, present={"case_id": [cancel.case_id]})
        self._table.write([Write(item, whatever, lambda _: Conflict(f"the cancel of {cancel.order_ref}"))])

    def seller_cancels(self, merchant: str, channel: str, first_day: str) -> Sequence[SellerCancel]:
        found = self._table.query(_pk(merchant, channel, _CANCELS), first_day, "~")
        return [
            SellerCancel(x["channel"], x["order_ref"], x["case_id"], x["day"], tuple(json.loads(x["skus"])), x["state"])
            for x in found
        ]

    # -------------------------------------------------------------------------------------- sweeps

    def sweep_state(self, merchant: str, channel: str) -> SweepState | None:
        found = self._table.get(_pk(merchant, channel, _SWEEP), _SWEEP)
        return _state(found) if found else None

    def save_sweep(self, merchant: str, state: SweepState) -> SweepState:
        """Over the version that was read. Raises Conflict when somebody wrote since: nothing is spent twice for one."""
        after = state.version + 1
        a = state.allowance
        attributes: Item = {
            "merchant": merchant,
            "channel": state.channel,
            "rate": repr(a.rate),
            "burst": a.burst,
            "full_at": a.full_at,
            "watermark": state.watermark,
            "token": state.token,
            "after": state.after,
            "before": state.before,
            "busy_until": state.busy_until,
            "version": after,
        }
        item = items.sealed(_pk(merchant, state.channel, _SWEEP), _SWEEP, attributes)
        expect = Expect(absent=False, present={"version": [state.version]}) if state.version else NEW
        self._table.write([Write(item, expect, lambda _: Conflict(f"the sweep of {state.channel} has moved on"))])
        return _state(item)


def _counted_write(counted: Item) -> Write:
    return Write(counted, NEW, lambda _: AlreadyRecorded(f"order {counted['order_ref']} is counted"))


def _sum_write(merchant: str, order: OrderPlaced, before: Mapping[str, Any] | None) -> Write:
    orders = int(before["orders"]) if before else 0
    attributes: Item = {
        "merchant": merchant,
        "channel": order.channel,
        "day": order.day,
        "orders": orders + 1,
        "ttl": _ttl(order.day),
    }
    item = items.sealed(_pk(merchant, order.channel, _SUMS), order.day, attributes)
    expect = Expect(absent=False, present={"orders": [orders]}) if before else NEW
    return Write(item, expect, lambda _: Conflict(f"the sum of {order.day} has moved on"))


def _state(item: Mapping[str, Any]) -> SweepState:
    return SweepState(
        channel=item["channel"],
        allowance=Allowance(float(item["rate"]), int(item["burst"]), item["full_at"]),
        watermark=item["watermark"],
        token=item["token"],
        after=item["after"],
        before=item["before"],
        busy_until=item["busy_until"],
        version=int(item["version"]),
    )
