"""After the wait: record silence, read the warehouse again where its answer proves little, or the carrier where it left, and decide anew."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from stopship.application.apply_stop_ship_rule import decision_step, where_next
from stopship.application.check_fulfillment_state import observed_step, read_pick_state
from stopship.application.context import Desk
from stopship.application.end_exception import end_exception_by_evidence
from stopship.application.execute_stop_ship import stop_command
from stopship.application.next_step import Next
from stopship.application.record import Step
from stopship.application.stop_answers import add_answer, door_of
from stopship.application.weigh_intercept import weigh_intercept
from stopship.domain.case import Case
from stopship.domain.decide import Action, decide_leg
from stopship.domain.errors import AlreadyRecorded, ReadingBehind
from stopship.domain.events import SilenceRecorded
from stopship.domain.ids import action_key
from stopship.domain.instant import seconds_between
from stopship.domain.order import FINAL, StopAnswer
from stopship.domain.policy import Policy

if TYPE_CHECKING:
    from stopship.application.ports import AnswerReader


_LONGEST = 60
"""Seconds between two looks at a copy that is behind."""


def verify_acknowledgment(desk: Desk, merchant: str, case_id: str, leg_id: str) -> Next:
    """Next as for the rule. Timers are hints: only a passed deadline without an answer is silence. Raises ReadingBehind where only a later
    reading can tell."""
    case = _read_lost_answer(desk, desk.cases.load(merchant, case_id), leg_id)
    try:
        case = desk.cases.extend(case, lambda c: _silence(desk, c, leg_id))
    except AlreadyRecorded:
        # The answer came through the door in this very moment: there is no silence.
        case = desk.cases.load(merchant, case_id)
    policy = desk.policy_of(case)
    leg = case.legs[leg_id]
    action = decide_leg(case, leg, policy, desk.clock.now()).action
    if action is Action.WEIGH:
        case = weigh_intercept(desk, case, leg)
    if action is Action.VERIFY:
        seen = read_pick_state(desk, case, leg)
        case = desk.cases.extend(case, lambda _: observed_step(leg_id, seen, "verify"))
        _wait_for_the_copy(case, leg_id, policy, desk.clock.now())
    now = desk.clock.now()
    case = desk.cases.extend(
        case, lambda c: decision_step(c, c.legs[leg_id], decide_leg(c, c.legs[leg_id], policy, now))
    )
    case = end_exception_by_evidence(desk, case, leg_id)
    return where_next(case, leg_id, decide_leg(case, case.legs[leg_id], policy, now), policy, desk.clock.now())


def _wait_for_the_copy(case: Case, leg_id: str, policy: Policy, now: str) -> None:
    """As long as the decision wants another reading, a copy may still catch up with the answer. How far it is behind is how long that takes if
    it runs on; a copy that stands is looked at less and less often, and seen to be new at most half as late again as it is."""
    leg = case.legs[leg_id]
    if decide_leg(case, leg, policy, now).action is not Action.VERIFY or leg.answer is None or leg.observation is None:
        return
    behind = seconds_between(leg.observation.fact.observed_at, leg.answer.at)
    waited = seconds_between(leg.answer.at, now)
    raise ReadingBehind(leg.plan.warehouse, min(max(behind, waited / 2), _LONGEST))


def _read_lost_answer(desk: Desk, case: Case, leg_id: str) -> Case:
    """Before a silence is believed, an answer is looked for where it can be read: its message may have been lost."""
    leg = case.legs[leg_id]
    attempt = leg.current
    if attempt is None or leg.answer or leg.settled or leg.gone:
        return case
    if desk.clock.now() < attempt.requested.fact.deadline:
        return case
    warehouse = desk.partners_of(case).warehouses(case.merchant)[leg.plan.warehouse]
    # Asked of the instance, not of its class: what keeps to a partner's limits passes on whatever its adapter can do.
    if not hasattr(warehouse, "read_answer"):
        return case
    answer = cast("AnswerReader", warehouse).read_answer(stop_command(desk, case, leg, attempt))
    if answer.level not in FINAL:
        return case
    return desk.cases.extend(case, lambda c: _heard(desk, c, leg_id, answer))


def _heard(desk: Desk, case: Case, leg_id: str, answer: StopAnswer) -> Step | None:
    leg = case.legs[leg_id]
    if leg.current is None or leg.answer:
        return None
    step = Step()
    add_answer(step, leg, answer, door_of(desk, leg), late=False)
    return step


def _silence(desk: Desk, case: Case, leg_id: str) -> Step | None:
    leg = case.legs[leg_id]
    attempt = leg.current
    if attempt is None or leg.answer or leg.settled or leg.gone:
        return None
    deadline = attempt.requested.fact.deadline
    if desk.clock.now() < deadline:
        return None
    number = attempt.requested.fact.attempt
    step = Step()
    step.add(SilenceRecorded(leg_id, number, deadline), action_key(case.case_id, leg_id, "silent", str(number)))
    for callback in desk.ledger.waiting(case.merchant, case.case_id):
        if callback.callback_id == attempt.requested.fact.callback_id:
            step.callbacks.append(replace(callback, state="expired"))
    return step
