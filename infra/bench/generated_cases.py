"""Some thousand cases of nine weeks as they might have been: drawn once, the same in every run, and told as events.

The chance of a stop falls with the order's age, warehouses differ in what their word is worth, and one of them gets worse from week to week:
so that a report over them has something to say.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from infra.bench.told_case import SHA, ToldCase
from stopship.domain import events as e
from stopship.domain import instant
from stopship.domain.kpi.facts import CaseFacts
from stopship.domain.kpi.weeks import Week

LAST_WEEK = Week(2026, 47)
WEEKS = 9
CHANNELS, CHANNEL_WEIGHTS = ("shopify", "amazon"), (7, 3)
REASONS = ("customer_request", "stockout", "address", "lead_time", "duplicate_order", "fraud")
REASON_WEIGHTS = (52, 12, 12, 10, 8, 6)
CAUSES = {
    "customer_request": "customer_request",
    "stockout": "ops_stockout",
    "address": "address_doubted",
    "lead_time": "delivery_promise_missed",
    "duplicate_order": "ops_duplicate_order",
    "fraud": "fraud_risk_assessed",
}
AVOIDABLE = frozenset({"ops_stockout", "address_doubted", "delivery_promise_missed", "ops_duplicate_order"})


@dataclass(frozen=True, slots=True)
class Warehouse:
    """``answer`` is its median answer in seconds, ``false`` how often its OK is none, ``silent`` how often it says nothing, ``worse`` what each
    week adds to both."""

    name: str
    kind: str
    partner: str
    answer: float
    false: float
    silent: float
    worse: float = 0.0


WAREHOUSES = (
    Warehouse("north", "third_party", "shiphero", 45, 0.01, 0.02),
    Warehouse("east", "third_party", "generic_3pl", 240, 0.02, 0.04, 0.012),
    Warehouse("own", "in_house", "shipbob", 90, 0.005, 0.01),
    Warehouse("vendor", "drop_ship", "email_vendor", 3600, 0.03, 0.15),
)
_WEIGHTS = (40, 30, 20, 10)


def generated(count: int, seed: int = 47) -> Iterator[CaseFacts]:
    """Facts of so many cases, as evenly over the weeks as it goes."""
    random = Random(seed)
    for number in range(count):
        yield _Drawn(random, number).tell().facts


class _Drawn:
    """One case, drawn step by step."""

    def __init__(self, random: Random, number: int) -> None:
        self.random, self.number = random, number
        self.week = number % WEEKS
        monday = LAST_WEEK.plus(self.week + 1 - WEEKS).monday
        # Fewer at night, and none before the working week's first hour by UTC.
        minutes = min(random.gauss(13 * 60, 4 * 60) % 1440 + 1440 * random.randrange(7), 7 * 1440 - 1)
        self.now = datetime(monday.year, monday.month, monday.day, tzinfo=UTC) + timedelta(minutes=minutes)
        self.channel = random.choices(CHANNELS, CHANNEL_WEIGHTS)[0]
        self.reason = random.choices(REASONS, REASON_WEIGHTS)[0]
        self.house = random.choices(WAREHOUSES, _WEIGHTS)[0]
        self.age = random.lognormvariate(4.2, 1.4)
        self.amount = f"{random.randrange(900, 24_000) / 100:.2f}"
        self.lines = {"1": random.choice((1, 1, 1, 2, 3))}
        self.cause = CAUSES[self.reason] if random.random() < 0.8 else random.choice(list(CAUSES.values()))
        self.told = ToldCase(f"case-{number:07d}", self.channel, f"o{number}", merchant="acme")

    def at(self, seconds: float = 0) -> str:
        self.now += timedelta(seconds=seconds)
        return instant.text(self.now)

    def tell(self) -> ToldCase:
        placed = instant.text(self.now - timedelta(minutes=self.age))
        requester = "ops" if self.cause.startswith("ops_") else "customer"
        self.told.asked(self.at(), self.at(self.random.uniform(0.2, 30)), self.reason, requester)
        self.told.order(self.at(0.4), self.lines, placed)
        self.told.leg(self.at(0.2), "1", self.house.name, self.house.kind, self.lines, self.house.partner)
        if self.random.random() < 0.03:
            return self._saved()
        if self.random.random() < min(0.9, self.age / 3000):
            return self._gone_before()
        self.told.stop(self.at(0.5), "1", "sent" if self.house.partner == "email_vendor" else "accepted")
        if self.random.random() < self.house.silent + self.house.worse * self.week:
            return self._silent()
        return self._answered()

    def _saved(self) -> ToldCase:
        self.told.settle(self.at(self.random.uniform(600, 9000)), "1", "saved", self.lines)
        return self._close("saved")

    def _gone_before(self) -> ToldCase:
        self.told.settle(self.at(1), "1", "shipped", self.lines)
        if self.random.random() < 0.3:
            self.told.add(self.at(60), e.ReturnOpened(self.lines, "R"))
        return self._close("shipped", "asked_after_departure")

    def _silent(self) -> ToldCase:
        deadline = self.at(900)
        self.told.add(deadline, e.SilenceRecorded("1", 1, deadline))
        ends = self._exception("silent_warehouse", "P2", "warehouse", 4)
        if not ends:
            return self.told
        stopped = self.random.random() < 0.6
        return self._end("stopped" if stopped else "shipped", None if stopped else "warehouse_silent")

    def _exception(self, cause: str, tier: str, owner: str, hours: int) -> bool:
        """Whether somebody has ended it: of the last week, some are still open."""
        name = f"x-{self.number}"
        opened = self.at(0.3)
        self.told.exception(opened, name, "1", cause, tier, owner, instant.plus(opened, hours * 3600))
        if self.week == WEEKS - 1 and self.random.random() < 0.25:
            return False
        self.told.resolve(self.at(self.random.expovariate(1 / (hours * 1800))), name, "they_stopped_it")
        return True

    def _answered(self) -> ToldCase:
        seconds = self.house.answer * self.random.lognormvariate(0, 0.7)
        if self.random.random() < min(0.5, self.age / 1500):
            self.told.answer(self.at(seconds), "1", "rejected")
            if not self._exception("stop_rejected", "P2", "warehouse", 4):
                return self.told
            return self._end("shipped", "late_cancel")
        level = "system_cancelled" if self.age < 60 else "physically_stopped"
        self.told.answer(self.at(seconds), "1", level)
        return self._end("blocked" if self.reason == "fraud" else "stopped")

    def _end(self, outcome: str, cause: str | None = None) -> ToldCase:
        self.told.settle(self.at(2), "1", outcome, self.lines)
        if outcome == "shipped":
            self.told.add(self.at(5), e.ReturnOpened(self.lines, "R"))
            return self._close("shipped", cause)
        self._cancelled()
        wait = 20.0 if self.random.random() < 0.94 else 3600 * self.random.uniform(25, 90)
        self.told.refund(self.at(1), self.at(wait), f"m-{self.number}", self.amount, self.lines)
        if self.random.random() < 0.004:
            self.told.add(self.at(3), e.PaymentSeen("refund", f"r{self.number}", self.lines, self.at()))
        self._close(outcome, cause)
        if self.random.random() < self.house.false + self.house.worse * self.week / 2:
            self._left()
        return self.told

    def _cancelled(self) -> None:
        if self.channel == "amazon":
            weighed = e.CancelWeighed(self.lines, "NoInventory", "NoInventory", "backed", 0, 0, "", "2.5", False, "")
            counts = self.cause == "ops_stockout"
            asked = e.OrderCancelRequested("amazon", "full", self.lines, 1)
            self.told.add(self.at(0.5), *([weighed] if counts else []), asked)

    def _left(self) -> None:
        """All the same."""
        moment = self.at(3600 * self.random.uniform(2, 20))
        seen = e.ShipmentSeen("1", self.house.name, moment, True, self.lines, SHA)
        self.told.add(moment, seen, e.LegReopened("1", "it left"), e.CaseReopened("it left"))
        self.told.settle(self.at(600), "1", "shipped", self.lines).add(self.at(5), e.ReturnOpened(self.lines, "R"))
        self._close("shipped", "shipped_after_stop")

    def _close(self, outcome: str, cause: str | None = None) -> ToldCase:
        return self.told.close(self.at(3), outcome, cause or self.cause, avoidable=self.cause in AVOIDABLE)
