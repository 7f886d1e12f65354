"""Why it had to be cancelled, or why it could not be: from evidence. What somebody stated is kept, and is no cause by itself.

The causes are a table, asked in order: the first row with evidence wins. A row names the facts that it rests on, by their versions.
"""

from collections.abc import Callable, Iterable, Sequence

from stopship.domain.case import Case, Leg
from stopship.domain.order import IN_WORK, Payment, Sign
from stopship.domain.outcome import Outcome
from stopship.domain.request import Kind, Reason, Requester
from stopship.frozen import frozen

CUSTOMER_REQUEST = "customer_request"
UNDETERMINED = "undetermined"

type Evidence = Sequence[int]
"""Versions of the facts; empty for none."""


@frozen
class RootCause:
    tag: str
    evidence: tuple[int, ...] = ()


@frozen
class Rule:
    tag: str
    evidence: Callable[[Case], Evidence]


def find_root_cause(case: Case) -> RootCause:
    """A tag for the weekly report, with what it rests on. Without evidence it is the customer's wish, if one asked, or undetermined."""
    for rule in TABLE:
        found = rule.evidence(case)
        if found:
            return RootCause(rule.tag, tuple(sorted(set(found))))
    asked = _wishes(case, Requester.CUSTOMER)
    return RootCause(CUSTOMER_REQUEST, asked) if asked and case.kind is Kind.CUSTOMER else RootCause(UNDETERMINED)


# ---------------------------------------------------------------------------------------------- why it shipped


def _shipped(case: Case) -> list[Leg]:
    return [leg for leg in case.legs.values() if leg.outcome is Outcome.SHIPPED]


def _after_the_stop(case: Case) -> Evidence:
    return [leg.departure or leg.planned.version for leg in _shipped(case) if leg.was_stopped]


def _silence(case: Case) -> Evidence:
    attempts = (attempt for leg in _shipped(case) for attempt in leg.attempts.values())
    return [attempt.silence.version for attempt in attempts if attempt.silence]


def _in_work(case: Case) -> Evidence:
    return [o.version for leg in _shipped(case) for o in leg.observations if o.fact.state in IN_WORK]


def _gone_before(case: Case) -> Evidence:
    read = [case.order.version] if case.already_shipped and case.order else []
    return [*read, *(leg.settled.version for leg in _shipped(case) if leg.settled)]


# ---------------------------------------------------------------------------------------------- why it had to be cancelled


def _high_risk(case: Case) -> Evidence:
    return [case.order.version] if case.order and case.order.fact.risk == "high" else []


def _not_paid(case: Case) -> Evidence:
    """The order system says so itself, and it is what the desk asked for."""
    asked = case.kind is Kind.AUTO and case.reason is Reason.PAYMENT_TIMEOUT
    return [case.order.version] if asked and case.order and case.order.fact.payment == Payment.OPEN else []


def _signs(*signs: Sign) -> Callable[[Case], Evidence]:
    """The order system's own codes."""
    return lambda case: [case.order.version] if case.order and set(signs) & set(case.order.fact.signs) else []


def _by_ops(reason: Reason) -> Callable[[Case], Evidence]:
    """What only ops can know is evidence when ops gave it with a ticket or a document. The shelf is theirs: a stockout needs neither."""

    def found(case: Case) -> Evidence:
        return [
            r.version
            for r in case.requests
            if (r.fact.requester, r.fact.reason) == (Requester.OPS, reason)
            and (r.fact.ticket_ref or r.fact.evidence or reason is Reason.STOCKOUT)
        ]

    return found


def _wishes(case: Case, requester: Requester) -> tuple[int, ...]:
    return tuple(r.version for r in case.requests if r.fact.requester == requester)


def _rules() -> Iterable[Rule]:
    yield Rule("shipped_after_stop", _after_the_stop)
    yield Rule("warehouse_silent", _silence)
    yield Rule("late_cancel", _in_work)
    yield Rule("asked_after_departure", _gone_before)
    yield Rule("fraud_risk_assessed", _high_risk)
    yield Rule("fraud_suspected", _signs(Sign.FRAUD_SUSPECTED))
    yield Rule("payment_not_completed", _not_paid)
    yield Rule("out_of_stock", _signs(Sign.OUT_OF_STOCK))
    yield Rule("address_doubted", _signs(Sign.ADDRESS_DOUBTED))
    yield Rule("delivery_promise_missed", _signs(Sign.PROMISE_MISSED, Sign.DELIVERY_DATE_UNKNOWN))
    for reason in Reason:
        yield Rule(f"ops_{reason}", _by_ops(reason))


TABLE: tuple[Rule, ...] = tuple(_rules())
