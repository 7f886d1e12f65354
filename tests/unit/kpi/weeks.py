"""Any weeks: cases of two merchants with whatever may happen to a leg, for properties that hold for all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from stopship.domain import events as e
from stopship.domain import instant
from stopship.domain.kpi.facts import OrderFact
from tests.unit.kpi.week import Story

MERCHANTS = ("acme", "bolt")
_FROM = datetime(2026, 11, 8, tzinfo=UTC)
_REASONS = ("customer_request", "stockout", "address", "fraud")
_CAUSES = ("customer_request", "ops_stockout", "late_cancel", "undetermined", "address_doubted")
_OUTCOMES = ("stopped", "shipped", "blocked", "saved", "withdrawn", "")
_MONEY = ("", "refund", "elsewhere", "both")
_BUTTONS = ("amazon", "shopify")


@dataclass(frozen=True)
class Plot:
    """What one case is like. Times are minutes: ``start`` from a fixed Sunday on, the others from each other."""

    merchant: str
    channel: str
    order: int
    start: int
    steps: tuple[int, int, int, int]
    reason: str
    cause: str
    outcome: str
    level: str
    silent: bool
    leaves: bool
    money: str
    exception: str
    age: int | None
    avoidable: bool


plots = st.builds(
    Plot,
    merchant=st.sampled_from(MERCHANTS),
    channel=st.sampled_from(_BUTTONS),
    order=st.integers(0, 6),
    start=st.integers(0, 21 * 24 * 60),
    steps=st.tuples(*[st.integers(0, 3000)] * 4),
    reason=st.sampled_from(_REASONS),
    cause=st.sampled_from(_CAUSES),
    outcome=st.sampled_from(_OUTCOMES),
    level=st.sampled_from(("", "accepted", "system_cancelled", "physically_stopped", "rejected")),
    silent=st.booleans(),
    leaves=st.booleans(),
    money=st.sampled_from(_MONEY),
    exception=st.sampled_from(("", "open", "ended")),
    age=st.none() | st.integers(0, 4000),
    avoidable=st.booleans(),
)


def story(place: int, plot: Plot, shift_hours: int = 0) -> Story:
    """``shift_hours``: the same case, all of it so much later."""
    times = [plot.start]
    for step in plot.steps:
        times.append(times[-1] + step)

    def at(index: int) -> str:
        return instant.text(_FROM + timedelta(minutes=times[index], hours=shift_hours))

    def before(minutes: int) -> str:
        return instant.text(_FROM + timedelta(minutes=plot.start - minutes, hours=shift_hours))

    s = Story(f"case-{place:03d}", plot.channel, f"o-{plot.order}", place + 1, merchant=plot.merchant)
    s.asked(at(0), at(0), plot.reason, "ops" if plot.reason == "stockout" else "customer")
    s.order(at(0), {"L1": 2}, placed="" if plot.age is None else before(plot.age))
    warehouse, kind = (("north", "third_party"), ("south", "in_house"))[place % 2]
    s.leg(at(0), "1", warehouse, kind, {"L1": 2})
    if plot.level:
        s.stop(at(1), "1", "sent")
        if plot.level != "accepted":
            s.answer(at(2), "1", plot.level)
    if plot.silent and plot.level:
        s.add(at(2), e.SilenceRecorded("1", 1, at(2)))
    if plot.exception:
        s.exception(at(1), f"x-{place}", "1", "silent_warehouse", "P2", "warehouse", at(2))
    if plot.exception == "ended":
        s.resolve(at(3), f"x-{place}", "retry")
    return _ended(s, place, plot, at)


def _ended(s: Story, place: int, plot: Plot, moment: Callable[[int], str]) -> Story:
    if plot.channel == "amazon" and plot.outcome == "stopped":
        weighed = e.CancelWeighed({"L1": 2}, "NoInventory", "NoInventory", "backed", 0, 0, "", "2.5", False, "")
        s.add(moment(3), weighed, e.OrderCancelRequested("amazon", "full", {"L1": 2}, 1))
    if plot.outcome:
        s.settle(moment(3), "1", plot.outcome, {"L1": 2})
    if plot.money in ("elsewhere", "both"):
        s.add(moment(3), e.PaymentSeen("refund", f"r-{place}", {"L1": 1}, moment(3)))
    if plot.money in ("refund", "both"):
        s.refund(moment(3), moment(4), f"m-{place}", "19.99", {"L1": 2})
    if plot.outcome:
        s.close(moment(4), plot.outcome, plot.cause, avoidable=plot.avoidable)
    if plot.leaves:
        s.add(moment(4), e.ShipmentSeen("1", "w", moment(4), True, {"L1": 2}, ""))
    return s


def orders(count: int) -> list[OrderFact]:
    return [
        OrderFact(
            MERCHANTS[i % 2],
            _BUTTONS[i % 3 % 2],
            f"p-{i}",
            (_FROM + timedelta(days=i % 21)).date().isoformat(),
            ("third_party", "in_house", "unknown")[i % 3],
        )
        for i in range(count)
    ]
