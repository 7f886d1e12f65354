"""Holds on all of an order's work at a warehouse, before it is known what lies where; and, where the order system cannot tell it any more, the
question to every warehouse whether it has the order.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import field

from stopship.application.context import Desk
from stopship.application.next_step import person_was_asked
from stopship.application.record import Step
from stopship.domain.case import Case
from stopship.domain.errors import PartnerBusy, PartnerError, PartnerUnavailable
from stopship.domain.events import HoldAnswered, HoldRequested
from stopship.domain.ids import action_key
from stopship.domain.order import AckLevel, StopAnswer
from stopship.domain.resolution import Resolution
from stopship.frozen import frozen


@frozen
class Holds:
    """Both by warehouse. ``delayed`` is why a warehouse has not answered that may answer later."""

    answers: Mapping[str, StopAnswer] = field(default_factory=dict)
    delayed: Mapping[str, PartnerUnavailable] = field(default_factory=dict)

    @property
    def told(self) -> Mapping[str, StopAnswer]:
        """For the record, when nothing waits for an answer: a hold that could not be placed never stands in the way of the stop itself. A
        warehouse that takes no call now was not asked."""
        silent = {name: _silence(name, x) for name, x in self.delayed.items() if not isinstance(x, PartnerBusy)}
        return {**self.answers, **silent}


def intend_holds(case: Case, names: Sequence[str]) -> Step:
    step = Step()
    for name in names:
        step.add(HoldRequested("", name), _key(case, name, "hold"))
    return step


def place_holds(desk: Desk, case: Case, names: Sequence[str]) -> Holds:
    """At all of these warehouses side by side."""
    if not names:
        return Holds()
    warehouses = desk.partners_of(case).warehouses(case.merchant)
    with ThreadPoolExecutor(max_workers=len(names)) as pool:
        holding = {
            name: pool.submit(warehouses[name].place_hold, case.case_id, case.order_ref, _key(case, name, "hold"))
            for name in names
        }
    found = {name: _answer(name, answer) for name, answer in holding.items()}
    return Holds(
        {name: x for name, x in found.items() if isinstance(x, StopAnswer)},
        {name: x for name, x in found.items() if isinstance(x, PartnerUnavailable)},
    )


def hold_facts(step: Step, case: Case, answers: Mapping[str, StopAnswer]) -> None:
    for name, answer in answers.items():
        fact = HoldAnswered("", name, answer.level, answer.reference, answer.reason)
        step.add(fact, _key(case, name, "held"))


def ask_shelves(desk: Desk, case: Case, step: str, asked: Holds | None = None) -> Case:
    """Every warehouse's word on whether it has the order, in the case: without one of them nobody knows what may still ship. ``asked`` was asked
    for just now. Raises PartnerUnavailable while a warehouse cannot answer, unless a person has seen to it: then it counts as one that may
    have the order."""
    holds = asked or Holds()
    case = desk.cases.extend(case, lambda c: _heard(c, holds.answers))
    names = [x for x in desk.partners.warehouses(case.merchant) if _owes_a_word(case, x) and x not in holds.delayed]
    case = desk.cases.extend(case, lambda c: intend_holds(c, names))
    more = place_holds(desk, case, names)
    delayed = {**holds.delayed, **more.delayed}
    seen_to = person_was_asked(case, step, case.requests[-1].version, (Resolution.DONE_BY_HAND,))
    silent = {name: _silence(name, x) for name, x in delayed.items()} if seen_to else {}
    case = desk.cases.extend(case, lambda c: _heard(c, {**more.answers, **silent}))
    if delayed and not seen_to:
        raise _longest(delayed)
    return case


def _owes_a_word(case: Case, name: str) -> bool:
    """A hold that stands is not placed twice; any other word may be out of date when somebody asks for more."""
    held = case.first_holds.get(name)
    if held is None:
        return True
    return held.fact.level != AckLevel.ACCEPTED and held.version < case.requests[-1].version


def _heard(case: Case, answers: Mapping[str, StopAnswer]) -> Step:
    step = Step()
    hold_facts(step, case, {name: x for name, x in answers.items() if _owes_a_word(case, name)})
    return step


def _longest(delayed: Mapping[str, PartnerUnavailable]) -> PartnerUnavailable:
    """Who is down before who is busy, and of the busy who takes longest: nothing goes on before that."""
    return max(delayed.values(), key=lambda x: (not isinstance(x, PartnerBusy), x.retry_after or 0.0))


def _key(case: Case, name: str, action: str) -> str:
    """Another one each time that the last hold was answered or let go of."""
    before = case.first_heard.get(name, 0) + case.first_lifted.get(name, 0)
    return action_key(case.case_id, "", action, name, *([str(before)] if before else []))


def _answer(name: str, answer: "Future[StopAnswer]") -> StopAnswer | PartnerUnavailable:
    try:
        return answer.result()
    except PartnerUnavailable as delay:
        return delay
    except PartnerError as error:
        return _silence(name, error)


def _silence(name: str, error: PartnerError) -> StopAnswer:
    return StopAnswer(AckLevel.SILENT, name, reason=f"{type(error).__name__}: {error}"[:200])
