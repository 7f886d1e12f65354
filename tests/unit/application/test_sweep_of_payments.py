"""The sweep over all merchants: one that is away or broken keeps no other from being swept."""

from dataclasses import replace
from typing import Any

import pytest

from stopship.adapters import turn
from stopship.adapters.gate import Gate, Pacing
from stopship.adapters.governed import governed
from stopship.adapters.traffic_memory import MemoryTraffic
from stopship.application.ports import UnpaidPage
from stopship.application.sweep_payments import LONGEST_PAUSE, PAUSES, Pause, SweptPayments, sweep_payments
from stopship.domain.errors import PartnerBusy, PartnerContractBroken, PartnerDown, PartnerUnavailable
from stopship.domain.limits import Limit
from stopship.domain.payment_timeout import OpenPayment, PaymentTimeout
from tests.fakes.agenda import VirtualClock
from tests.fakes.platform import KeptEvidence

OLD = OpenPayment("5001", "pending", "2026-02-01T00:00:00.000000Z", "77", manual=False, terms=False)


class Shop:
    def __init__(self, *payments: OpenPayment, error: Exception | None = None) -> None:
        self.payments, self.error, self.asked_before, self.tries = payments, error, "", 0

    def unpaid_page(self, created_before: str, after: str) -> UnpaidPage:
        """One order a page; the error comes behind the last."""
        self.asked_before = created_before
        place = int(after or 0)
        if place == len(self.payments):
            self.tries += 1
            if self.error:
                raise self.error
            return UnpaidPage([])
        return UnpaidPage(self.payments[place : place + 1], str(place + 1))

    def unpaid_order(self, order_ref: str) -> OpenPayment | None:
        raise AssertionError("only the worker asks for one order")


class Queue:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)


def sweep(
    queue: Queue, evidence: KeptEvidence, rules: dict[str, PaymentTimeout], pause: Pause = lambda _: None, **shops: Any
) -> SweptPayments:
    return sweep_payments(rules, lambda merchant: shops[merchant], evidence, queue, VirtualClock(), pause)


def test_only_what_is_overdue_is_asked_for_and_the_shop_is_asked_only_for_what_is_old_enough() -> None:
    queue, evidence = Queue(), KeptEvidence()
    young = replace(OLD, order_ref="5002", since="2026-03-02T08:00:00.000000Z")
    shop = Shop(OLD, young, replace(OLD, order_ref="5003", manual=True), replace(OLD, order_ref="5004", terms=True))
    swept = sweep(queue, evidence, {"acme": PaymentTimeout(24)}, acme=shop)
    assert [(m["merchant"], m["source"], m["delivery_id"]) for m in queue.sent] == [
        ("acme", "payment-timeout", "5001:77")
    ]
    assert (swept.merchants, swept.seen, swept.asked) == (1, 4, 1)
    assert shop.asked_before.startswith("2026-03-01T09:00:00")


def test_a_merchant_without_a_limit_is_not_looked_at() -> None:
    queue = Queue()
    swept = sweep(queue, KeptEvidence(), {"acme": PaymentTimeout()}, acme=Shop(OLD, error=AssertionError("looked at")))
    assert (swept.merchants, queue.sent) == (0, [])


def test_an_order_that_is_found_again_is_the_same_delivery() -> None:
    queue, evidence = Queue(), KeptEvidence()
    for _ in range(2):
        sweep(queue, evidence, {"acme": PaymentTimeout(24)}, acme=Shop(OLD))
    assert len({(m["source"], m["delivery_id"]) for m in queue.sent}) == len(evidence.kept) == 1


def test_a_shop_that_is_away_is_left_to_the_next_sweep_and_a_broken_one_is_named_and_all_others_are_swept() -> None:
    queue = Queue()
    away = Shop(OLD, error=PartnerUnavailable("shopify", "throttled", in_doubt=False))
    broken = Shop(error=PartnerContractBroken("shopify", "odd"))
    rules = dict.fromkeys(("away", "broken", "good"), PaymentTimeout(24))
    swept = sweep(queue, KeptEvidence(), rules, away=away, broken=broken, good=Shop(OLD))
    assert (swept.busy, list(swept.failed)) == (["away"], ["broken"])
    assert [m["merchant"] for m in queue.sent] == ["away", "good"]


def test_a_shop_that_is_busy_is_given_the_time_that_it_asks_for_and_goes_on_where_it_was() -> None:
    queue, waits = Queue(), list[float]()
    shop = Shop(OLD, replace(OLD, order_ref="5002"), error=PartnerBusy("shopify", "throttled", retry_after=3.5))

    def pause(seconds: float) -> None:
        waits.append(seconds)
        shop.error = None

    swept = sweep(queue, KeptEvidence(), {"acme": PaymentTimeout(24)}, pause, acme=shop)
    assert (waits, swept.busy, swept.seen, len(queue.sent)) == ([3.5], [], 2, 2)


@pytest.mark.parametrize(
    ("error", "pauses"),
    [
        (PartnerBusy("shopify", "throttled", retry_after=1.0), PAUSES),
        (PartnerUnavailable("shopify", "reset", in_doubt=False), PAUSES),
        (PartnerBusy("shopify", "throttled", retry_after=LONGEST_PAUSE + 1), 0),
        (PartnerDown("shopify", "out-1", "2026-03-02T08:00:00.000000Z"), 0),
    ],
)
def test_a_shop_that_stays_away_is_left_to_the_next_sweep(error: PartnerUnavailable, pauses: int) -> None:
    waits, shop = list[float](), Shop(error=error)
    swept = sweep(Queue(), KeptEvidence(), {"acme": PaymentTimeout(24)}, waits.append, acme=shop)
    assert (swept.busy, swept.failed, len(waits), shop.tries) == (["acme"], {}, pauses, pauses + 1)


def test_a_shop_whose_pages_have_no_end_is_named() -> None:
    class Endless:
        def unpaid_page(self, _before: str, after: str) -> UnpaidPage:
            return UnpaidPage([], f"{after}x")

    swept = sweep(Queue(), KeptEvidence(), {"acme": PaymentTimeout(24)}, acme=Endless())
    assert list(swept.failed) == ["acme"]


def test_the_reserved_place_is_no_sweeps_and_whoever_waits_holds_none() -> None:
    """Two places, one of them for urgent cases; an ordinary call has the other one."""
    book, limit, shop, seconds = MemoryTraffic(), Limit(concurrent=2, reserved=1), Shop(OLD), [1000.0]

    def let_pass(more: float) -> None:
        seconds[0] += more

    gate = Gate(book, "acme", "shopify", limit, Pacing(now=lambda: seconds[0], pause=let_pass, patience=0.5))
    watch = governed(shop, gate, urgent=False)
    held: list[int] = []

    def pause(more: float) -> None:
        let_pass(more)
        held.append(len(book.load("acme", "shopify")[0].leases))
        with gate.turn(urgent=True):
            held.append(len(book.load("acme", "shopify")[0].leases))

    with gate.turn(urgent=False):
        # As another worker would: in this one's own turn the gate is open.
        token = turn._current.set(None)
        swept = sweep(Queue(), KeptEvidence(), {"acme": PaymentTimeout(24)}, pause, acme=watch)
        turn._current.reset(token)
    assert (swept.busy, shop.asked_before) == (["acme"], "")
    assert held == [1, 2] * PAUSES
    assert sweep(Queue(), KeptEvidence(), {"acme": PaymentTimeout(24)}, acme=watch).asked == 1
