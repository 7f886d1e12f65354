"""An open exception goes to another team or person, or is put off: its customer waits on, and the chain says who did it and why."""

from dataclasses import replace

from stopship.application.answer_exception import kept_note, open_item
from stopship.application.context import Desk
from stopship.application.leases import refuse_if_held, release
from stopship.application.ports import ExceptionItem
from stopship.application.raise_exception import set_timer
from stopship.application.record import Step
from stopship.domain import instant
from stopship.domain.agent import Agent, Doing, demand
from stopship.domain.calendar import due
from stopship.domain.case import Case, ExceptionState
from stopship.domain.clocks import spent
from stopship.domain.errors import AlreadyRecorded, InvalidInput
from stopship.domain.events import ExceptionReassigned, ExceptionSnoozed
from stopship.domain.policy import Policy, Team, Tier


def reassign(
    desk: Desk, agent: Agent, merchant: str, exception_id: str, team: str, person: str = "", note: str = ""
) -> ExceptionItem:
    """``team`` owns it from now on; ``person`` is the id of somebody in it, "" for whoever takes it. The deadline stays."""
    demand(agent, Doing.REASSIGN, merchant)
    if team not in list(Team):
        raise InvalidInput("team", f"{team!r} is none", f"one of {', '.join(Team)}")
    item = open_item(desk, merchant, exception_id)
    refuse_if_held(desk, agent, item)

    def build(case: Case) -> Step | None:
        state, step = _open(case, exception_id), Step()
        if (state.owner, state.person) == (team, person):
            return None
        now = open_item(desk, merchant, exception_id)
        step.add(ExceptionReassigned(exception_id, team, person, agent.subject, kept_note(desk, item, note)))
        step.exceptions.append(replace(now, owner=team, person=person))
        return step

    case = desk.cases.record(merchant, item.case_id, build)
    set_timer(desk, case, case.exceptions[exception_id])
    release(desk, agent, item)
    return desk.ledger.exception(merchant, exception_id) or item


def snooze(
    desk: Desk, agent: Agent, merchant: str, exception_id: str, until: str, reason: str, waiting_for: str = ""
) -> ExceptionItem:
    """Nobody is given it before ``until``, a moment with its offset. ``waiting_for`` is the partner that owes an answer, "" for another reason.
    The team's clock stands still up to then, the customer's does not. Raises InvalidInput for a moment that is over, or too far away."""
    demand(agent, Doing.SNOOZE, merchant)
    item = open_item(desk, merchant, exception_id)
    refuse_if_held(desk, agent, item)
    if not reason.strip():
        raise InvalidInput("reason", "is missing", "say what it waits for")
    wanted = _moment(until)

    def build(case: Case) -> Step:
        state, policy, now = _open(case, exception_id), desk.policy_of(case), desk.clock.now()
        _within(policy, now, wanted, waiting_for)
        used = spent(state, policy, now)
        tier, team = Tier(item.tier), Team(state.owner)
        left = max(0, policy.tier_seconds[tier] - used)
        deadline = due(policy.calendar(tier, team), wanted, left)
        step = Step()
        step.add(
            ExceptionSnoozed(
                exception_id, wanted, deadline, used, agent.subject, kept_note(desk, item, reason), waiting_for
            )
        )
        now_item = open_item(desk, merchant, exception_id)
        step.exceptions.append(replace(now_item, deadline=deadline, snoozed_until=wanted))
        return step

    case = desk.cases.record(merchant, item.case_id, build)
    set_timer(desk, case, case.exceptions[exception_id])
    release(desk, agent, item)
    return desk.ledger.exception(merchant, exception_id) or item


def _open(case: Case, exception_id: str) -> ExceptionState:
    state = case.exceptions[exception_id]
    if not state.open:
        raise AlreadyRecorded(f"exception {exception_id} is resolved")
    return state


def _moment(until: str) -> str:
    try:
        return instant.normal(until)
    except ValueError as error:
        raise InvalidInput("until", "is no moment", "write it like 2026-11-26T15:00:00+01:00") from error


def _within(policy: Policy, now: str, until: str, waiting_for: str) -> None:
    most = policy.service.vendor if waiting_for else policy.service.snooze
    away = instant.seconds_between(now, until)
    if away <= 0:
        raise InvalidInput("until", "is over", "name a moment to come")
    if away > most:
        whose = "a partner may owe an answer" if waiting_for else "an exception may be put off"
        raise InvalidInput("until", f"is too far away: for so long {whose}: {most} seconds", "name an earlier moment")
