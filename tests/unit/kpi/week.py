"""A small week at one merchant, told as events: every measure over it is worked out by hand in ``test_hand_computed_week``.

The merchant's clock is Berlin's, which is UTC+1 in November: the week 2026-W47 goes from Sunday, 15 November, 23:00 UTC to Sunday, 22 November,
23:00 UTC. Moments below are UTC and named by the day of November and the time.
"""

from collections.abc import Sequence
from datetime import timedelta, timezone

from infra.bench.told_case import SHA
from infra.bench.told_case import ToldCase as Story
from stopship.domain import events as e
from stopship.domain.kpi.facts import CaseFacts, OrderFact
from stopship.domain.kpi.weeks import Span, Week, span

MERCHANT = "acme"
BERLIN = timezone(timedelta(hours=1))
WEEK = Week(2026, 47)
AFTERWARDS = "2026-12-01T00:00:00.000000Z"


def at(day: int, clock: str) -> str:
    """``clock`` is HH:MM or HH:MM:SS."""
    return f"2026-11-{day:02d}T{clock if len(clock) == 8 else clock + ':00'}.000000Z"


def week_of(merchant: str = MERCHANT, now: str = AFTERWARDS) -> Span:
    return span(merchant, WEEK, BERLIN, now)


def stories() -> list[Story]:
    return [
        _plain(),
        _left_after_ok(),
        _silent(),
        _amazon(),
        _saved(),
        _saved_in_vain(),
        _open(),
        _over_midnight(),
        _paid_twice(),
    ]


def _plain() -> Story:
    """A: asked 35 minutes 5 seconds after the order, acknowledged after 120 s, refunded 20 s after the proof, closed 180 s after the wish."""
    s = Story("case-a", "shopify", "1001").asked(at(16, "10:00"), at(16, "10:00:05"), "customer_request")
    s.order(at(16, "10:00:06"), {"L1": 2}, placed=at(16, "09:25")).leg(
        at(16, "10:00:07"), "1", "north", "third_party", {"L1": 2}
    )
    s.stop(at(16, "10:00:10"), "1").answer(at(16, "10:02:10"), "1", "system_cancelled")
    s.settle(at(16, "10:02:20"), "1", "stopped", {"L1": 2})
    # The shop's note that the lines are cancelled, which pays nothing back.
    s.add(at(16, "10:02:25"), e.PaymentSeen("refund", "gid/refund/1", {"L1": 2}, at(16, "10:02:25"), "0", ""))
    s.refund(at(16, "10:02:30"), at(16, "10:02:40"), "m-a", "20.00", {"L1": 2})
    return s.close(at(16, "10:03"), "stopped", "customer_request", avoidable=False)


def _left_after_ok() -> Story:
    """B: "stopped" after 300 s, refunded 30.00, closed; on Wednesday it left all the same; a return was opened. Closed again on Thursday, 72
    hours after the wish. The evidence says that it was out of stock, the customer was stated."""
    s = Story("case-b", "shopify", "1002").asked(at(16, "12:00"), at(16, "12:00"), "customer_request")
    s.order(at(16, "12:00:01"), {"L1": 3}, placed=at(16, "11:55")).leg(
        at(16, "12:00:02"), "1", "north", "third_party", {"L1": 3}
    )
    s.stop(at(16, "12:00:10"), "1").answer(at(16, "12:05:10"), "1", "physically_stopped")
    s.settle(at(16, "12:06"), "1", "stopped", {"L1": 3})
    s.refund(at(16, "12:06:10"), at(16, "12:07"), "m-b", "30.00", {"L1": 3})
    s.close(at(16, "12:10"), "stopped", "out_of_stock", avoidable=True)
    s.add(
        at(18, "08:00"),
        e.ShipmentSeen("1", "w", at(18, "07:00"), True, {"L1": 3}, SHA),
        e.LegReopened("1", "it left after it was stopped"),
        e.CaseReopened("it left after it was stopped"),
    )
    s.settle(at(19, "11:00"), "1", "shipped", {"L1": 3}).add(at(19, "11:30"), e.ReturnOpened({"L1": 3}, "R1"))
    return s.close(at(19, "12:00"), "shipped", "out_of_stock", avoidable=True)


def _silent() -> Story:
    """C: the warehouse never answers; a person there vouches 3 hours after the exception, within its 4. Closed 4 hours after the wish."""
    s = Story("case-c", "shopify", "1003").asked(at(17, "11:45"), at(17, "11:45"), "address")
    s.order(at(17, "11:45:01"), {"L1": 1}).leg(at(17, "11:45:02"), "1", "south", "in_house", {"L1": 1})
    s.stop(at(17, "11:45:10"), "1", level="sent").add(at(17, "12:00:10"), e.SilenceRecorded("1", 1, at(17, "12:00:10")))
    s.exception(at(17, "12:00:10"), "x-c", "1", "silent_warehouse", "P2", "warehouse", at(17, "16:00:10"))
    s.resolve(at(17, "15:00:10"), "x-c", "they_stopped_it").settle(at(17, "15:00:20"), "1", "stopped", {"L1": 1})
    return s.close(at(17, "15:45"), "stopped", "undetermined", avoidable=True)


def _amazon() -> Story:
    """D: no stock, said by ops; counts against the seller. Stopped after 60 s, closed 600 s after the wish."""
    s = Story("case-d", "amazon", "A-1").asked(at(18, "09:00"), at(18, "09:00"), "stockout", "ops")
    s.order(at(18, "09:00:01"), {"L1": 1}).leg(at(18, "09:00:02"), "1", "north", "third_party", {"L1": 1})
    s.stop(at(18, "09:00:10"), "1").answer(at(18, "09:01:10"), "1", "system_cancelled")
    s.settle(at(18, "09:01:20"), "1", "stopped", {"L1": 1})
    s.add(
        at(18, "09:02"),
        e.CancelWeighed({"L1": 1}, "NoInventory", "NoInventory", "backed", 0, 20, "5.00", "2.5", True, ""),
        e.OrderCancelRequested("amazon", "full", {"L1": 1}, 1),
        e.OrderCancelled("amazon", "full", {"L1": 1}, "ref", True),
    )
    return s.close(at(18, "09:10"), "stopped", "ops_stockout", avoidable=True)


def _saved() -> Story:
    """E: the customer took another address; and asked again two days later (F)."""
    s = Story("case-e", "shopify", "1005").asked(at(17, "08:00"), at(17, "08:00"), "address")
    s.order(at(17, "08:00:01"), {"L1": 1}).leg(at(17, "08:00:02"), "1", "south", "in_house", {"L1": 1})
    s.settle(at(17, "09:00"), "1", "saved", {"L1": 1})
    return s.close(at(17, "09:00"), "saved", "address_doubted", avoidable=True)


def _saved_in_vain() -> Story:
    """F: the second case on the same order. The picker has it: rejected after 90 s, and it ships. Closed 2 hours after the wish."""
    s = Story("case-f", "shopify", "1005", 2).asked(at(19, "08:00"), at(19, "08:00"), "customer_request")
    s.order(at(19, "08:00:01"), {"L1": 1}, placed=at(17, "06:00")).leg(
        at(19, "08:00:02"), "1", "south", "in_house", {"L1": 1}
    )
    s.stop(at(19, "08:00:10"), "1", level="sent").answer(at(19, "08:01:40"), "1", "rejected")
    s.settle(at(19, "08:02"), "1", "shipped", {"L1": 1})
    return s.close(at(19, "10:00"), "shipped", "late_cancel", avoidable=False)


def _open() -> Story:
    """G: a suspected fraud of Saturday 10:00 that nobody has looked at; its hour is over, and its owner is the next in line."""
    s = Story("case-g", "shopify", "1007").asked(at(21, "10:00"), at(21, "10:00"), "fraud", "ops")
    s.exception(at(21, "10:00:30"), "x-g", "", "fraud_without_evidence", "P1", "fraud", at(21, "11:00:30"))
    return s.add(at(21, "11:00:31"), e.ExceptionEscalated("x-g", "ops", at(21, "12:00:31"), 1))


def _over_midnight() -> Story:
    """H: received one second before the week ends in Berlin, stopped and closed after it (but on Sunday still, by UTC)."""
    s = Story("case-h", "shopify", "1008").asked(at(22, "22:59:59"), at(22, "22:59:59"), "customer_request")
    s.order(at(22, "23:00:00"), {"L1": 1}).leg(at(22, "23:00:00"), "1", "north", "third_party", {"L1": 1})
    s.stop(at(22, "23:00:01"), "1").answer(at(22, "23:00:05"), "1", "system_cancelled")
    s.settle(at(22, "23:00:06"), "1", "stopped", {"L1": 1})
    return s.close(at(22, "23:10"), "stopped", "customer_request", avoidable=False)


def _paid_twice() -> Story:
    """I: half of line L1 was stopped and paid for 50 hours after the proof; an agent had paid for all of it in the store meanwhile."""
    s = Story("case-i", "shopify", "1009").asked(at(16, "15:00"), at(16, "15:00"), "customer_request")
    s.order(at(16, "15:00:01"), {"L1": 4}, placed=at(16, "14:00")).leg(
        at(16, "15:00:02"), "1", "north", "third_party", {"L1": 4}
    )
    s.stop(at(16, "15:00:10"), "1").answer(at(16, "15:04:10"), "1", "system_cancelled")
    s.settle(at(16, "15:05"), "1", "stopped", {"L1": 4})
    s.add(at(17, "09:00"), e.PaymentSeen("refund", "gid/refund/7", {"L1": 2}, at(17, "09:00")))
    s.refund(at(18, "17:00"), at(18, "17:05"), "m-i", "40.00", {"L1": 4})
    return s.close(at(18, "18:00"), "stopped", "customer_request", avoidable=False)


def orders() -> list[OrderFact]:
    """Of the week: 16 of shopify by third parties, 4 in house, 20 of amazon; and one of the Monday after it."""
    found = [OrderFact(MERCHANT, "shopify", f"s{i}", "2026-11-16", "third_party") for i in range(16)]
    found += [OrderFact(MERCHANT, "shopify", f"h{i}", "2026-11-22", "in_house") for i in range(4)]
    found += [OrderFact(MERCHANT, "amazon", f"a{i}", f"2026-11-{16 + i % 7:02d}", "unknown") for i in range(20)]
    return [*found, OrderFact(MERCHANT, "shopify", "late", "2026-11-23", "third_party")]


def facts_of_week() -> Sequence[CaseFacts]:
    return [story.facts for story in stories()]
