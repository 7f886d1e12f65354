"""What comes in contradicts the end of a leg: leg and case are opened again in the same transaction, so that the decision is made anew."""

from collections.abc import Iterator
from dataclasses import replace

from stopship.application.open_case import execution_name
from stopship.application.ports import OrderLock
from stopship.application.record import Step
from stopship.domain.case import Case
from stopship.domain.contradiction import begins_work, contradiction
from stopship.domain.events import CaseReopened, ExecutionStarted, LegReopened


def reopen_contradicted(step: Step, case: Case, lock: OrderLock | None) -> None:
    """Adds to the step what its own facts call for. ``lock`` is the order's, where the case is closed."""
    already = {n.event.leg_id for n in step.events if isinstance(n.event, LegReopened)}
    reopened = {leg_id: why for leg_id, why in _contradicted(step, case) if leg_id not in already}
    for leg_id, why in reopened.items():
        step.add(LegReopened(leg_id, why))
    if reopened and case.closed and not any(isinstance(n.event, CaseReopened) for n in step.events):
        step.add(CaseReopened(next(iter(reopened.values()))))
    if any(isinstance(n.event, CaseReopened) for n in step.events):
        _restart(step, case, lock)


def _contradicted(step: Step, case: Case) -> Iterator[tuple[str, str]]:
    """That work has begun reopens no case that is over: somebody is told beside it, and the goods have not left."""
    for fact in [n.event for n in step.events]:
        leg = case.legs.get(getattr(fact, "leg_id", ""))
        why = contradiction(leg, fact) if leg else ""
        if leg and why and not (case.closed and begins_work(fact)):
            yield leg.plan.leg_id, why


def _restart(step: Step, case: Case, lock: OrderLock | None) -> None:
    """A case that has a successor goes on without the order's lock: new wishes still join the newest."""
    number = len(case.executions) + 1
    name = execution_name(case.case_id, number)
    step.add(ExecutionStarted(name, number, "reopened"), f"execution:{number}")
    if lock and lock.case_id == case.case_id:
        step.lock_from, step.lock = lock, replace(lock, active=True)
