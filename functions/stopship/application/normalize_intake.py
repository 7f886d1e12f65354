"""Step 1: hold whatever can be held, read the order, plan one leg for each place it would ship from.

The holds go out beside the reading: a hold can be taken back, so it need not wait for anything.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from stopship.application.check_fulfillment_state import EARLY, observed
from stopship.application.context import Desk
from stopship.application.next_step import Next, go, open_legs, person, person_was_asked, wait
from stopship.application.plan_legs import add_plan, lines_not_in_order
from stopship.application.record import Step
from stopship.domain.bundles import in_part
from stopship.domain.case import At, Case
from stopship.domain.errors import PartnerBusy, PartnerError
from stopship.domain.events import HoldAnswered, HoldRequested, OrderNotFound
from stopship.domain.ids import action_key
from stopship.domain.order import AckLevel, OrderSnapshot, PickObservation, StopAnswer
from stopship.domain.policy import Cause, Policy
from stopship.domain.resolution import Resolution

STEP = "normalize"

type Seen = tuple[str, PickObservation]
"""Work id, and what was seen of it."""


def normalize_intake(desk: Desk, merchant: str, case_id: str) -> Next:
    """Next: go (legs planned), wait (the order is not known yet) or person."""
    case = desk.cases.load(merchant, case_id)
    if case.withdrawn:
        return go(legs=open_legs(case))
    first = list(desk.partners.hold_first(merchant))
    case = desk.cases.extend(case, lambda c: _intend_holds(c, first))
    if case.order and not lines_missing(case) and _bundles_are_whole(case):
        return go(legs=open_legs(case))
    holds, order, seen = _hold_and_read(desk, case, first)
    if order is not None and _only_shelves_know(order):
        others = [name for name in desk.partners.warehouses(merchant) if name not in first]
        case = desk.cases.extend(case, lambda c: _intend_holds(c, others))
        holds = {**holds, **_hold(desk, case, others)}
    if order is None:
        return _not_known(desk, case, holds)
    case = desk.cases.extend(case, lambda c: _plan(desk, c, holds, order, seen))
    missing = lines_not_in_order(case, {line.line_id for line in order.lines})
    if missing and not (case.legs and _seen_by_person(case)):
        return person(Cause.LINES_NOT_IN_ORDER, f"lines {', '.join(missing)} are not in the order")
    if not _bundles_are_whole(case):
        return person(Cause.BUNDLE_IN_PART, f"only part of bundle {', '.join(in_part(case))} is to be cancelled")
    return go(legs=open_legs(case))


def _bundles_are_whole(case: Case) -> bool:
    return not in_part(case) or _seen_by_person(case)


def _seen_by_person(case: Case) -> bool:
    """A person knows what is wrong with the lines, and wants those that can be stopped to be stopped."""
    return person_was_asked(case, STEP, case.requests[-1].version, (Resolution.RETRY,))


def lines_missing(case: Case) -> bool:
    """Whether a wish that joined later asks for a line that no leg covers."""
    if case.order is None:
        return True
    known = {row["line_id"] for row in case.order.fact.lines}
    return any(line not in known for r in case.requests for line in r.fact.lines)


def _only_shelves_know(order: OrderSnapshot) -> bool:
    """It was cancelled elsewhere, and the order system does not say any more who may be working on it: everybody is asked."""
    return order.cancelled and not order.legs


def _intend_holds(case: Case, names: Sequence[str]) -> Step | None:
    if case.order is not None:
        return None
    step = Step()
    for name in names:
        step.add(HoldRequested("", name), action_key(case.case_id, "", "hold", name))
    return step


def _hold_and_read(
    desk: Desk, case: Case, names: Sequence[str]
) -> tuple[Mapping[str, StopAnswer], OrderSnapshot | None, Seen | None]:
    system = desk.partners_of(case).order_system(case.merchant, case.channel)
    expected = system.expected_work(case.order_ref)
    with ThreadPoolExecutor(max_workers=2) as pool:
        reading = pool.submit(system.read_order, case.order_ref)
        looking = pool.submit(_look, desk, case, *expected) if expected else None
        holds = _hold(desk, case, names)
    return holds, reading.result(), looking.result() if looking else None


def _look(desk: Desk, case: Case, warehouse: str, work_id: str) -> Seen | None:
    """The pick state beside the order, where the place is known before. Whatever is in the way, the check reads again."""
    try:
        return work_id, desk.partners_of(case).warehouses(case.merchant)[warehouse].read_pick_state(
            case.order_ref, work_id
        )
    except (PartnerError, KeyError):
        return None


def _hold(desk: Desk, case: Case, names: Sequence[str]) -> Mapping[str, StopAnswer]:
    """At all of these warehouses side by side, but for those that have answered."""
    asked = [name for name in names if name not in case.first_holds]
    if not asked:
        return {}
    warehouses = desk.partners_of(case).warehouses(case.merchant)
    with ThreadPoolExecutor(max_workers=len(asked)) as pool:
        holding = {
            name: pool.submit(
                warehouses[name].place_hold,
                case.case_id,
                case.order_ref,
                action_key(case.case_id, "", "hold", name),
            )
            for name in asked
        }
    answers = {name: _hold_answer(name, answer) for name, answer in holding.items()}
    return {name: answer for name, answer in answers.items() if answer}


def _hold_answer(name: str, answer: "Future[StopAnswer]") -> StopAnswer | None:
    """A hold that could not be placed never stands in the way of the stop itself. None: the warehouse takes no call now, and was not asked."""
    try:
        return answer.result()
    except PartnerBusy:
        return None
    except PartnerError as error:
        return StopAnswer(AckLevel.SILENT, name, reason=f"{type(error).__name__}: {error}"[:200])


def _hold_facts(step: Step, case: Case, holds: Mapping[str, StopAnswer]) -> None:
    for name, answer in holds.items():
        fact = HoldAnswered("", name, answer.level, answer.reference, answer.reason)
        step.add(fact, action_key(case.case_id, "", "held", name))


def _not_known(desk: Desk, case: Case, holds: Mapping[str, StopAnswer]) -> Next:
    policy: Policy = desk.policy_of(case)
    since = case.case_human.version if case.case_human else 0
    attempt = len([x for x in case.not_found if x.version > since]) + 1

    def build(current: Case) -> Step:
        step = Step()
        _hold_facts(step, current, holds)
        step.add(OrderNotFound(attempt))
        return step

    desk.cases.extend(case, build)
    if attempt >= policy.order_wait_attempts:
        return person(Cause.UNKNOWN_ORDER, f"{case.channel} does not know order {case.order_ref}")
    return wait(policy.order_wait_seconds)


def _plan(desk: Desk, case: Case, holds: Mapping[str, StopAnswer], order: OrderSnapshot, seen: Seen | None) -> Step:
    step = Step()
    _hold_facts(step, case, holds)
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
