"""When the desk cannot go on alone: an exception with tier, owner, next action and deadline, and a wait for its end."""

import json
import re
from dataclasses import replace

from stopship.application.context import Desk
from stopship.application.hold_in_erp import hold_in_erp
from stopship.application.next_step import Next
from stopship.application.ports import Callback, ExceptionItem
from stopship.application.record import Step
from stopship.domain.case import Case, ExceptionState, Leg
from stopship.domain.clocks import begins
from stopship.domain.decide import Action, decide_leg
from stopship.domain.errors import AlreadyRecorded
from stopship.domain.escalation import moments
from stopship.domain.events import ExceptionOpened
from stopship.domain.exceptions import deadline, triage
from stopship.domain.ids import exception_id
from stopship.domain.instant import plus
from stopship.domain.policy import Cause, ExceptionRule
from stopship.domain.rota import on_duty

_FOR_EVER = 366 * 86400.0
_DOWN = re.compile(r"(?P<partner>.+): down since \S+, (?P<outage>outage-[a-z2-7]{20})")
_CALL = re.compile(r'"requestId": ?"([0-9a-f-]{36})"')
"""In the JSON of a function's error."""
_ERRORS = {
    "PartnerUnavailable": Cause.PARTNER_UNAVAILABLE,
    "PartnerBusy": Cause.PARTNER_UNAVAILABLE,
    "PartnerDown": Cause.PARTNER_UNAVAILABLE,
    "PartnerRefused": Cause.PARTNER_REFUSED,
    "PartnerContractBroken": Cause.PARTNER_CONTRACT_BROKEN,
    "ReadingBehind": Cause.STOP_UNPROVEN,
    "MessageFailed": Cause.MESSAGE_FAILED,
}


def raise_exception(
    desk: Desk, merchant: str, case_id: str, *, leg_id: str, step: str, cause: str, error: str, detail: str, token: str
) -> Next:
    """``leg_id`` is "" for the case as a whole; ``error`` is the class of an error that ended a step, ``cause`` a step's own
    finding. Ends the wait at once when the reason for it has gone. Once somebody is asked about a leg, the ERP is told to hold the order."""
    why = Cause(cause) if cause else _ERRORS.get(error, Cause.UNEXPECTED_ERROR)
    case = desk.cases.record(merchant, case_id, lambda c: _open(desk, c, leg_id, step, why, error, detail, token))
    state = case.exception_of(leg_id)
    if state is None or not _rearmed(desk, case, state, token):
        desk.tasks.wake(token, {"leg_id": leg_id, "step": step})
        return {"next": "woken"}
    set_timer(desk, case, state)
    hold_in_erp(desk, case)
    return {"next": "waiting"}


def set_timer(desk: Desk, case: Case, state: ExceptionState) -> None:
    """A hint at the next moment at which somebody is to be told; the sweep looks too, and only the ledger decides."""
    name, moment = state.opened.fact.exception_id, moments(state, desk.policy_of(case))[0]
    snoozed = f"-{state.snoozed.version}" if state.snoozed else ""
    told = moment.level or "deadline"
    desk.timers.at(
        f"{name}-{state.escalations}-{told}{snoozed}",
        moment.at,
        {"merchant": case.merchant, "exception_id": name},
    )


def _open(
    desk: Desk, case: Case, leg_id: str, step: str, cause: Cause, error: str, detail: str, token: str
) -> Step | None:
    if case.closed or case.exception_of(leg_id):
        return None
    if leg_id and not error:
        decision = decide_leg(case, case.legs[leg_id], desk.policy_of(case), desk.clock.now())
        if decision.action is not Action.ASK or decision.cause is None:
            return None
        # What a person is asked is what is known now: an answer may have come since the step that asked for a person.
        cause, detail = decision.cause, detail if decision.cause is cause else decision.reason
        detail += _said(case.legs[leg_id], cause)
    policy, now = desk.policy_of(case), desk.clock.now()
    rule, outage = triage(cause, case, policy), _outage(detail) if error == "PartnerDown" else {}
    begin = begins(rule.tier, policy, now, partner_owes=bool(outage))
    return opening(
        case,
        leg_id,
        cause,
        detail=_told(error, detail) if error else detail,
        evidence={"step": step, **outage},
        rule=rule,
        due=deadline(rule.tier, rule.owner, policy, begin),
        now=now,
        clock_from=begin if begin != now else "",
        person=on_duty(policy.rotas.get(rule.owner), now),
        callback_id=desk.new_id(),
        token=token,
    )


def _told(error: str, detail: str) -> str:
    """What of an error enters the chain. An error of a partner names no person; the text of one that nobody foresaw may quote whatever the
    function had in hand, so that only its type is kept, and the call under which the log has the rest."""
    if error in _ERRORS:
        return f"{error}: {detail}"
    call = _CALL.search(detail)
    return f"{error}, in the log under {call[1]}" if call else error


def _said(leg: Leg, cause: Cause) -> str:
    """The warehouse's own word, where nobody knew it."""
    seen = leg.observation
    unknown = cause is Cause.PICK_STATE_UNKNOWN and seen is not None and seen.fact.said
    return f": the warehouse says {seen.fact.said}" if seen and unknown else ""


def _outage(detail: str) -> dict[str, str]:
    """Which outage a PartnerDown names: its text comes as the state machine hands it on, in the JSON of a function's error."""
    _, _, text = detail.partition('"errorMessage":')
    try:
        message = str(json.JSONDecoder().raw_decode(text.lstrip())[0])
    except ValueError:
        return {}
    named = _DOWN.fullmatch(message)
    return {"partner": named["partner"], "outage": named["outage"]} if named else {}


def opening(
    case: Case,
    leg_id: str,
    cause: Cause,
    *,
    detail: str,
    evidence: dict[str, str],
    rule: ExceptionRule,
    due: str,
    now: str,
    clock_from: str = "",
    person: str = "",
    callback_id: str = "",
    token: str = "",
) -> Step:
    """The exception as a fact, as the queue's item, and the one-time door for its answer: one transaction."""
    occurrence = len(case.exceptions) + 1
    name = exception_id(case.case_id, leg_id, cause, occurrence)
    step = Step()
    step.add(
        ExceptionOpened(
            name,
            leg_id,
            cause,
            rule.tier,
            rule.owner,
            rule.next_action,
            due,
            detail[:1000],
            evidence,
            person,
            clock_from,
        ),
        f"exception:{name}",
    )
    order = case.order.fact if case.order else None
    step.exceptions.append(
        ExceptionItem(
            merchant=case.merchant,
            exception_id=name,
            case_id=case.case_id,
            leg_id=leg_id,
            order_ref=case.order_ref,
            channel=case.channel,
            cause=cause,
            tier=rule.tier,
            owner=rule.owner,
            next_action=rule.next_action,
            deadline=due,
            opened_at=now,
            state="open",
            person=person,
            value=order.total if order else "",
            currency=order.currency if order else "",
        )
    )
    if token:
        step.callbacks.append(
            Callback(
                callback_id, case.merchant, case.case_id, "resolution", name, 1, token, "open", plus(now, _FOR_EVER)
            )
        )
    return step


def _rearmed(desk: Desk, case: Case, state: ExceptionState, token: str) -> bool:
    """Puts this wait behind the exception's door. False when it was answered in the meantime."""
    for callback in desk.ledger.waiting(case.merchant, case.case_id):
        if callback.subject == state.opened.fact.exception_id:
            if callback.token != token:
                try:
                    desk.ledger.rearm(replace(callback, token=token))
                except AlreadyRecorded:
                    return False
            return True
    return False
