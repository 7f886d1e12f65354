"""Step 4: the pure decision about one leg, written down with the evidence it rests on."""

from stopship.application.context import Desk
from stopship.application.end_exception import end_exception_by_evidence
from stopship.application.next_step import Next, person
from stopship.application.record import Step
from stopship.domain.case import Case, Leg
from stopship.domain.decide import Action, Decision, decide_leg
from stopship.domain.events import Decided, LegSettled
from stopship.domain.instant import seconds_between
from stopship.domain.policy import Cause, Policy

_CARRIER_SECONDS = 60
"""A carrier answers within the call: this is only how long the call may take."""


def apply_stop_ship_rule(desk: Desk, merchant: str, case_id: str, leg_id: str) -> Next:
    """Next: stop (with how long to wait for the answer), verify, ended or person."""
    now = desk.clock.now()
    policies: list[Policy] = []

    def build(case: Case) -> Step | None:
        policy = desk.policy_of(case)
        policies[:] = [policy]
        return decision_step(case, case.legs[leg_id], decide_leg(case, case.legs[leg_id], policy, now))

    case = desk.cases.record(merchant, case_id, build)
    case = end_exception_by_evidence(desk, case, leg_id)
    return where_next(
        case, leg_id, decide_leg(case, case.legs[leg_id], policies[0], now), policies[0], desk.clock.now()
    )


def decision_step(case: Case, leg: Leg, decision: Decision) -> Step | None:
    """The facts that a decision leaves. The same decision twice in a row is one fact."""
    if decision.action is Action.NONE:
        return None
    step = Step()
    fact = Decided(
        leg.plan.leg_id,
        decision.action,
        decision.reason,
        decision.cause or "",
        list(decision.evidence),
        case.policy_hash,
    )
    if leg.decided is None or leg.decided.fact != fact:
        step.add(fact)
    if decision.action is Action.SETTLE and decision.outcome:
        proof = {"kind": decision.proof, "evidence": list(decision.evidence), "policy": case.policy_hash}
        step.add(LegSettled(leg.plan.leg_id, decision.outcome, dict(leg.plan.lines), proof))
    return step


def where_next(case: Case, leg_id: str, decision: Decision, policy: Policy, now: str) -> Next:
    """While somebody has asked for more and the order was not read since, or legs are called, no leg begins to wait: the others would wait with
    it. Only a leak that nobody was told of waits for no order that may never be read."""
    leg = case.legs[leg_id]
    if case.legs_called or (case.wishes_unread and not _is_untold_leak(case, leg_id, decision)):
        return {"next": "ended"}
    if decision.action in (Action.STOP, Action.STOP_PHYSICALLY):
        return {"next": "stop", "acknowledgement_seconds": _seconds_left(leg, policy, now)}
    if decision.action is Action.INTERCEPT:
        return {"next": "stop", "acknowledgement_seconds": _CARRIER_SECONDS}
    if decision.action in (Action.VERIFY, Action.WEIGH):
        return {"next": "verify"}
    if decision.action is Action.ASK:
        return person(decision.cause or Cause.UNEXPECTED_ERROR, decision.reason)
    return {"next": "ended"}


def _is_untold_leak(case: Case, leg_id: str, decision: Decision) -> bool:
    return decision.cause is Cause.SHIPPED_AFTER_STOP and case.exception_of(leg_id) is None


def _seconds_left(leg: Leg, policy: Policy, now: str) -> int:
    """A stop that is under way keeps its deadline; a new one gets the policy's."""
    if leg.current:
        return max(1, int(seconds_between(now, leg.current.requested.fact.deadline)) + 1)
    return policy.acknowledgement(leg.plan.warehouse)
