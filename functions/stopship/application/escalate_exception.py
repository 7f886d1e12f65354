"""An exception grows old: its owner is told, then whoever stands above, and at the deadline it goes to the next team on the map.

It never just ends. Timers come early, late, twice or not at all: what is due is found from the facts, and each notice is asked for once.
"""

from collections.abc import Sequence
from dataclasses import replace

from stopship.application.context import Desk
from stopship.application.ports import ExceptionItem, Notice
from stopship.application.raise_exception import set_timer
from stopship.application.record import Step
from stopship.domain.case import Case, ExceptionState
from stopship.domain.escalation import moments
from stopship.domain.events import ExceptionEscalated, NoticeRequested, NoticeSent
from stopship.domain.exceptions import deadline, next_owner
from stopship.domain.instant import seconds_between
from stopship.domain.policy import Level, Policy, Team, Tier
from stopship.domain.rota import on_duty
from stopship.frozen import frozen

DOUBT_SECONDS = 300
"""After so long without a word, a notice that was asked for is taken for lost, and sent once more."""


@frozen
class _Telling:
    """A notice whose sending is this process's business: it recorded the intent."""

    period: int
    level: str
    share: int
    team: str
    ways: tuple[str, ...]
    again: bool


def escalate_exception(desk: Desk, merchant: str, exception_id: str) -> str:
    """Gives the owner, "" when nothing was due. A timer that comes early or twice changes nothing."""
    item = desk.ledger.exception(merchant, exception_id)
    if item is None or item.state != "open":
        return ""
    mine: list[_Telling] = []
    case = desk.cases.record(merchant, item.case_id, lambda c: _step(desk, c, exception_id, mine))
    for telling in mine:
        _tell(desk, case, item, telling)
    state = case.exceptions[exception_id]
    if state.open:
        set_timer(desk, case, state)
    return state.owner if mine or state.escalations > item.escalations else ""


def is_due(desk: Desk, case: Case, state: ExceptionState) -> bool:
    """Whether somebody is to be told now, or was to be told and nobody knows whether he was."""
    now = desk.clock.now()
    return moments(state, desk.policy_of(case))[0].at <= now or bool(_lost(state, now))


def _step(desk: Desk, case: Case, exception_id: str, mine: list[_Telling]) -> Step | None:
    state, now, step = case.exceptions[exception_id], desk.clock.now(), Step()
    mine.clear()
    if not state.open:
        return None
    policy = desk.policy_of(case)
    due = [moment for moment in moments(state, policy) if moment.at <= now]
    mine += _lost(state, now)
    mine += [
        _Telling(state.escalations, x.level, x.share, state.owner, tuple(_ways(policy, state, x.level)), again=False)
        for x in due
        if x.level
    ]
    for telling in mine:
        _ask(step, exception_id, telling)
    if due and due[-1].level is None:
        _pass_on(desk, case, state, policy, step)
    return step


def _ways(policy: Policy, state: ExceptionState, level: Level) -> Sequence[str]:
    return policy.notices.contacts_of(Team(state.owner), level)


def _lost(state: ExceptionState, now: str) -> list[_Telling]:
    """Asked for, and nobody knows whether anybody was told: the process died in between, or nobody could be reached."""
    return [
        _Telling(x.period, x.level, x.share, x.team, tuple(sorted(told.unknown)), again=True)
        for told in state.told.values()
        if told.unknown and told.tries == 1 and seconds_between(told.requested.at, now) >= DOUBT_SECONDS
        for x in (told.requested.fact,)
    ]


def _ask(step: Step, exception_id: str, x: _Telling) -> None:
    fact = NoticeRequested(exception_id, x.period, x.level, x.share, x.team, list(x.ways))
    step.add(fact, f"notice:{exception_id}:{x.period}:{x.level}" + (":again" if x.again else ""))


def _pass_on(desk: Desk, case: Case, state: ExceptionState, policy: Policy, step: Step) -> None:
    name, now, level = state.opened.fact.exception_id, desk.clock.now(), state.escalations + 1
    owner, tier = next_owner(Team(state.owner), policy), Tier(state.opened.fact.tier)
    due, person = deadline(tier, owner, policy, now), on_duty(policy.rotas.get(owner), now)
    step.add(ExceptionEscalated(name, owner, due, level, person), f"escalated:{name}:{level}")
    item = desk.ledger.exception(case.merchant, name)
    if item:
        moved = replace(item, owner=owner, person=person, deadline=due, escalations=level, snoozed_until="")
        step.exceptions.append(moved)


def _tell(desk: Desk, case: Case, item: ExceptionItem, telling: _Telling) -> None:
    """A way that fails the first time is tried once more, when the doubt about it is old enough."""
    notice = Notice(
        merchant=case.merchant,
        exception_id=item.exception_id,
        team=telling.team,
        level=telling.level,
        share=telling.share,
        tier=item.tier,
        cause=item.cause,
        next_action=item.next_action,
        deadline=item.deadline,
        link=desk.case_url(case.merchant, case.case_id),
    )
    for way in telling.ways:
        status = _sent(desk, way, notice)
        if status == "sent" or telling.again:
            fact = NoticeSent(item.exception_id, telling.period, telling.level, way, status)
            desk.cases.extend(case, lambda _, fact=fact: _one(fact))  # type: ignore[misc]


def _sent(desk: Desk, way: str, notice: Notice) -> str:
    """One way that cannot be gone, for whatever reason (the merchant's secret may be gone), keeps nobody from being told by the others."""
    try:
        desk.notices.tell(way, notice)
    except Exception as error:  # noqa: BLE001 - that nobody was told is on record, by the kind of what went wrong
        return f"failed:{type(error).__name__}"
    return "sent"


def _one(fact: NoticeSent) -> Step:
    step = Step()
    step.add(fact)
    return step
