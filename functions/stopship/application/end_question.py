"""A mail that was kept with a question has had its answer: the wish is on a case now, and nobody need read the mail any more."""

from stopship.application.context import Desk
from stopship.application.end_exception import close_door
from stopship.application.record import Step
from stopship.domain.case import Case
from stopship.domain.events import CaseClosed, ExceptionResolved


def end_question(desk: Desk, kept: Case, wish_case_id: str) -> Case:
    """Evidence ends the exception, and says where it went on. Safe to repeat; what a person has ended stays as it is."""

    def build(case: Case) -> Step | None:
        state = case.exception_of("")
        if state is None or case.closed:
            return None
        name, step = state.opened.fact.exception_id, Step()
        step.add(ExceptionResolved(name, "evidence", f"evidence:{wish_case_id}", "", ""), f"resolved:{name}")
        close_door(desk, case, name, step, [])
        step.add(CaseClosed("none", False, [], "unmatched_message", False, {}, ""), "closed:unmatched")
        return step

    return desk.cases.extend(kept, build)
