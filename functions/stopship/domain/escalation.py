"""Who is to be told that an exception grows old, and when: moments in its owner's time, in order."""

from collections.abc import Mapping

from stopship.domain.calendar import due
from stopship.domain.case import ExceptionState
from stopship.domain.policy import Level, Policy, Team, Tier
from stopship.frozen import frozen


@frozen
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
    for level, share in _told_of(state, policy).items():
        if (state.escalations, level) not in state.told:
            left = max(0.0, whole * share / 100 - state.spent)
            at = state.deadline if share == 100 else min(due(calendar, state.since, left), state.deadline)
            found.append(Moment(at, share, level))
    return [*sorted(found, key=lambda m: (m.at, m.share)), Moment(state.deadline, 100, None)]


def _told_of(state: ExceptionState, policy: Policy) -> Mapping[Level, int]:
    """At the end of the map nobody is left to pass it on to. From then on only the last on the list is told, at the first passed deadline,
    the second, the fourth, the eighth, ...: who is told every hour of every day stops reading."""
    shares = policy.notices.shares
    if state.opened.fact.evidence.get("outage"):
        return {}
    if not state.kept:
        return shares
    if state.kept & (state.kept - 1):
        return {}
    last = max(shares, key=shares.__getitem__, default=None)
    return {last: shares[last]} if last else {}
