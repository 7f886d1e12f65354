"""Who is to be told that an exception grows old, and when: moments in its owner's time, in order."""

from dataclasses import dataclass

from stopship.domain.calendar import due
from stopship.domain.case import ExceptionState
from stopship.domain.policy import Level, Policy, Team, Tier


@dataclass(frozen=True, slots=True)
class Moment:
    """``level`` None is the deadline itself, at which the next team becomes the owner."""

    at: str
    share: int
    level: Level | None


def moments(state: ExceptionState, policy: Policy) -> list[Moment]:
    """What is still to come of the present owner's time, whoever was told already left out. A snooze has moved what lies behind it. What
    waits for a partner that is down is not told one by one: the outage is told of, once."""
    tier, owner = Tier(state.opened.fact.tier), Team(state.owner)
    calendar, whole = policy.calendar(tier, owner), policy.tier_seconds[tier]
    found = []
    outage = state.opened.fact.evidence.get("outage")
    for level, share in policy.notices.shares.items() if not outage else ():
        if (state.escalations, level) not in state.told:
            left = max(0.0, whole * share / 100 - state.spent)
            at = state.deadline if share == 100 else min(due(calendar, state.since, left), state.deadline)
            found.append(Moment(at, share, level))
    return [*sorted(found, key=lambda m: (m.at, m.share)), Moment(state.deadline, 100, None)]
