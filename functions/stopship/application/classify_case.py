"""Step 2: customer, ops or automatic, and the reason code that counts."""

from stopship.application.call_legs import take_up
from stopship.application.context import Desk
from stopship.application.next_step import Next, go, open_legs
from stopship.application.record import Step
from stopship.domain.case import Case
from stopship.domain.events import Classified
from stopship.domain.request import Kind, Reason, Requester

STEP = "classify"


def classify_case(desk: Desk, merchant: str, case_id: str) -> Next:
    case = take_up(desk, desk.cases.record(merchant, case_id, _build))
    return go(legs=open_legs(case))


def _build(case: Case) -> Step | None:
    kind, reason = kind_of(case), case.reason
    if case.classified and case.classified.fact == Classified(kind, reason):
        return None
    step = Step()
    step.add(Classified(kind, reason))
    return step


def kind_of(case: Case) -> Kind:
    """A customer's wish outranks ours, and ours an automatic one: whoever asked in person must hear the outcome."""
    requesters = {r.fact.requester for r in case.requests if r.fact.reason != Reason.PAYMENT_TIMEOUT}
    if Requester.CUSTOMER in requesters:
        return Kind.CUSTOMER
    return Kind.OPS if Requester.OPS in requesters else Kind.AUTO
