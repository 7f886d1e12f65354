"""The desk's floor without a state machine: cases whose exceptions wait for people, and nobody who goes on by himself."""

from dataclasses import dataclass, field
from datetime import datetime

from stopship.application.ports import Append, ExceptionItem, NewEvent, OrderLock
from stopship.application.raise_exception import raise_exception
from stopship.domain import events as e
from stopship.domain import instant
from stopship.domain.ids import case_id
from stopship.domain.policy import Cause
from tests.fakes.world import CHANNEL, MERCHANT, World


@dataclass
class Waits:
    """Stands where the state machine would: remembers who was woken."""

    woken: list[str] = field(default_factory=list)

    def start(self, merchant: str, case_id: str, number: int) -> str:
        return f"{merchant}-{case_id}-{number}"

    def running(self) -> frozenset[str]:
        return frozenset()

    def alive(self, name: str) -> bool:
        return bool(name)

    def wake(self, token: str, output: object) -> bool:
        first = token not in self.woken
        self.woken.append(token)
        return first


class Floor(World):
    """A world whose cases all stand at an exception of their own."""

    def __init__(self, now: str = "") -> None:
        super().__init__()
        self.waits = Waits()
        self.plug_in(self.waits)
        if now:
            self.clock.moment = instant.parse(now)

    def raised(
        self,
        ref: str = "1001",
        cause: Cause = Cause.MONEY_FAILED,
        *,
        step: str = "payment",
        merchant: str = MERCHANT,
        total: str = "20.00",
        vip: bool = False,
    ) -> ExceptionItem:
        """A case with one open exception, as a step of the machine would leave it, and the message about it in its queue."""
        name, now = case_id(merchant, CHANNEL, ref, 1), self.clock.now()
        policy = self.policies.current(merchant)
        self.orders.setdefault(ref, self.order(ref))
        facts: list[e.Event] = [
            e.CaseOpened(CHANNEL, ref, 1, policy.version, policy.hash),
            e.RequestReceived(f"w-{ref}", "customer_request", "customer", "ops", now, now, {}, "", False, [], "0" * 64),
            e.OrderRead(f"#{ref}", [], total, "EUR", False, vip, "", now),
        ]
        lock = OrderLock(CHANNEL, ref, name, 1, active=True)
        self.ledger.append(Append(merchant, name, 0, now, [NewEvent(x) for x in facts], lock=lock))
        raise_exception(
            self.desk, merchant, name, leg_id="", step=step, cause=cause, error="", detail="", token=f"token-{ref}"
        )
        (exception_id,) = self.desk.cases.load(merchant, name).exceptions
        item = self.ledger.exception(merchant, exception_id)
        if item is None:
            raise AssertionError(exception_id)
        self.queues.send(item.tier, {"merchant": merchant, "exception_id": item.exception_id})
        return item

    def now_is(self, moment: str) -> None:
        """Lets everything happen that is due up to then."""
        until = instant.parse(moment)
        if until < self.clock.moment:
            raise AssertionError(f"it is {self.clock.moment} already")
        self.agenda.run_for((until - self.clock.moment).total_seconds())

    def item(self, item: ExceptionItem) -> ExceptionItem:
        """As it is now."""
        found = self.ledger.exception(item.merchant, item.exception_id)
        if found is None:
            raise AssertionError(item.exception_id)
        return found


def minute(moment: str) -> str:
    """To the minute: a look at the clock takes time."""
    return datetime.fromisoformat(moment).strftime("%a %d %H:%M")
