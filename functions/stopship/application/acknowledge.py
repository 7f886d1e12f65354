"""A warehouse answers through its one-time callback. Late and repeated answers are facts, not errors to forget."""

from dataclasses import dataclass, replace
from enum import StrEnum

from stopship.application.apply_stop_ship_rule import resolved_by_evidence
from stopship.application.context import Desk
from stopship.application.execute_stop_ship import FINAL, acknowledgement
from stopship.application.ports import Callback
from stopship.application.record import Step
from stopship.application.resolve_exception import close_door
from stopship.domain.case import Case
from stopship.domain.decide import Action, decide_leg
from stopship.domain.events import CallbackRefused
from stopship.domain.order import StopAnswer


class Heard(StrEnum):
    ACCEPTED = "accepted"
    LATE = "late"
    """Recorded as evidence, but the door had closed."""
    USED = "used"


@dataclass(frozen=True, slots=True)
class Hearing:
    how: Heard
    case_id: str


def acknowledge(desk: Desk, callback: Callback, answer: StopAnswer) -> Hearing:
    """``callback`` was found by its id and its sender is authentic. Safe to repeat: the second use is refused, on record."""
    tokens: list[str] = []
    heard: list[Heard] = []

    def build(_: Case) -> Step | None:
        tokens.clear()
        current = desk.ledger.callback(callback.callback_id) or callback
        if current.state == "used":
            heard[:] = [Heard.USED]
            return _refused(current, "used")
        late = current.state == "expired"
        heard[:] = [Heard.LATE if late else Heard.ACCEPTED]
        return _answered(current, answer, tokens, late=late)

    case = desk.cases.record(callback.merchant, callback.case_id, build)
    end_exception_by_evidence(desk, case, callback.subject)
    for token in tokens:
        desk.tasks.wake(token, {"leg_id": callback.subject})
    return Hearing(heard[0], callback.case_id)


def _answered(callback: Callback, answer: StopAnswer, tokens: list[str], *, late: bool) -> Step:
    step = Step()
    step.add(acknowledgement(callback.subject, callback.attempt, answer, late=late))
    if answer.level in FINAL:
        step.callbacks.append(replace(callback, state="used"))
        tokens.append(callback.token)
    return step


def _refused(callback: Callback, why: str) -> Step:
    step = Step()
    step.add(CallbackRefused(callback.callback_id, why))
    return step


def end_exception_by_evidence(desk: Desk, case: Case, leg_id: str) -> None:
    """Ends the leg's exception when what is known now decides the leg without a person, and lets the machine go on."""
    tokens: list[str] = []

    def build(current: Case) -> Step | None:
        tokens.clear()
        leg = current.legs.get(leg_id)
        if leg is None:
            return None
        fact = resolved_by_evidence(current, leg, current.version)
        if fact is None or decide_leg(current, leg, desk.policy_of(current), desk.clock.now()).action is Action.ASK:
            return None
        step = Step()
        step.add(fact, f"resolved:{fact.exception_id}")
        close_door(desk, current, fact.exception_id, step, tokens)
        return step

    desk.cases.record(case.merchant, case.case_id, build)
    for token in tokens:
        desk.tasks.wake(token, {"leg_id": leg_id})
