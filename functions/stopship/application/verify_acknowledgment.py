"""After the wait: record silence, read the warehouse again where its answer proves little, or the carrier where it left, and decide anew."""

from dataclasses import replace

from stopship.application.apply_stop_ship_rule import decision_step, where_next
from stopship.application.check_fulfillment_state import observed_step, read_pick_state
from stopship.application.context import Desk
from stopship.application.end_exception import end_exception_by_evidence
from stopship.application.next_step import Next
from stopship.application.record import Step
from stopship.application.weigh_intercept import weigh_intercept
from stopship.domain.case import Case
from stopship.domain.decide import Action, decide_leg
from stopship.domain.errors import AlreadyRecorded
from stopship.domain.events import SilenceRecorded
from stopship.domain.ids import action_key


def verify_acknowledgment(desk: Desk, merchant: str, case_id: str, leg_id: str) -> Next:
    """Next as for the rule. Timers are hints: only a passed deadline without an answer is silence."""
    try:
        case = desk.cases.record(merchant, case_id, lambda c: _silence(desk, c, leg_id))
    except AlreadyRecorded:
        # The answer came through the door in this very moment: there is no silence.
        case = desk.cases.load(merchant, case_id)
    policy = desk.policy_of(case)
    leg = case.legs[leg_id]
    action = decide_leg(case, leg, policy, desk.clock.now()).action
    if action is Action.WEIGH:
        weigh_intercept(desk, case, leg)
    if action is Action.VERIFY:
        seen = read_pick_state(desk, case, leg)
        desk.cases.record(merchant, case_id, lambda _: observed_step(leg_id, seen, "verify"))
    now = desk.clock.now()
    case = desk.cases.record(
        merchant,
        case_id,
        lambda c: decision_step(c, c.legs[leg_id], decide_leg(c, c.legs[leg_id], policy, now)),
    )
    case = end_exception_by_evidence(desk, case, leg_id)
    leg = case.legs[leg_id]
    return where_next(leg, decide_leg(case, leg, policy, now), policy, desk.clock.now())


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
