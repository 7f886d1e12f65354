"""What the decision makes of a real adapter's words: its reading, its answer to a stop, and its reading after that."""

from stopship.application.execute_stop_ship import acknowledgement
from stopship.application.ports import StopCommand, Warehouse
from stopship.domain import events as e
from stopship.domain.order import PickObservation, StopAnswer
from tests.unit.domain.decision_table import LEG, Row, asked, at, decide, said


class StillClock:
    """The moment in which everything happens: after the wish, and before the facts are recorded."""

    def now(self) -> str:
        return at(5)


def before_the_stop(seen: PickObservation) -> str:
    """The decision on a reading alone."""
    return said(decide(Row("reading", (observed(seen),), "", ())))


def after_the_stop(warehouse: Warehouse, command: StopCommand) -> tuple[StopAnswer, str, str]:
    """The answer, the decision on it, and the decision on what the warehouse reads afterwards."""
    first = observed(warehouse.read_pick_state(command.order_ref, command.leg_id))
    answer = warehouse.stop_ship(command)
    facts: tuple[e.Event, ...] = (first, asked(physical=command.physical))
    if answer.level != "accepted":
        facts = (*facts, acknowledgement(LEG, 1, answer, late=False))
    then = said(decide(Row("answer", facts, "", ())))
    again = observed(warehouse.read_pick_state(command.order_ref, command.leg_id))
    return answer, then, said(decide(Row("reading after it", (*facts, again), "", ())))


def observed(seen: PickObservation) -> e.Event:
    return e.PickStateObserved(LEG, seen.state, seen.source, seen.observed_at, seen.actor, dict(seen.shipped_lines))
