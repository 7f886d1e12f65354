"""A fulfillment service answers a stop through the order system, not through the callback: its word goes where the callback's would."""

from dataclasses import replace

from stopship.application.context import Desk
from stopship.application.execute_stop_ship import acknowledgement
from stopship.application.ports import Callback
from stopship.application.record import Step
from stopship.domain.case import Case, Leg
from stopship.domain.order import AckLevel, StopAnswer
from stopship.domain.signal import Signal


def add_answers(desk: Desk, step: Step, case: Case, signal: Signal) -> None:
    """For the current attempt at each leg of that work which the service runs (``signal.reference`` is its warehouse's name). An answer to
    nothing that the desk has asked is none: the stop, when it is sent, reads how the request stands."""
    for leg in case.legs_of(signal.leg_id):
        if leg.plan.warehouse != signal.reference or leg.current is None or leg.current.answers:
            continue
        door = door_of(desk, leg)
        late = door is not None and door.state == "expired"
        answer = StopAnswer(
            AckLevel(signal.state), signal.reference, state_at=signal.occurred_at, actor="service", reason=signal.topic
        )
        add_answer(step, leg, answer, door, late=late)


def add_answer(step: Step, leg: Leg, answer: StopAnswer, door: Callback | None, *, late: bool) -> None:
    """The answer, and the callback closed behind it in the same transaction."""
    if leg.current is None:
        raise ValueError(f"{leg.plan.leg_id} was never asked to stop")
    step.add(acknowledgement(leg.plan.leg_id, leg.current.requested.fact.attempt, answer, late=late))
    if door and door.state != "used":
        step.callbacks.append(replace(door, state="used"))


def door_of(desk: Desk, leg: Leg) -> Callback | None:
    """The callback of the leg's current attempt."""
    wanted = leg.current.requested.fact.callback_id if leg.current else ""
    return desk.ledger.callback(wanted) if wanted else None
