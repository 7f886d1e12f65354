"""Step 8: wait for what a carrier brings back, open the return for what shipped, tell the customer the outcome, and close with timestamps
and root cause."""

from dataclasses import replace
from typing import Any

from stopship.application.answer_tickets import TRIES, MessageFailed, answer_tickets, tries
from stopship.application.context import Desk
from stopship.application.messages import CameBack, Template, language_of, template_for
from stopship.application.next_step import Next, go, legs, person, person_was_asked
from stopship.application.outcome_texts import outcome_text
from stopship.application.record import Demand, Step
from stopship.application.tell_buyer import tell_outcome
from stopship.application.update_netsuite import outcome_of
from stopship.application.watch_intercepts import watch_intercepts
from stopship.domain.case import At, Case, Goods, subtract, total
from stopship.domain.errors import Conflict, PartnerRefused, PartnerUnavailable, StopshipError
from stopship.domain.events import (
    CaseClosed,
    InterceptEnded,
    LegSettled,
    MessageNotSent,
    MessageRequested,
    MessageSent,
    ReturnOpened,
)
from stopship.domain.ids import action_key
from stopship.domain.instant import plus
from stopship.domain.order import Quantities
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause
from stopship.domain.request import Kind
from stopship.domain.resolution import Resolution
from stopship.domain.root_cause import find_root_cause

STEP = "close"
_WEAKEST_FIRST = (Outcome.STOPPED, Outcome.BLOCKED, Outcome.SAVED, Outcome.WITHDRAWN, Outcome.SHIPPED)
"""An end of goods at one place gives way to every later one at another."""


def close_loop(desk: Desk, merchant: str, case_id: str) -> Next:
    """Next: go (closed), wait (a carrier has yet to bring something back), legs (a leg speaks up again, or something came back and its money
    is due) or person."""
    case = desk.cases.load(merchant, case_id)
    if case.closed:
        return go()
    if not case.all_settled or case.wishes_unread:
        return legs(case)
    if case.open_exceptions:
        return person(Cause(case.open_exceptions[0].opened.fact.cause), "an exception is still open")
    if case.money_settled is None:
        # Something came back, and the process that saw it died before it said so.
        return legs(case)
    case, pending = watch_intercepts(desk, case, STEP)
    if case.money_settled is None:
        # What is back is paid for, whatever else is still on its way.
        return legs(case)
    if pending:
        return pending
    case = _open_return(desk, case)
    case = _tell(desk, case)
    case = answer_tickets(desk, case, STEP, _template(case), line_outcomes(case), _still_so(case))
    case = desk.cases.extend(case, lambda c: _close(desk, c))
    return go() if case.closed else legs(case)


def _open_return(desk: Desk, case: Case) -> Case:
    """For line quantities that left although they were asked for, that are not back, and that no return covers yet."""
    opened: dict[str, int] = {}
    for item in case.returns:
        for line, quantity in item.fact.lines.items():
            opened[line] = opened.get(line, 0) + quantity
    lines = subtract(subtract(case.shipped_lines, case.returned_lines), opened)
    if not lines or _let_ship(case):
        return case
    _still_so(case)(desk.cases.load(case.merchant, case.case_id))
    key = action_key(case.case_id, "", "return", str(len(case.returns) + 1))
    try:
        reference = (
            desk.partners_of(case).order_system(case.merchant, case.channel).open_return(case.order_ref, lines, key)
        )
    except PartnerRefused:
        reference = ""

    def build(_: Case) -> Step:
        step = Step()
        step.add(ReturnOpened(lines, reference), key)
        return step

    return desk.cases.extend(case, build)


def _let_ship(case: Case) -> bool:
    """Whoever decided to let it ship did not ask for it back."""
    shipped = [leg for leg in case.legs.values() if leg.outcome is Outcome.SHIPPED]
    return bool(shipped) and all(
        leg.human is not None and leg.human.fact.resolution == Resolution.LET_IT_SHIP for leg in shipped
    )


def _tell(desk: Desk, case: Case) -> Case:
    """One message by outcome. A repeat after a crash between sending and recording may tell the same truth again, but for a marketplace's
    buyer, where a person decides."""
    template = _template(case)
    name = f"{template}:{len(case.reopened)}"
    if name in case.messages:
        return case
    buyers = desk.partners_of(case).buyer_messages(case.merchant, case.channel)
    if buyers is not None and case.order is not None:
        return tell_outcome(desk, case, buyers, name, template, STEP, _still_so(case))
    to, skipped = _addressee(desk, case, template)
    taken_back = case.messages_not_sent.get(name, [])
    key = action_key(case.case_id, "", "message", name, *([str(len(taken_back) + 1)] if taken_back else []))
    case = desk.cases.intend(case, _still_so(case), MessageRequested(name), key)
    status, message_id = (skipped, "") if skipped else _send(desk, case, template, name, to)

    def build(_: Case) -> Step:
        step = Step()
        step.add(MessageSent(name, message_id, status), action_key(case.case_id, "", "message_sent", name))
        return step

    return desk.cases.extend(case, build)


def _still_so(case: Case) -> Demand:
    """The end that was found of the case is its end in the newest one too: nobody is told, or sent a return for, what no longer holds."""
    found = _end(case)

    def demand(current: Case) -> None:
        if not _over(current) or _end(current) != found:
            raise Conflict("the case has moved on since its end was found")

    return demand


def _over(case: Case) -> bool:
    return case.all_settled and not case.wishes_unread and not case.open_exceptions and case.money_settled is not None


def _end(case: Case) -> tuple[object, ...]:
    return _template(case), line_outcomes(case), case.money_settled, len(case.reopened)


def _template(case: Case) -> Template:
    ends = {Outcome(row["outcome"]) for row in line_outcomes(case)} or {outcome_of(case)}
    rows = case.order.fact.lines if case.order else []
    ended = total([case.stopped_lines, case.cancelled_before])
    part = any(row["ordered"] > ended.get(row["line_id"], 0) for row in rows)
    back = case.returned_lines
    came_back = CameBack.NOTHING if not back else CameBack.SOME if subtract(case.shipped_lines, back) else CameBack.ALL
    return template_for(ends, part=part, let_ship=_let_ship(case), came_back=came_back)


def is_mixed(case: Case) -> bool:
    return len({row["outcome"] for row in line_outcomes(case)}) > 1


def _not_sent(name: str) -> Step:
    step = Step()
    step.add(MessageNotSent(name, "unavailable"))
    return step


def _addressee(desk: Desk, case: Case, template: Template) -> tuple[str, str]:
    """The customer's address, or "" and why nobody is written to. Asked for before the intent, so that nothing comes between that and
    the message."""
    since = max((x.version for x in (*case.reopened, *_ends(case))), default=0)
    if not desk.partners.sender(case.merchant):
        return "", "skipped:no_sender"
    if person_was_asked(case, STEP, since, (Resolution.DONE_BY_HAND,)):
        return "", "skipped:by_hand"
    if case.order is None:
        return "", "skipped:no_order"
    if template is Template.WITHDRAWN and case.kind is Kind.AUTO:
        return "", "skipped:nobody_asked"
    to = desk.partners_of(case).order_system(case.merchant, case.channel).contact(case.order_ref)
    return to, "" if to else "skipped:no_address"


def _send(desk: Desk, case: Case, template: Template, name: str, to: str) -> tuple[str, str]:
    """Status and message id. Raises PartnerUnavailable for the first tries that certainly did not go out, then MessageFailed."""
    sender, order = desk.partners.sender(case.merchant), case.order.fact.display_ref if case.order else case.order_ref
    why = case.money_settled.fact.why if case.money_settled else ""
    told = outcome_text(template, language_of(case), order, why)
    tags = {"merchant": case.merchant, "case": case.case_id, "template": template}
    try:
        return "sent", desk.mailer.send(sender, to, told.subject, told.text, tags)
    except PartnerUnavailable as error:
        if not error.in_doubt:
            case = desk.cases.extend(case, lambda _: _not_sent(name))
            if tries(case, case.messages_not_sent[name]) < TRIES:
                raise
        raise MessageFailed(f"{template} could not be sent") from error
    except StopshipError as error:
        raise MessageFailed(f"{template} could not be sent") from error


def _ends(case: Case) -> list[At[LegSettled] | At[InterceptEnded]]:
    """Whoever told the customer by hand told what had come of it by then."""
    return [x for leg in case.legs.values() for x in (leg.settled, leg.intercept_end) if x]


def _close(desk: Desk, case: Case) -> Step | None:
    """Decided on the version that is closed: a shipment that is recorded first keeps the case open."""
    if case.closed or not case.all_settled or case.wishes_unread or case.open_exceptions:
        return None
    policy, outcome, cause = desk.policy_of(case), outcome_of(case), find_root_cause(case)
    fact = CaseClosed(
        outcome=outcome,
        mixed=is_mixed(case),
        lines=line_outcomes(case),
        root_cause=cause.tag,
        avoidable=policy.reasons[case.reason].avoidable,
        timestamps=timestamps(case, desk.clock.now()),
        watch_until=plus(desk.clock.now(), policy.watch_days * 86400),
        root_cause_evidence=list(cause.evidence),
    )
    step = Step()
    step.add(fact, f"closed:{len(case.reopened)}")
    lock = desk.ledger.lock_of(case.merchant, case.channel, case.order_ref)
    if lock and lock.case_id == case.case_id:
        step.lock_from, step.lock = lock, replace(lock, active=False)
    return step


def line_outcomes(case: Case) -> list[dict[str, Any]]:
    """[{line_id, quantity, outcome}] over all legs and what had left before. What came back after its stop ended as it did the
    last time, once."""
    goods = [_ends_of(same) for same in case.goods]
    ends = {outcome: total(one[outcome] for one in goods) for outcome in Outcome}
    ends[Outcome.SHIPPED] = total([ends[Outcome.SHIPPED], case.already_shipped])
    again = case.recreated_lines
    for outcome in (Outcome.STOPPED, Outcome.BLOCKED, Outcome.SAVED, Outcome.WITHDRAWN):
        before = ends[outcome]
        ends[outcome] = subtract(before, again)
        again = subtract(again, before)
    rows = sorted((line, str(outcome), quantity) for outcome, lines in ends.items() for line, quantity in lines.items())
    return [{"line_id": line, "quantity": quantity, "outcome": outcome} for line, outcome, quantity in rows]


def _ends_of(same: Goods) -> dict[Outcome, Quantities]:
    """Of goods that may have lain at several places, each piece once: it is stopped only where all of them say so."""
    ends: dict[Outcome, Quantities] = {}
    copies: Quantities = same.copies
    for outcome in _WEAKEST_FIRST:
        found = same.ended({outcome})
        ends[outcome] = subtract(found, copies)
        copies = subtract(copies, found)
    return ends


def timestamps(case: Case, now: str) -> dict[str, str]:
    """The four of the SLA: request received, stop-ship sent, stop-ship acknowledged, final outcome."""
    sent = [a.sent.at for leg in case.legs.values() for a in leg.attempts.values() if a.sent]
    answered = [leg.answer.at for leg in case.legs.values() if leg.answer]
    return {
        "request_received": case.received_at,
        "stop_ship_sent": min(sent, default=""),
        "stop_ship_acknowledged": max(answered, default=""),
        "final_outcome": now,
    }
