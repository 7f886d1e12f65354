"""The three clocks of an exception: what the customer may expect, what the team owes, and what a partner owes.

The customer's never stops. The team's own stops while a partner owes an answer, unless the exception is P1: whoever cannot reach a system
can still reach a telephone. The partner's runs from when it was asked, and is never longer than the policy allows.
"""

from stopship.domain import instant
from stopship.domain.case import Case, ExceptionState
from stopship.domain.policy import Policy, Team, Tier
from stopship.frozen import frozen


@frozen
class Clock:
    """``paused_until`` is "" unless the clock stands still until then."""

    name: str
    since: str
    due: str
    paused_until: str = ""

    def passed(self, now: str) -> bool:
        return now >= self.due


def begins(tier: Tier, policy: Policy, now: str, *, partner_owes: bool) -> str:
    """When the team's own clock begins to run for an exception that opens now."""
    return instant.plus(now, policy.service.vendor) if partner_owes and tier is not Tier.P1 else now


def clocks(case: Case, state: ExceptionState, policy: Policy, now: str) -> list[Clock]:
    """The customer's clock, the team's, and the partner's where one owes an answer."""
    first = min((r.fact.received_at for r in case.requests), default=state.opened.at)
    customer = Clock("customer", first, instant.plus(first, policy.service.customer))
    team = Clock("team", state.opened.at, state.deadline, state.since if state.since > now else "")
    return [customer, team, *_vendor(case, state, policy)]


def _vendor(case: Case, state: ExceptionState, policy: Policy) -> list[Clock]:
    snoozed = state.snoozed
    if snoozed and snoozed.fact.waiting_for:
        return [Clock(snoozed.fact.waiting_for, snoozed.at, snoozed.fact.until)]
    opened = state.opened
    if opened.fact.evidence.get("outage"):
        partner = str(opened.fact.evidence["partner"])
        return [Clock(partner, opened.at, instant.plus(opened.at, policy.service.vendor))]
    leg = case.legs.get(opened.fact.leg_id)
    if leg and leg.current and leg.answer is None:
        asked = leg.current.requested
        return [Clock(leg.plan.warehouse, asked.at, asked.fact.deadline)]
    return []


def spent(state: ExceptionState, policy: Policy, now: str) -> int:
    """Whole seconds of the owner's time that are used up, in its working hours."""
    from stopship.domain.calendar import working_seconds

    calendar = policy.calendar(Tier(state.opened.fact.tier), Team(state.owner))
    return state.spent + int(working_seconds(calendar, state.since, now))
