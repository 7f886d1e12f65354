"""A deadline passed: the exception goes to the next team on the map, with a new deadline. It never just ends."""

from dataclasses import replace

from stopship.application.context import Desk
from stopship.application.ports import ExceptionItem
from stopship.application.raise_exception import set_timer
from stopship.application.record import Step
from stopship.domain.case import Case
from stopship.domain.events import ExceptionEscalated
from stopship.domain.exceptions import deadline, next_owner
from stopship.domain.policy import Team, Tier


def escalate_exception(desk: Desk, merchant: str, exception_id: str) -> str:
    """Gives the new owner, "" when there was nothing to escalate. A timer that comes early or twice changes nothing."""
    item = desk.ledger.exception(merchant, exception_id)
    if item is None or item.state != "open" or desk.clock.now() < item.deadline:
        return ""
    case = desk.cases.record(merchant, item.case_id, lambda c: _step(desk, c, item))
    state = case.exceptions[exception_id]
    if state.open:
        set_timer(desk, merchant, state)
    return state.owner


def _step(desk: Desk, case: Case, item: ExceptionItem) -> Step | None:
    state, now = case.exceptions[item.exception_id], desk.clock.now()
    if not state.open or now < state.deadline:
        return None
    policy, level = desk.policy_of(case), state.escalations + 1
    owner = next_owner(Team(state.owner), policy)
    due = deadline(Tier(item.tier), policy, now)
    step = Step()
    step.add(ExceptionEscalated(item.exception_id, owner, due, level), f"escalated:{item.exception_id}:{level}")
    step.exceptions.append(replace(item, owner=owner, deadline=due, escalations=level))
    return step
