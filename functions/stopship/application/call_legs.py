"""Legs that were reopened or planned while the machine waited for something else: it leaves what it waits for, and takes them up."""

from stopship.application.context import Desk
from stopship.application.record import Step
from stopship.domain.case import Case
from stopship.domain.events import LegsTakenUp


def go_on(desk: Desk, case: Case) -> None:
    """Tells the machine of what was opened again. May run again after a crash."""
    if case.reopened and case.executions[-1].fact.why == "reopened" and case.is_open:
        desk.executions.start(case.merchant, case.case_id, case.executions[-1].fact.number)
    wake_for_legs(desk, case)


def wake_for_legs(desk: Desk, case: Case) -> None:
    """Everybody's wait ends, and all go on where they stood, together with these legs. Nothing is answered by it. Before there are any legs to go on
    with, the machine finds them all by itself."""
    if not case.is_open or not case.legs_called or _asked_before_the_legs(case):
        return
    for door in desk.ledger.waiting(case.merchant, case.case_id):
        desk.tasks.wake(door.token, {"why": "legs are to be taken up"})


def been_at_the_legs(case: Case) -> bool:
    """Whether the machine has come as far as a decision about a leg, in this execution or in one before it."""
    return any(leg.decided for leg in case.legs.values())


def _asked_before_the_legs(case: Case) -> bool:
    asked = case.exception_of("")
    normalizes = asked is not None and asked.opened.fact.evidence.get("step") == "normalize"
    return normalizes and not been_at_the_legs(case)


def take_up(desk: Desk, case: Case) -> Case:
    """Whoever sends the machine to the legs says so first: no leg begins to wait while others are called and not taken up."""
    return desk.cases.extend(case, _taken_up)


def _taken_up(case: Case) -> Step | None:
    if not case.legs_called:
        return None
    step = Step()
    step.add(LegsTakenUp(case.legs_called))
    return step
