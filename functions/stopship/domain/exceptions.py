"""Exceptions: how urgent, whose, what next, by when. None can be made without all four."""

from decimal import Decimal

from stopship.domain.calendar import due
from stopship.domain.case import Case
from stopship.domain.policy import Cause, ExceptionRule, Policy, Team, Tier
from stopship.domain.request import Reason

_ORDER = (Tier.P1, Tier.P2, Tier.P3)


def triage(cause: Cause, case: Case, policy: Policy) -> ExceptionRule:
    """The policy's rule for the cause; high value, a VIP or suspected fraud make it P1, whatever the cause."""
    rule = policy.exceptions[cause]
    if is_urgent(case, policy):
        return ExceptionRule(Tier.P1, rule.owner, rule.next_action)
    return rule


def is_urgent(case: Case, policy: Policy) -> bool:
    """High value, a VIP or suspected fraud: its exceptions are P1, and its calls go first."""
    if case.requests and case.reason is Reason.FRAUD:
        return True
    if case.order is None:
        return False
    order = case.order.fact
    limit = policy.high_value.get(order.currency)
    return order.vip or (limit is not None and Decimal(order.total) >= limit)


def deadline(tier: Tier, owner: Team, policy: Policy, now: str) -> str:
    """The tier's time in the owner's working hours. Raises ValueError for a calendar without any, which no checked policy has."""
    return due(policy.calendar(tier, owner), now, policy.tier_seconds[tier])


def next_owner(owner: Team, policy: Policy) -> Team:
    """Who is next when a deadline passes. A team without a successor keeps it, at the next level."""
    return policy.escalation.get(owner, owner)


def more_urgent(a: Tier, b: Tier) -> Tier:
    return min(a, b, key=_ORDER.index)
