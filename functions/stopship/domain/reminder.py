"""When a warehouse of which only people answer is reminded of a stop, once: a share of its time is gone, and nobody has said a word."""

from decimal import Decimal

from stopship.domain.capabilities import only_people_know
from stopship.domain.case import Leg, StopAttempt
from stopship.domain.instant import plus, seconds_between

MOST_TRIES = 3
"""A reminder that is known not to have gone out is tried again so often."""


def reminder_due(leg: Leg, share: Decimal, now: str) -> bool:
    """``share`` is the part of the time to the deadline, 0 for no reminder. After any answer, or the deadline, there is none."""
    attempt = leg.current
    if not share or attempt is None or attempt.sent is None or leg.settled or not only_people_know(leg.plan.partner):
        return False
    if attempt.answers or attempt.silence or not _may_go_out(attempt):
        return False
    deadline = attempt.requested.fact.deadline
    time_given = seconds_between(attempt.sent.at, deadline)
    return plus(attempt.sent.at, time_given * float(share)) <= now < deadline


def _may_go_out(attempt: StopAttempt) -> bool:
    """None has been tried, or those that were are known not to have gone out: one in doubt is never followed by another."""
    tried = len(attempt.reminders)
    return tried == sum(not x.fact.in_doubt for x in attempt.reminders_failed) and tried < MOST_TRIES
