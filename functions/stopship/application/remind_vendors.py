"""A vendor who is asked by mail and says nothing is reminded once, by the same links, before his silence becomes an exception.

That he is to be reminded is recorded before the mail goes: whoever recorded it sends, so that two sweeps send one mail, and a sweep that
dies in between sends none. The links lead to the one-time callback of the stop itself: a reminder makes no second door.
"""

from dataclasses import dataclass, replace

from stopship.application.context import Desk
from stopship.application.execute_stop_ship import stop_command
from stopship.application.ports import Warehouse
from stopship.application.record import Step
from stopship.domain.case import Case, Leg
from stopship.domain.decide import Action, decide_leg
from stopship.domain.errors import PartnerError, PartnerUnavailable
from stopship.domain.events import StopReminderFailed, StopReminderRequested, StopReminderSent
from stopship.domain.ids import action_key
from stopship.domain.reminder import reminder_due


@dataclass(slots=True)
class Reminded:
    sent: int = 0
    failed: int = 0


def remind_vendors(desk: Desk, case: Case) -> Reminded:
    """Of one case, all legs whose reminder is due. No partner but the one that carries the mail is called."""
    done = Reminded()
    for leg_id, leg in case.legs.items():
        if not _due(desk, case, leg):
            continue
        warehouse = desk.partners_of(case).warehouses(case.merchant).get(leg.plan.warehouse)
        if warehouse is None:
            continue
        if _remind(desk, case, leg_id, warehouse):
            done.sent += 1
        else:
            done.failed += 1
    return done


def _due(desk: Desk, case: Case, leg: Leg) -> bool:
    policy, now = desk.policy_of(case), desk.clock.now()
    if not case.is_open or not reminder_due(leg, policy.reminder_share, now):
        return False
    return decide_leg(case, leg, policy, now).action in (Action.STOP, Action.STOP_PHYSICALLY)


def _remind(desk: Desk, known: Case, leg_id: str, warehouse: Warehouse) -> bool:
    case, mine = _intended(desk, known, leg_id)
    leg, attempt = case.legs[leg_id], case.legs[leg_id].current
    if not mine or attempt is None:
        return False
    number, tried = attempt.requested.fact.attempt, attempt.reminders[-1].fact.number
    command = replace(stop_command(desk, case, leg, attempt), reminder=True)
    end: StopReminderSent | StopReminderFailed
    try:
        answer = warehouse.stop_ship(command)
    except PartnerError as error:
        in_doubt = isinstance(error, PartnerUnavailable) and error.in_doubt
        end = StopReminderFailed(leg_id, number, tried, type(error).__name__, in_doubt)
    else:
        end = StopReminderSent(leg_id, number, tried, answer.reference)
    desk.cases.extend(case, lambda c: _ended(c, end))
    return isinstance(end, StopReminderSent)


def _intended(desk: Desk, known: Case, leg_id: str) -> tuple[Case, bool]:
    """The case with the intent in it, and whether the intent is this call's own."""
    mine: list[bool] = []

    def build(case: Case) -> Step | None:
        leg = case.legs[leg_id]
        mine[:] = [_due(desk, case, leg)]
        if not mine[0] or leg.current is None:
            return None
        attempt, number = leg.current.requested.fact.attempt, len(leg.current.reminders) + 1
        step = Step()
        step.add(StopReminderRequested(leg_id, attempt, number), _key(case, leg_id, "remind", attempt, number))
        return step

    return desk.cases.extend(known, build), mine[-1]


def _ended(case: Case, end: StopReminderSent | StopReminderFailed) -> Step:
    step = Step()
    step.add(end, _key(case, end.leg_id, "reminded", end.attempt, end.number))
    return step


def _key(case: Case, leg_id: str, what: str, attempt: int, number: int) -> str:
    return action_key(case.case_id, leg_id, what, str(attempt), str(number))
