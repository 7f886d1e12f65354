"""A case as a person reads it: what it is, where each leg stands, and everything that happened."""

from collections.abc import Sequence
from typing import Any

from stopship.application.ports import Recorded
from stopship.application.weigh_cancel import sentence
from stopship.domain.case import Case, Leg, fold
from stopship.domain.events import name_of


def view_case(merchant: str, case_id: str, recorded: Sequence[Recorded]) -> dict[str, Any]:
    """The fields of the API's case, from its events alone."""
    case = fold(merchant, case_id, recorded)
    closed = case.closed.fact if case.closed else None
    return {
        "case_id": case_id,
        "channel": case.channel,
        "order_ref": case.order_ref,
        "status": "closed" if closed else "open",
        "outcome": closed.outcome if closed else "",
        "reason": str(case.reason) if case.requests else "",
        "kind": str(case.kind or ""),
        "root_cause": closed.root_cause if closed else "",
        "policy_hash": case.policy_hash,
        "evidence": case.evidence,
        "legs": [_leg(leg) for leg in case.legs.values()],
        "cancel_report": _report(case),
        "open_exceptions": [x.opened.fact.exception_id for x in case.open_exceptions],
        "timeline": [
            {"version": r.version, "at": r.at, "type": name_of(r.event), "data": r.event.data(), "hash": r.hash}
            for r in recorded
        ],
    }


def _report(case: Case) -> dict[str, Any]:
    """What the marketplace was to be told of the cancel, and what it does to the seller's rate; empty elsewhere."""
    if not case.weighed:
        return {}
    fact = case.weighed[-1].fact
    return {**fact.data(), "summary": sentence(fact)}


def _leg(leg: Leg) -> dict[str, Any]:
    return {
        "leg_id": leg.plan.leg_id,
        "warehouse": leg.plan.warehouse,
        "fulfillment_type": str(leg.plan.fulfillment_type),
        "lines": dict(leg.plan.lines),
        "outcome": str(leg.outcome or ""),
        "pick_state": leg.observation.fact.state if leg.observation else "",
        "acknowledgement": leg.answer.fact.level if leg.answer else "",
        "decision": leg.decided.fact.reason if leg.decided else "",
        "proof": dict(leg.settled.fact.proof) if leg.settled else {},
        "carrier": leg.carrier.fact.state if leg.carrier else "",
        "intercept": _intercept(leg),
    }


def _intercept(leg: Leg) -> str:
    """What became of the request to the carrier, "" when nothing was asked."""
    if leg.intercept_end:
        return leg.intercept_end.fact.end
    answers = [x.answered.fact.level for x in leg.intercepts.values() if x.answered]
    if not leg.intercepts or "refused" in answers:
        return "refused" if leg.intercepts else ""
    return "pending"
