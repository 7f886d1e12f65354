"""Step 1: hold whatever can be held, read the order, plan one leg for each place it would ship from.

The holds go out beside the reading: a hold can be taken back, so it need not wait for anything.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from stopship.application.call_legs import been_at_the_legs
from stopship.application.check_fulfillment_state import EARLY, observed
from stopship.application.context import Desk
from stopship.application.first_holds import Holds, ask_shelves, hold_facts, intend_holds, place_holds
from stopship.application.next_step import Next, answers, go, open_legs, person, wait
from stopship.application.plan_legs import add_plan, lines_not_in_order, out_of_sight
from stopship.application.record import Step
from stopship.domain.bundles import in_part
from stopship.domain.case import At, Case
from stopship.domain.errors import PartnerError
from stopship.domain.events import HoldAnswered, OrderNotFound
from stopship.domain.order import OrderSnapshot, PickObservation, StopAnswer
from stopship.domain.policy import Cause, Policy
from stopship.domain.resolution import Resolution

STEP = "normalize"
_ABOUT_LINES = frozenset({Cause.LINES_NOT_IN_ORDER, Cause.BUNDLE_IN_PART})

type Seen = tuple[str, PickObservation]
"""Work id, and what was seen of it."""


def normalize_intake(desk: Desk, merchant: str, case_id: str) -> Next:
    """Next: go (legs planned), wait (the order is not known yet) or person."""
    case = desk.cases.load(merchant, case_id)
    if case.withdrawn or (case.legs_called and been_at_the_legs(case)):
        # Legs that are called lie behind no question about the lines: that is put, once, when they are through.
        return go(legs=open_legs(case))
    first = list(desk.partners.hold_first(merchant))
    case = desk.cases.extend(case, lambda c: _intend_first(c, first))
    if case.order and not lines_missing(case) and _bundles_are_whole(case):
        return go(legs=open_legs(case))
    holds, order, seen = _hold_and_read(desk, case, first)
    if order is None:
        return _not_known(desk, case, holds.told)
    if out_of_sight(case, order):
        case, holds = ask_shelves(desk, case, STEP, holds), Holds()
    case = desk.cases.extend(case, lambda c: _plan(desk, c, holds.told, order, seen))
    missing = lines_not_in_order(case, {line.line_id for line in order.lines})
    if missing and not (case.legs and _seen_by_person(case)):
        return person(Cause.LINES_NOT_IN_ORDER, f"lines {', '.join(missing)} are not in the order")
    if not _bundles_are_whole(case):
        return person(Cause.BUNDLE_IN_PART, f"only part of bundle {', '.join(in_part(case))} is to be cancelled")
    return go(legs=open_legs(case))


def _bundles_are_whole(case: Case) -> bool:
    return not in_part(case) or _seen_by_person(case)


def _seen_by_person(case: Case) -> bool:
    """A person knows what is wrong with the lines, and wants those that can be stopped to be stopped; whatever he was asked after that."""
    asked = [x for x in answers(case, STEP, (Resolution.RETRY,)) if x.opened.fact.cause in _ABOUT_LINES]
    return any(x.resolved and x.resolved.version > case.requests[-1].version for x in asked)


def lines_missing(case: Case) -> bool:
    """Whether a wish that joined later asks for a line that no leg covers."""
    if case.order is None:
        return True
    known = {row["line_id"] for row in case.order.fact.lines}
    return any(line not in known for r in case.requests for line in r.fact.lines)


def _intend_first(case: Case, names: Sequence[str]) -> Step | None:
    return intend_holds(case, names) if case.order is None else None


def _hold_and_read(desk: Desk, case: Case, names: Sequence[str]) -> tuple[Holds, OrderSnapshot | None, Seen | None]:
    system = desk.partners_of(case).order_system(case.merchant, case.channel)
    expected = system.expected_work(case.order_ref)
    with ThreadPoolExecutor(max_workers=2) as pool:
        reading = pool.submit(system.read_order, case.order_ref)
        looking = pool.submit(_look, desk, case, *expected) if expected else None
        holds = place_holds(desk, case, [name for name in names if name not in case.first_holds])
    return holds, reading.result(), looking.result() if looking else None


def _look(desk: Desk, case: Case, warehouse: str, work_id: str) -> Seen | None:
    """The pick state beside the order, where the place is known before. Whatever is in the way, the check reads again."""
    try:
        return work_id, desk.partners_of(case).warehouses(case.merchant)[warehouse].read_pick_state(
            case.order_ref, work_id
        )
    except (PartnerError, KeyError):
        return None


def _not_known(desk: Desk, case: Case, holds: Mapping[str, StopAnswer]) -> Next:
    policy: Policy = desk.policy_of(case)
    since = case.case_human.version if case.case_human else 0
    attempt = len([x for x in case.not_found if x.version > since]) + 1

    def build(current: Case) -> Step:
        step = Step()
        hold_facts(step, current, holds)
        step.add(OrderNotFound(attempt))
        return step

    desk.cases.extend(case, build)
    if attempt >= policy.order_wait_attempts:
        return person(Cause.UNKNOWN_ORDER, f"{case.channel} does not know order {case.order_ref}")
    return wait(policy.order_wait_seconds)


def _plan(desk: Desk, case: Case, holds: Mapping[str, StopAnswer], order: OrderSnapshot, seen: Seen | None) -> Step:
    step = Step()
    hold_facts(step, case, holds)
    for name, answer in holds.items():
        # Planning needs to know which warehouses have the order; the facts are not folded yet.
        case.first_holds.setdefault(name, _provisional(name, answer, case.version))
    planned = add_plan(step, case, order, desk.partners.places(case.merchant), desk.policy_of(case).intercept)
    for leg in planned:
        if seen and leg.work_id == seen[0]:
            step.add(observed(leg.leg_id, seen[1], EARLY))
    return step


def _provisional(name: str, answer: StopAnswer, version: int) -> At[HoldAnswered]:
    return At(HoldAnswered("", name, answer.level, answer.reference, answer.reason), version, "")
