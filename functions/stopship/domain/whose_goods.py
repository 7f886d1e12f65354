"""Whose goods a message about a shipment means. Many partners name neither the piece of work nor its lines.

Pure. What can only be one leg's is that leg's; where other goods of the order, or several legs, may be meant, nobody guesses.
"""

import hashlib

from stopship.domain.case import Case, Leg, lines_of, subtract, total
from stopship.domain.order import Quantities
from stopship.domain.outcome import ENDS_WITHOUT_SHIPMENT, Outcome
from stopship.domain.resolution import LETS_GO, Resolution
from stopship.domain.signal import Signal
from stopship.frozen import frozen

_MAY_LEAVE = LETS_GO | {Resolution.IT_SHIPPED}
"""Words after which a leg leaves, or has left, without an alarm."""


@frozen
class Meant:
    """``sure`` are the legs that the message is about, ``perhaps`` those that it may be about and that are not known to have left."""

    sure: tuple[Leg, ...] = ()
    perhaps: tuple[Leg, ...] = ()

    @property
    def all(self) -> tuple[Leg, ...]:
        return self.sure + self.perhaps


def whose_goods(case: Case, signal: Signal) -> Meant:
    """By the work that it names, else by its lines, else by the place that tells it."""
    named = case.legs_of(signal.leg_id) or _all_there(case, signal.leg_id)
    if named:
        return Meant(tuple(_of_one_work(case, named, signal)))
    here = [leg for leg in case.legs.values() if signal.place in ("", leg.plan.warehouse)]
    if signal.lines:
        here = [leg for leg in here if set(leg.plan.lines) & set(signal.lines)]
        sure = [leg for leg in here if _holds_all_of(case, leg, signal)]
    else:
        sure = here if len(here) == 1 and _is_all_of_the_order(case) else []
    perhaps = [leg for leg in here if leg not in sure and not leg.departure and leg.outcome is not Outcome.SHIPPED]
    return Meant(tuple(sure), tuple(perhaps))


def _all_there(case: Case, leg_id: str) -> list[Leg]:
    """A leg of all that a place has of the order: its work has no id of its own."""
    return [leg for leg in case.legs.values() if not leg.work_id and leg.plan.leg_id == leg_id]


def _of_one_work(case: Case, named: list[Leg], signal: Signal) -> list[Leg]:
    """Where parts of the work may leave, what leaves is taken for those, as far as they go. Only what is beyond them is of the others."""
    wholes = {leg.planned.fact.leg_id for leg in named}
    legs = [leg for leg in case.legs.values() if leg.planned.fact.leg_id in wholes]
    free = [leg for leg in legs if _may_leave(leg)]
    if not free:
        return named
    if signal.lines:
        return _by_lines(legs, free, signal)
    leaving = [leg for leg in free if _to_leave(leg, signal)]
    others = [leg for leg in legs if leg not in free]
    if leaving and signal.departed:
        # Whether a stop that is under way came too late, its answer says; one that has ended might have been undone.
        others = [leg for leg in others if leg.outcome in ENDS_WITHOUT_SHIPMENT]
    return leaving + others


def _by_lines(legs: list[Leg], free: list[Leg], signal: Signal) -> list[Leg]:
    rest, found = dict(signal.lines), list[Leg]()
    for leg in free:
        leaving = _to_leave(leg, signal)
        if set(leaving) & set(rest):
            found.append(leg)
            rest = subtract(rest, leaving)
    for leg in legs:
        careful = not signal.departed and leg.settled is None
        if leg not in free and set(leg.plan.lines) & set(signal.lines if careful else rest):
            found.append(leg)
    return found or legs


def _may_leave(leg: Leg) -> bool:
    """A person's word lets it go, about it or about the whole wish, whether or not it has ended on that yet."""
    if leg.outcome in ENDS_WITHOUT_SHIPMENT:
        return False
    said = leg.human is not None and leg.human.fact.resolution in _MAY_LEAVE
    return said or leg.is_out or leg.outcome in (Outcome.SAVED, Outcome.WITHDRAWN)


def _to_leave(leg: Leg, signal: Signal) -> Quantities:
    """What of the leg its teller has not put into other shipments. Other tellers may mean the same one under another number."""
    told = {
        x.fact.tracking_sha256 or x.fact.occurred_at: x.fact.lines or leg.plan.lines
        for x in leg.shipments
        if x.fact.departed and x.fact.source == signal.source
    }
    told.pop(tracking_hash(signal) or signal.occurred_at, None)
    return subtract(leg.plan.lines, total(told.values()))


def _holds_all_of(case: Case, leg: Leg, signal: Signal) -> bool:
    """Whether no other goods of the order can be meant by those of its lines that the message names."""
    if case.order is None or case.shares_goods(leg):
        return False
    ordered = lines_of(case.order.fact)
    return all(leg.plan.lines[line] == ordered.get(line) for line in leg.plan.lines if line in signal.lines)


def _is_all_of_the_order(case: Case) -> bool:
    return case.order is not None and total(leg.plan.lines for leg in case.legs.values()) == lines_of(case.order.fact)


def tracking_hash(signal: Signal) -> str:
    """A tracking number finds its order's address at the carrier: the ledger keeps its hash, "" where the message names none."""
    return hashlib.sha256(signal.reference.encode()).hexdigest() if signal.reference else ""
