"""A warehouse answers through its one-time callback. Late and repeated answers are facts, not errors to forget."""

from dataclasses import replace
from enum import StrEnum

from stopship.application.call_legs import go_on
from stopship.application.context import Desk
from stopship.application.end_exception import end_exception_by_evidence
from stopship.application.execute_stop_ship import acknowledgement
from stopship.application.ports import Callback
from stopship.application.record import Step
from stopship.application.reopen_legs import reopen_contradicted
from stopship.domain.case import Case
from stopship.domain.events import CallbackRefused
from stopship.domain.order import FINAL, StopAnswer
from stopship.frozen import frozen


class Heard(StrEnum):
    ACCEPTED = "accepted"
    LATE = "late"
    """Recorded as evidence, but the door had closed."""
    USED = "used"


@frozen
class Hearing:
    how: Heard
    case_id: str


def acknowledge(desk: Desk, callback: Callback, answer: StopAnswer) -> Hearing:
    """``callback`` was found by its id and its sender is authentic. Safe to repeat: the second use is refused, on record."""
    tokens: list[str] = []
    heard: list[Heard] = []

    def build(case: Case) -> Step | None:
        tokens.clear()
        current = desk.ledger.callback(callback.callback_id) or callback
        if current.state == "used":
            heard[:] = [Heard.USED]
            return _refused(current, "used")
        late = current.state == "expired"
        heard[:] = [Heard.LATE if late else Heard.ACCEPTED]
        step = _answered(current, answer, tokens, late=late)
        lock = desk.ledger.lock_of(case.merchant, case.channel, case.order_ref) if case.closed else None
        reopen_contradicted(step, case, lock)
        return step

    case = desk.cases.record(callback.merchant, callback.case_id, build)
    end_exception_by_evidence(desk, case, callback.subject)
    for token in tokens:
        desk.tasks.wake(token, {"leg_id": callback.subject})
    go_on(desk, case)
    return Hearing(heard[0], callback.case_id)


def refuse(desk: Desk, callback: Callback, why: str) -> None:
    """An authentic sender used a door that is closed to him: that it happened is a fact of the case, how often is not."""

    def build(_: Case) -> Step:
        step = Step()
        step.add(CallbackRefused(callback.callback_id, why), f"refused:{callback.callback_id}:{why}")
        return step

    desk.cases.record(callback.merchant, callback.case_id, build)


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
