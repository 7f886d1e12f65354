"""A story: an order, what its partners do, and what happens when. It is told with crashes, and must end well all the same."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from stopship.application.ports import ExceptionItem
from stopship.domain.policy import Cause
from stopship.domain.resolution import Resolution, allowed
from tests.fakes.partners import Manner
from tests.statemachines.play import Play

ROUNDS = 30

type Words = Callable[[ExceptionItem, int], Resolution]
"""What a person says to an exception, the how manieth time."""


@dataclass
class Story:
    """``stage`` sets the scene and schedules what happens; ``aftermath`` happens when all is over for the first time."""

    stage: Callable[[Play], None]
    words: Words | None = None
    aftermath: Callable[[Play], None] | None = None
    play: Play = field(default_factory=Play)

    def tell(self) -> Play:
        """To the end: sweeps run, people answer, and after a while the world is quiet."""
        self.stage(self.play)
        for round_ in range(ROUNDS):
            if round_ == ROUNDS // 3:
                make_quiet(self.play)
            self.play.world.settle()
            self.play.world.sweep()
            if self._over():
                if self.aftermath is None:
                    break
                happens, self.aftermath = self.aftermath, None
                happens(self.play)
            self._answer(round_)
        return self.play

    def _answer(self, round_: int) -> None:
        """Only when a sweep finds nobody asleep, so that whoever can still go on has done so."""
        for item in self.play.world.exceptions:
            word = self.words(item, round_) if self.words and round_ < ROUNDS // 2 else sensible(item, round_)
            self.play.world.insist(item, word)

    def _over(self) -> bool:
        world = self.play.world
        return not world.agenda.busy and not world.exceptions and all(case.closed for case in world.cases)


def make_quiet(play: Play) -> None:
    """The partners are well, answer at once, and have done what was asked of them."""
    world = play.world
    world.faults.calm()
    world.store.recreates = 0
    world.store.confirms_after = 0
    world.store.confirm_all()
    world.payments.never, world.payments.fails = False, 0
    world.erp.known, world.erp.without, world.erp.billed = True, set(), dict(world.erp.fulfilled)
    for warehouse in world.warehouses.values():
        warehouse.manner, warehouse.reading_age = Manner.PROMPT, 0
        warehouse.believes.clear()
    for order in world.orders.values():
        order.known, order.dispute = True, False


def sensible(item: ExceptionItem, round_: int) -> Resolution:
    """Try again first; then say what became of it."""
    possible = allowed(Cause(item.cause), of_leg=bool(item.leg_id))
    if item.cause == Cause.INTERCEPT_UNRESOLVED:
        return Resolution.IT_SHIPPED
    if item.cause == Cause.FRAUD_WITHOUT_EVIDENCE:
        # Nobody has a document: a stop, however well vouched for, would only be asked about again.
        return Resolution.LET_IT_SHIP
    if item.leg_id:
        left = item.cause in (Cause.SHIPPED_AFTER_STOP, Cause.CARRIER_INTERCEPT)
        return Resolution.IT_SHIPPED if left else Resolution.THEY_STOPPED_IT
    if round_ % 2 == 0:
        return Resolution.RETRY
    order = (Resolution.NO_REFUND, Resolution.DONE_BY_HAND, Resolution.WITHDRAWN, Resolution.RETRY)
    return next(word for word in order if word in possible)


def outcome(play: Play) -> tuple[object, ...]:
    """What a story came to: the ends of the cases, the money, and what each order has been paid back, however many steps it took."""
    cases = sorted((c.order_ref, c.closed.fact.outcome if c.closed else "open") for c in play.world.cases)
    paid = sorted((ref, tuple(sorted(order.refunded_lines.items()))) for ref, order in play.world.orders.items())
    money: dict[str, Decimal] = {}
    for effect in play.world.effects:
        if effect.what.startswith("payments."):
            money[effect.what] = money.get(effect.what, Decimal(0)) + Decimal(effect.detail)
    returns = sorted(str(x.detail) for x in play.world.effects if x.what == "store.return")
    return tuple(cases), tuple(paid), tuple(sorted(money.items())), tuple(returns)
