"""How an exception ends: by a person's answer or by evidence. Time alone ends none."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from stopship.application.context import Desk
from stopship.application.record import Step
from stopship.domain.case import Case, ExceptionState, Leg
from stopship.domain.decide import ASKED_BY_DECISION, Action, Decision, decide_leg
from stopship.domain.events import ExceptionResolved
from stopship.domain.policy import Cause


def end_exception_by_evidence(desk: Desk, case: Case, leg_id: str) -> Case:
    """Ends the leg's exception when what is known now decides the leg without a person, or asks a person something else, and lets
    the machine go on. One about a step that failed ends when the leg does, or when the goods have left."""

    def has_gone(current: Case, state: ExceptionState) -> bool:
        leg = current.legs.get(leg_id)
        if leg is None:
            return False
        decision = decide_leg(current, leg, desk.policy_of(current), desk.clock.now())
        if _needs_partner(decision, state):
            return False
        if Cause(state.opened.fact.cause) not in ASKED_BY_DECISION:
            return _makes_pointless(decision, leg, state)
        return decision.action is not Action.ASK or _asks_anew(decision, state)

    return _end(desk, case, leg_id, has_gone, {"leg_id": leg_id})


def end_case_exception(desk: Desk, case: Case, cause: Cause) -> Case:
    """What the case as a whole waited for a person about has gone: the step that asked runs again."""
    return _end(desk, case, "", lambda _, state: state.opened.fact.cause == cause, {"cause": cause})


def _end(
    desk: Desk,
    case: Case,
    leg_id: str,
    has_gone: Callable[[Case, ExceptionState], bool],
    output: Mapping[str, str],
) -> Case:
    """Ends the open exception of a leg, or of the case as a whole for "", if what it was about has gone, and wakes whoever waits."""
    tokens: list[str] = []

    def build(current: Case) -> Step | None:
        tokens.clear()
        state = current.exception_of(leg_id)
        if state is None or not has_gone(current, state):
            return None
        name, step = state.opened.fact.exception_id, Step()
        step.add(ExceptionResolved(name, "evidence", f"evidence:{current.version}", "", ""), f"resolved:{name}")
        close_door(desk, current, name, step, tokens)
        return step

    case = desk.cases.extend(case, build)
    for token in tokens:
        desk.tasks.wake(token, output)
    return case


def _needs_partner(decision: Decision, state: ExceptionState) -> bool:
    """It waits for a partner that is down, and what is to be done needs a partner: that he is back is what ends it."""
    calls = decision.action not in (Action.ASK, Action.SETTLE, Action.NONE)
    return calls and bool(state.opened.fact.evidence.get("outage"))


def _asks_anew(decision: Decision, state: ExceptionState) -> bool:
    """The question that the decision asked is out of date: the silent warehouse has answered, and said no."""
    return decision.cause is not Cause(state.opened.fact.cause)


def _makes_pointless(decision: Decision, leg: Leg, state: ExceptionState) -> bool:
    """A step failed, and what it was to do is not needed any more. That it would be tried again is no end: it may fail as before, and the time that its
    owner has must not begin anew with every message."""
    return decision.action in (Action.SETTLE, Action.NONE) or leg.departure > state.opened.version


def close_door(desk: Desk, case: Case, exception_id: str, step: Step, tokens: list[str]) -> None:
    """Marks the exception's item and callback as ended in the same transaction, and collects the token to wake after it."""
    tokens.clear()
    item = desk.ledger.exception(case.merchant, exception_id)
    if item:
        step.exceptions.append(replace(item, state="resolved"))
    for callback in desk.ledger.waiting(case.merchant, case.case_id):
        if callback.subject == exception_id:
            step.callbacks.append(replace(callback, state="used"))
            tokens.append(callback.token)
