"""Letting go of what may ship: holds of legs that are not stopped, and holds that went out first and are needed no more."""

from stopship.application.context import Desk
from stopship.application.record import Step
from stopship.domain.case import At, Case, total
from stopship.domain.events import HoldAnswered, HoldReleased
from stopship.domain.ids import action_key
from stopship.domain.order import AckLevel
from stopship.domain.outcome import ENDS_WITHOUT_SHIPMENT


def release_holds(desk: Desk, case: Case) -> Case:
    """Safe to repeat: what is released is on record, and no hold is no error to anybody."""
    for leg in list(case.legs.values()):
        hold = leg.holds.get(case.channel)
        if leg.outcome not in ENDS_WITHOUT_SHIPMENT and _may_stand(case, leg.plan.leg_id, case.channel, hold):
            key = action_key(case.case_id, leg.plan.leg_id, "release", case.channel)
            desk.partners_of(case).order_system(case.merchant, case.channel).release_hold(case.order_ref, leg.plan, key)
            case = _released(desk, case, leg.plan.leg_id, case.channel)
    for name in [system for leg_id, system in case.holds_requested if not leg_id]:
        if _may_stand(case, "", name, case.first_holds.get(name)) and _needed_no_more(case, name):
            again = case.first_lifted.get(name, 0)
            key = action_key(case.case_id, "", "release", name, *([str(again)] if again else []))
            desk.partners_of(case).warehouses(case.merchant)[name].release_hold(case.case_id, case.order_ref, key)
            case = _released(desk, case, "", name)
    return case


def _may_stand(case: Case, leg_id: str, system: str, hold: At[HoldAnswered] | None) -> bool:
    """A hold that was refused is none. One that was asked for and never answered may stand."""
    if hold is None:
        return (leg_id, system) in case.holds_requested
    return hold.fact.level != AckLevel.REJECTED


def _needed_no_more(case: Case, warehouse: str) -> bool:
    """A warehouse's hold covers all of the order's work there. While a leg there is stopped it stays, unless the stop is
    cancelled in the order system and other lines of the order are to go on."""
    stopped = any(x.plan.warehouse == warehouse and x.outcome in ENDS_WITHOUT_SHIPMENT for x in case.legs.values())
    return not stopped or (case.cancelled is not None and _part_goes_on(case))


def _part_goes_on(case: Case) -> bool:
    rows = case.order.fact.lines if case.order else []
    ended = total([case.stopped_lines, case.shipped_lines, case.cancelled_before])
    return any(row["ordered"] > ended.get(row["line_id"], 0) for row in rows)


def _released(desk: Desk, case: Case, leg_id: str, system: str) -> Case:
    step = Step()
    step.add(HoldReleased(leg_id, system))
    return desk.cases.extend(case, lambda _: step)
