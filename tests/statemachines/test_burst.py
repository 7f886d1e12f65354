"""Five hundred cancels of two merchants at once, in virtual time: limits hold, the urgent go first, everybody comes to an end, once."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import pytest

from stopship.application.ports import Place
from stopship.application.sweep_cases import sweep_cases
from stopship.domain.case import Case
from stopship.domain.errors import PartnerUnavailable
from stopship.domain.instant import seconds_between
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause
from stopship.domain.request import Reason, Requester
from tests.fakes.partners import captured
from tests.fakes.strands import Strands
from tests.fakes.world import CHANNEL, World
from tests.statemachines.machine import Machine

MERCHANTS = ("acme", "zeta")
CANCELS = 500
URGENT = 10
"""Every so many-th is one of suspected fraud."""
ERP_PLACES, ERP_RESERVED, DOCKS = 5, 1, 12
CALL_SECONDS = 0.4
LIMITS: Mapping[str, Any] = {
    "netsuite": {"limits": {"concurrent": ERP_PLACES, "reserved": ERP_RESERVED}},
    "warehouses": {"north": {"kind": "generic_3pl", "limits": {"concurrent": DOCKS}}},
}
ONCE = ("north.stop", "store.cancel", "erp.update", "payments.refund", "mail")


@dataclass
class Counts:
    """How many calls are under way, and were at most, by merchant and partner."""

    now: Counter[tuple[str, str]] = field(default_factory=Counter)
    most: Counter[tuple[str, str]] = field(default_factory=Counter)
    all: Counter[tuple[str, str]] = field(default_factory=Counter)
    down: set[tuple[str, str]] = field(default_factory=set)
    """Who does not answer."""


class Slow:
    """An adapter whose calls take time, and are counted while they do."""

    def __init__(self, world: World, adapter: Any, place: tuple[str, str], counts: Counts) -> None:
        self._world, self._adapter, self._place, self._counts = world, adapter, place, counts

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._adapter, name)

        def call(*args: Any, **named: Any) -> Any:
            counts, place = self._counts, self._place
            counts.now[place] += 1
            counts.all[place] += 1
            counts.most[place] = max(counts.most[place], counts.now[place])
            self._world.agenda.sleep(CALL_SECONDS)
            try:
                if place in counts.down:
                    raise PartnerUnavailable(place[1], "no connection", in_doubt=False)
                return method(*args, **named)
            finally:
                counts.now[place] -= 1

        return method if name == "expected_work" else call


class SlowPartners:
    """Implements ports.Connections."""

    def __init__(self, world: World, counts: Counts) -> None:
        self._world, self._counts = world, counts

    def _slow(self, merchant: str, name: str, adapter: Any) -> Any:
        return Slow(self._world, adapter, (merchant, name), self._counts)

    def order_system(self, merchant: str, channel: str) -> Any:
        return self._slow(merchant, channel, self._world.store)

    def warehouses(self, merchant: str) -> Any:
        return {"north": self._slow(merchant, "north", self._world.warehouses["north"])}

    def places(self, merchant: str) -> dict[str, Place]:
        return {"north": Place("generic_3pl")}

    def hold_first(self, merchant: str) -> list[str]:
        return []

    def erp(self, merchant: str) -> Any:
        return self._slow(merchant, "netsuite", self._world.erp)

    def payments(self, merchant: str, channel: str) -> Any:
        return self._slow(merchant, channel, self._world.payments)

    def refunds_by_person(self, merchant: str, channel: str) -> None:
        return None

    def tickets(self, merchant: str, source: str) -> None:
        return None

    def carrier(self, merchant: str, name: str) -> None:
        return None

    def buyer_messages(self, merchant: str, channel: str) -> None:
        return None

    def sender(self, merchant: str) -> str:
        return "desk@example.com"


class Burst:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = World()
        self.machine = Machine(self.world)
        self.world.plug_in(self.machine)
        self.counts = Counts()
        Strands(self.world.agenda)
        self.world.govern(LIMITS, connections=SlowPartners(self.world, self.counts), patience=1.5)

    def ask(self, number: int) -> None:
        merchant, ref = MERCHANTS[number % 2], f"{1000 + number}"
        captured(self.world.order(ref))
        urgent: dict[str, Any] = {"reason": Reason.FRAUD, "requester": Requester.OPS, "evidence": ("risk-1",)}
        more = urgent if (number // 2) % URGENT == 0 else {}
        self.world.schedule(number / 100, lambda: self.world.ask(ref, f"d-{ref}", merchant=merchant, **more))

    def run(self) -> None:
        self.world.agenda.run_until_idle(limit=500_000)

    def minutes(self, number: int) -> None:
        """The sweep runs every minute, as it does."""
        for _ in range(number):
            self.world.later(60)
            sweep_cases(self.world.desk)
            self.run()

    def cases(self, merchant: str) -> list[Case]:
        ledger, cursor, heads = self.world.ledger, "", list[Any]()
        while True:
            page = ledger.cases(merchant, cursor=cursor, limit=100)
            heads += page.items
            cursor = page.cursor
            if not cursor:
                break
        return [self.world.desk.cases.load(merchant, h.case_id) for h in heads if h.channel == CHANNEL]


def seconds_of(case: Case) -> float:
    assert case.closed
    return seconds_between(case.received_at, case.closed.at)


def is_urgent(case: Case) -> bool:
    return case.reason is Reason.FRAUD


def test_a_burst_of_two_merchants_keeps_within_limits_the_urgent_first_and_all_end_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    burst = Burst(monkeypatch)
    for number in range(CANCELS):
        burst.ask(number)
    burst.run()
    effects = Counter((x.what, x.subject) for x in burst.world.effects if x.what in ONCE)
    for merchant in MERCHANTS:
        cases = burst.cases(merchant)
        assert len(cases) == CANCELS / 2
        ends = Counter(c.closed.fact.outcome if c.closed else "" for c in cases)
        urgent = [seconds_of(c) for c in cases if is_urgent(c)]
        others = [seconds_of(c) for c in cases if not is_urgent(c)]
        assert ends == {Outcome.STOPPED: len(others), Outcome.BLOCKED: len(urgent)}
        assert not [x for c in cases for x in c.exceptions]
        assert burst.counts.most[merchant, "netsuite"] == ERP_PLACES
        assert burst.counts.most[merchant, "north"] == DOCKS
        assert max(urgent) < median(others), "the urgent go first"
        # Reading and writing, one after the other, in the places that ordinary cases have.
        at_best = 2 * CALL_SECONDS * len(others) / (ERP_PLACES - ERP_RESERVED)
        assert max(others) < 2 * at_best, "nobody waits much longer than all the work there is takes"
    assert set(effects.values()) == {1} and len(effects) == len(ONCE) * CANCELS
    assert not burst.world.traffic.outages() and not +burst.counts.now


def test_a_partner_that_goes_down_in_the_middle_is_one_outage_and_all_go_on_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    burst, erp = Burst(monkeypatch), ("acme", "netsuite")
    for number in range(120):
        burst.ask(number)
    burst.world.schedule(4, lambda: burst.counts.down.add(erp))
    burst.run()
    ((merchant, partner, outage),) = [(x.merchant, x.partner, x.traffic.outage) for x in burst.world.traffic.outages()]
    assert (merchant, partner) == erp
    before = burst.counts.all[erp]
    burst.minutes(5)
    assert burst.counts.all[erp] - before <= 5, "one looks, not every case"
    assert [c for c in burst.cases("zeta") if not c.closed] == []
    waiting = [x.opened.fact for c in burst.cases("acme") for x in c.open_exceptions]
    assert len(waiting) == len([c for c in burst.cases("acme") if not c.closed]) > 30
    assert {(x.cause, x.evidence["outage"]) for x in waiting} == {(Cause.PARTNER_UNAVAILABLE, outage)}
    assert burst.world.traffic.load(*erp)[0].waiting == len(waiting)
    burst.counts.down.clear()
    burst.minutes(5)
    cases = burst.cases("acme")
    assert [c for c in cases if not c.closed or c.open_exceptions] == []
    ends = [
        (x.resolved.fact.by.partition(":")[0], x.resolved.at)
        for c in cases
        for x in c.exceptions.values()
        if x.resolved
    ]
    assert len(ends) == len(waiting) and {by for by, _ in ends} == {"evidence"}
    freed = {at: c for c in cases for x in c.exceptions.values() if x.resolved for at in [x.resolved.at]}
    order = [is_urgent(freed[at]) for at in sorted(freed)]
    assert any(order) and order == sorted(order, reverse=True), "the urgent go on first"
    assert burst.counts.most[erp] <= ERP_PLACES and not burst.world.traffic.outages()
    effects = Counter((x.what, x.subject) for x in burst.world.effects if x.what in ONCE)
    assert set(effects.values()) == {1} and len(effects) == len(ONCE) * 120
