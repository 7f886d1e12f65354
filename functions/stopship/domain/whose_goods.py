"""Whose goods a message about a shipment means. Many partners name neither the piece of work nor its lines.

Pure. What can only be one leg's is that leg's; where other goods of the order, or several legs, may be meant, nobody guesses.
"""

import hashlib

from stopship.domain.case import Case, Leg, lines_of, total
from stopship.domain.outcome import Outcome
from stopship.domain.signal import Signal
from stopship.frozen import frozen


@frozen
class Goods:
    """``sure`` are the legs that the message is about, ``perhaps`` those that it may be about and that are not known to have left."""

    sure: tuple[Leg, ...] = ()
    perhaps: tuple[Leg, ...] = ()

    @property
    def all(self) -> tuple[Leg, ...]:
        return self.sure + self.perhaps


def whose_goods(case: Case, signal: Signal) -> Goods:
    """By the work that it names, else by its lines, else by the place that tells it."""
    named = case.legs_of(signal.leg_id) or _all_there(case, signal.leg_id)
    if named:
        return Goods(tuple(named))
    here = [leg for leg in case.legs.values() if signal.place in ("", leg.plan.warehouse)]
    if signal.lines:
        here = [leg for leg in here if set(leg.plan.lines) & set(signal.lines)]
        sure = [leg for leg in here if _holds_all_of(case, leg, signal)]
    else:
        sure = here if len(here) == 1 and _is_all_of_the_order(case) else []
    perhaps = [leg for leg in here if leg not in sure and not leg.departure and leg.outcome is not Outcome.SHIPPED]
    return Goods(tuple(sure), tuple(perhaps))


def _all_there(case: Case, leg_id: str) -> list[Leg]:
    """A leg of all that a place has of the order: its work has no id of its own."""
    return [leg for leg in case.legs.values() if not leg.work_id and leg.plan.leg_id == leg_id]


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
