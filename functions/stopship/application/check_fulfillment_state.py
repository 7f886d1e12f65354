"""Step 3: what the warehouse itself says about the leg, and a hold on its work in the order system beside it."""

from concurrent.futures import ThreadPoolExecutor

from stopship.application.context import Desk
from stopship.application.next_step import Next
from stopship.application.record import Step
from stopship.domain.case import Case, Leg
from stopship.domain.errors import PartnerBusy, PartnerError
from stopship.domain.events import HoldAnswered, HoldRequested, PickStateObserved
from stopship.domain.ids import action_key
from stopship.domain.instant import seconds_between
from stopship.domain.order import AckLevel, PickObservation, StopAnswer

EARLY = "early"
"""The purpose of a look beside the reading of the order."""
CHECK = "check"
_A_MOMENT = 30


def check_fulfillment_state(desk: Desk, merchant: str, case_id: str, leg_id: str) -> Next:
    """Always leads to the rule. A warehouse that cannot be reached raises, so that the state machine tries again. While all legs are to end, so
    that others are taken up, none is read: one warehouse that is down would keep the others' news from everybody."""
    case = desk.cases.record(merchant, case_id, lambda c: _intend_hold(c, c.legs[leg_id]))
    leg = case.legs[leg_id]
    if leg.settled or leg.human:
        return {"next": "rule"}
    hold_wanted = needs_hold(case, leg)
    with ThreadPoolExecutor(max_workers=2) as pool:
        reading = pool.submit(read_pick_state, desk, case, leg) if _must_look(case, leg, desk.clock.now()) else None
        holding = pool.submit(_place_hold, desk, case, leg) if hold_wanted else None
    held = holding.result() if holding else None
    if held:
        case = desk.cases.extend(case, lambda c: _hold_step(c, leg, held))
    if reading:
        seen = reading.result()
        desk.cases.extend(case, lambda _: observed_step(leg_id, seen, CHECK))
    return {"next": "rule"}


def hold_leg(desk: Desk, case: Case, leg_id: str) -> Case:
    """A hold in the order system on the leg's work, outside the leg's own way through the machine."""
    case = desk.cases.extend(case, lambda c: _intend_hold(c, c.legs[leg_id], anew=True))
    leg = case.legs[leg_id]
    if not needs_hold(case, leg):
        return case
    held = _place_hold(desk, case, leg)
    if held is None:
        return case
    return desk.cases.extend(case, lambda c: _hold_step(c, leg, held))


def needs_hold(case: Case, leg: Leg) -> bool:
    """Work that the order system knows is held there too, once, while the stop is under way."""
    return bool(leg.plan.external_ref) and case.channel not in leg.holds


def read_pick_state(desk: Desk, case: Case, leg: Leg) -> PickObservation:
    warehouse = desk.partners_of(case).warehouses(case.merchant)[leg.plan.warehouse]
    return warehouse.read_pick_state(case.order_ref, leg.work_id)


def _must_look(case: Case, leg: Leg, now: str) -> bool:
    """Unless somebody has looked a moment ago: beside the reading of the order, or before the message had to wait for its turn. That it left
    after it was stopped is known, and no pick state takes it back."""
    if not leg.plan.warehouse or case.legs_called or case.wishes_unread or (leg.gone and leg.was_stopped):
        return False
    last = leg.observation
    if last is None or last.fact.purpose not in (EARLY, CHECK) or last.version <= leg.retried_at:
        return True
    return seconds_between(last.at, now) > _A_MOMENT


def observed(leg_id: str, seen: PickObservation, purpose: str) -> PickStateObserved:
    return PickStateObserved(
        leg_id,
        seen.state,
        seen.source,
        seen.observed_at,
        seen.actor,
        seen.departed_at,
        purpose,
        seen.said,
        dict(seen.shipped_lines),
    )


def observed_step(leg_id: str, seen: PickObservation, purpose: str) -> Step:
    step = Step()
    step.add(observed(leg_id, seen, purpose))
    return step


def _intend_hold(case: Case, leg: Leg, *, anew: bool = False) -> Step | None:
    """``anew``: whatever stands of the leg, its hold is placed again."""
    if not needs_hold(case, leg) or (not anew and (leg.settled or leg.human)):
        return None
    step = Step()
    step.add(HoldRequested(leg.plan.leg_id, case.channel), hold_key(case, leg))
    return step


def hold_key(case: Case, leg: Leg) -> str:
    """Another one each time that somebody has let go of the last hold."""
    again = (str(leg.lifted),) if leg.lifted else ()
    return action_key(case.case_id, leg.plan.leg_id, "hold", case.channel, *again)


def _place_hold(desk: Desk, case: Case, leg: Leg) -> StopAnswer | None:
    """A hold that fails is recorded and does not stand in the way: the stop itself is what counts. None when the order system takes no
    call now: it was not asked, and is when the leg is looked at again."""
    system = desk.partners_of(case).order_system(case.merchant, case.channel)
    try:
        return system.place_hold(case.order_ref, leg.plan, hold_key(case, leg))
    except PartnerBusy:
        return None
    except PartnerError as error:
        return StopAnswer(AckLevel.SILENT, case.channel, reason=f"{type(error).__name__}: {error}"[:200])


def _hold_step(case: Case, leg: Leg, answer: StopAnswer) -> Step:
    step = Step()
    step.add(HoldAnswered(leg.plan.leg_id, case.channel, answer.level, answer.reference, answer.reason))
    return step
