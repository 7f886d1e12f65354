"""A case's facts from its events. Pure: the same events give the same rows, byte for byte, whenever and wherever they are read."""

from collections.abc import Sequence
from typing import Any

from stopship.domain import events as e
from stopship.domain.case import At, Case, fold
from stopship.domain.instant import microseconds_between
from stopship.domain.kpi.facts import MIXED, NOTHING, UNDECIDED, CaseFact, CaseFacts, ExceptionFact
from stopship.domain.kpi.leg_facts import leg_facts
from stopship.domain.kpi.money_facts import money_facts
from stopship.domain.kpi.stated_reason import implied_reason
from stopship.domain.kpi.subject import Subject
from stopship.domain.outcome import Outcome


def facts_of(merchant: str, case_id: str, recorded: Sequence[Any]) -> CaseFacts | None:
    """``recorded``: all events in order (objects with ``event``, ``version``, ``at``, ``key``, ``hash``). None for what is no case of a cancel:
    a partition that only keeps messages."""
    case = fold(merchant, case_id, recorded)
    if case.opened is None or not case.requests:
        return None
    about = _subject(case)
    money = money_facts(case, recorded, about)
    return CaseFacts(_case(case, recorded, about, money), leg_facts(case, about), _exceptions(case, about), money)


def _subject(case: Case) -> Subject:
    closed = case.closed.fact if case.closed else None
    kinds = {str(leg.plan.fulfillment_type) for leg in case.legs.values()}
    return Subject(
        merchant=case.merchant,
        case_id=case.case_id,
        version=case.version,
        channel=case.channel,
        fulfillment_type=NOTHING if not kinds else MIXED if len(kinds) > 1 else kinds.pop(),
        reason=str(case.reason),
        root_cause=closed.root_cause if closed else UNDECIDED,
        avoidable=UNDECIDED if closed is None else "avoidable" if closed.avoidable else "structural",
    )


def _case(case: Case, recorded: Sequence[Any], about: Subject, money: Sequence[Any]) -> CaseFact:
    closed = case.closed
    times = closed.fact.timestamps if closed else {}
    shipped = [leg for leg in case.legs.values() if leg.outcome is Outcome.SHIPPED]
    left = len(shipped) + bool(case.already_shipped)
    return CaseFact(
        merchant=case.merchant,
        case_id=case.case_id,
        version=case.version,
        channel=about.channel,
        order_ref=case.order_ref,
        sequence=case.opened.fact.sequence if case.opened else 0,
        opened_at=case.opened.at if case.opened else "",
        fulfillment_type=about.fulfillment_type,
        kind=str(case.kind or UNDECIDED),
        reason=about.reason,
        root_cause=about.root_cause,
        implied_reason=implied_reason(about.root_cause),
        avoidable=about.avoidable,
        source=case.requests[0].fact.source,
        outcome=closed.fact.outcome if closed else "",
        requested_at=case.requested_at,
        received_at=case.received_at,
        stop_sent_at=times.get("stop_ship_sent", ""),
        stop_acknowledged_at=times.get("stop_ship_acknowledged", ""),
        ended_at=closed.at if closed else "",
        duration_us=microseconds_between(case.requested_at, closed.at) if closed else None,
        reopened=len(case.reopened),
        shipped_after_stop=any(leg.was_stopped and leg.departure for leg in shipped),
        returned_after_end=_returned_after_end(recorded),
        parcels_left=left,
        paid_back=any(m.kind == "refund" and m.state == "done" for m in money),
        returned=bool(case.returns) or any(leg.came_back for leg in shipped) or bool(case.claimed_by_returns),
        seller_cancel_day=_seller_cancel_day(case),
    )


def _returned_after_end(recorded: Sequence[Any]) -> bool:
    """A return that somebody began when the case had been closed."""
    ended = min((x.version for x in recorded if isinstance(x.event, e.CaseClosed)), default=0)
    later = (x.event for x in recorded if ended and x.version > ended)
    return any(isinstance(x, e.ReturnOpened) or (isinstance(x, e.ReturnSeen) and x.active) for x in later)


def _seller_cancel_day(case: Case) -> str:
    """As the desk counts it for the marketplace's own rate: on the day on which it was first weighed, unless it was refused, could not be
    told, or does not count."""
    if not case.weighed or case.cancel_requested is None or case.cancel_refused:
        return ""
    told = case.weighed[-1].fact
    return case.weighed[0].at[:10] if told.reason and not told.excluded else ""


def _exceptions(case: Case, about: Subject) -> tuple[ExceptionFact, ...]:
    return tuple(_exception(case, about, x) for _, x in sorted(case.exceptions.items()))


def _exception(case: Case, about: Subject, state: Any) -> ExceptionFact:
    opened: At[e.ExceptionOpened] = state.opened
    ended: At[e.ExceptionResolved] | None = state.resolved
    leg = case.legs.get(opened.fact.leg_id)
    return ExceptionFact(
        **about.row(),
        exception_id=opened.fact.exception_id,
        warehouse=leg.plan.warehouse if leg else "",
        cause=opened.fact.cause,
        tier=opened.fact.tier,
        first_owner=opened.fact.owner,
        owner=state.owner,
        opened_at=opened.at,
        first_deadline=opened.fact.deadline,
        deadline=state.deadline,
        ended_at=ended.at if ended else "",
        met=ended is not None and ended.at <= opened.fact.deadline,
        duration_us=microseconds_between(opened.at, ended.at) if ended else None,
        escalations=state.escalations,
        resolution=ended.fact.resolution if ended else "",
        ended_by="" if ended is None else "evidence" if ended.fact.by.startswith("evidence:") else "person",
    )
