"""Why it had to be cancelled, or why it could not be: from evidence. What somebody stated is not a cause by itself."""

from stopship.domain.case import Case, Leg
from stopship.domain.order import IN_WORK
from stopship.domain.outcome import Outcome
from stopship.domain.request import Kind, Reason

UNDETERMINED = "undetermined"


def root_cause(case: Case) -> str:
    """A tag for the weekly report. The first rule with evidence behind it wins."""
    if any(leg.was_stopped and leg.outcome is Outcome.SHIPPED for leg in case.legs.values()):
        return "shipped_after_stop"
    shipped = [leg for leg in case.legs.values() if leg.outcome is Outcome.SHIPPED]
    if shipped or case.already_shipped:
        return _why_it_shipped(shipped)
    if case.order and case.order.fact.risk == "high":
        return "fraud_risk_assessed"
    if case.kind is Kind.AUTO and case.reason is Reason.PAYMENT_TIMEOUT:
        return "payment_not_completed"
    return _documented(case)


def _why_it_shipped(legs: list[Leg]) -> str:
    if any(attempt.silence for leg in legs for attempt in leg.attempts.values()):
        return "warehouse_silent"
    if any(o.fact.state in IN_WORK for leg in legs for o in leg.observations):
        return "late_cancel"
    return "asked_after_departure"


def _documented(case: Case) -> str:
    """Reasons that only ops can know count as evidence when ops gave them with a reference."""
    by_ops = [r.fact for r in case.requests if r.fact.requester == "ops" and (r.fact.ticket_ref or r.fact.evidence)]
    return f"ops_{by_ops[0].reason}" if by_ops else UNDETERMINED
