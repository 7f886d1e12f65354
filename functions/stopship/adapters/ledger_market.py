"""The ledger's figures about marketplaces: orders seen, cancels that count, and how far a sweep has got. No case depends on them.

They lie in partitions of their own (``M#<merchant>#N#<channel>#...``), sealed like all items. Orders are counted once each: a marker and
its day's count are one transaction.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stopship.adapters import ledger_items as items
from stopship.adapters.ledger_items import NEW, Expect, Item, Write
from stopship.domain import chain, instant
from stopship.domain.errors import AlreadyRecorded, Conflict
from stopship.domain.market import Allowance, SellerCancel, SweepState, day_before

if TYPE_CHECKING:
    from stopship.adapters.ledger_table import Table

_KEEP_SECONDS = 60 * 86_400
"""Longer than any window that is counted over."""
_ATTEMPTS = 12
_COUNTS, _CANCELS, _SWEEP = "COUNTS", "CANCELS", "SWEEP"


def _pk(merchant: str, channel: str, what: str) -> str:
    return f"M#{items.part('merchant', merchant)}#N#{items.part('channel', channel)}#{what}"


def _ttl(day: str) -> int:
    return int(instant.parse(f"{day}T00:00:00Z").timestamp()) + _KEEP_SECONDS


class MarketLedger:
    """Implements the part of ``ports.Ledger`` that is ``ports.MarketBook``."""

    _table: "Table"

    # -------------------------------------------------------------------------------------- orders

    def count_order(self, merchant: str, channel: str, order_ref: str, day: str) -> bool:
        """Counts the order on its day; False when it has been counted before, on whatever day."""
        marker = _marker(merchant, channel, order_ref, day)
        if self._table.get(str(marker["pk"]), str(marker["sk"])):
            return False
        for _ in range(_ATTEMPTS):
            before = self._table.get(_pk(merchant, channel, _COUNTS), day)
            try:
                self._table.write([_marker_write(marker), _count_write(merchant, channel, day, before)])
            except AlreadyRecorded:
                return False
            except Conflict:
                continue
            return True
        raise Conflict(f"the order count of {day} kept changing")

    def orders_counted(self, merchant: str, channel: str, first_day: str, last_day: str) -> int:
        found = self._table.query(_pk(merchant, channel, _COUNTS), first_day, last_day)
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


def _marker(merchant: str, channel: str, order_ref: str, day: str) -> Item:
    attributes: Item = {
        "merchant": merchant,
        "channel": channel,
        "order_ref": order_ref,
        "day": day,
        "ttl": _ttl(day_before(day, -1)),
    }
    return items.sealed(_pk(merchant, channel, f"SEEN#{order_ref}"), "SEEN", attributes)


def _marker_write(marker: Item) -> Write:
    return Write(marker, NEW, lambda _: AlreadyRecorded(f"order {marker['order_ref']} is counted"))


def _count_write(merchant: str, channel: str, day: str, before: Mapping[str, Any] | None) -> Write:
    orders = int(before["orders"]) if before else 0
    attributes: Item = {"merchant": merchant, "channel": channel, "day": day, "orders": orders + 1, "ttl": _ttl(day)}
    item = items.sealed(_pk(merchant, channel, _COUNTS), day, attributes)
    expect = Expect(absent=False, present={"orders": [orders]}) if before else NEW
    return Write(item, expect, lambda _: Conflict(f"the order count of {day} has moved on"))


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
