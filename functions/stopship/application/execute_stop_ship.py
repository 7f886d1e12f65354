"""Step 5: send the stop to the warehouse and let the state machine wait for its word; or ask the carrier of what has left.

The intent and the one-time callback are recorded before the message leaves. A repeat finds them, puts its own task
token behind the same callback, and sends the same message under the same key. A partner that cannot tell a repeat (mail) is sent
one only when that is on record, with the doubt that made it necessary, and not for ever.
"""

from dataclasses import replace

from stopship.application.context import Desk
from stopship.application.intercept_leg import intercept_leg
from stopship.application.next_step import Next
from stopship.application.ports import Callback, StopCommand
from stopship.application.record import Step
from stopship.application.void_labels import void_labels
from stopship.domain.capabilities import notices_repeats
from stopship.domain.case import Case, Leg, StopAttempt
from stopship.domain.decide import Action, decide_leg
from stopship.domain.errors import AlreadyRecorded, PartnerUnavailable
from stopship.domain.events import (
    AcknowledgementReceived,
    StopShipFailed,
    StopShipRepeated,
    StopShipRequested,
    StopShipSent,
)
from stopship.domain.ids import action_key
from stopship.domain.instant import plus
from stopship.domain.order import FINAL, AckLevel, StopAnswer

MOST_DOUBTS = 2
"""So often a message may go out again because nobody knows whether it went; then a person is asked."""


def execute_stop_ship(desk: Desk, merchant: str, case_id: str, leg_id: str, token: str) -> Next:
    """Sends, or finds that it was sent. Ends the wait itself when there is nothing (more) to wait for. Its turn at the warehouse comes
    first: the time in which an answer is due must not pass while the message waits for a free line."""
    case = desk.cases.load(merchant, case_id)
    leg = case.legs[leg_id]
    if leg.plan.warehouse and not _nothing_to_send(desk, case, leg):
        with desk.partners_of(case).turn(merchant, leg.plan.warehouse):
            return _execute(desk, merchant, case_id, leg_id, token)
    return _execute(desk, merchant, case_id, leg_id, token)


def _nothing_to_send(desk: Desk, case: Case, leg: Leg) -> bool:
    sent = leg.current is not None and leg.current.sent is not None
    return sent or _action(desk, case, leg) not in (Action.STOP, Action.STOP_PHYSICALLY)


def _execute(desk: Desk, merchant: str, case_id: str, leg_id: str, token: str) -> Next:
    case, first = _intended(desk, merchant, case_id, leg_id, token)
    if _action(desk, case, case.legs[leg_id]) is Action.INTERCEPT:
        intercept_leg(desk, merchant, case_id, leg_id)
        desk.tasks.wake(token, {"leg_id": leg_id})
        return {"next": "woken"}
    case = _void_labels(desk, case, leg_id)
    leg = case.legs[leg_id]
    if _nothing_to_wait_for(desk, case, leg) or not _rearmed(desk, case, leg, token):
        desk.tasks.wake(token, {"leg_id": leg_id})
        return {"next": "woken"}
    if leg.current and leg.current.sent is None:
        if not first and not notices_repeats(leg.plan.partner):
            case = _repeated(desk, case, leg_id)
        _send(desk, case, case.legs[leg_id])
    return {"next": "waiting"}


def _void_labels(desk: Desk, case: Case, leg_id: str) -> Case:
    """Before the message, which a label that proves to be used makes pointless."""
    current = case.legs[leg_id].current
    return void_labels(desk, case, leg_id) if current and current.sent is None else case


def _intended(desk: Desk, merchant: str, case_id: str, leg_id: str, token: str) -> tuple[Case, bool]:
    """The newest case with the intent in it, and whether the intent is this call's own: then nothing can have been sent before. While a turn
    was waited for, something may have come in that makes the message pointless."""
    mine: list[bool] = []

    def build(case: Case) -> Step | None:
        step = _intend(desk, case, case.legs[leg_id], token)
        mine[:] = [step is not None]
        return step

    return desk.cases.record(merchant, case_id, build), mine[-1]


def _repeated(desk: Desk, case: Case, leg_id: str) -> Case:
    """Raises PartnerUnavailable when it has been in doubt too often: nobody knows how many messages there are by now."""

    def build(current: Case) -> Step | None:
        attempt = current.legs[leg_id].current
        if attempt is None:
            return None
        in_doubt = not attempt.known_unsent
        if in_doubt and sum(x.fact.in_doubt for x in attempt.repeats) >= MOST_DOUBTS:
            raise PartnerUnavailable(
                current.legs[leg_id].plan.warehouse, "it may have been told several times", in_doubt=True
            )
        number, repeat = len(attempt.repeats) + 1, attempt.requested.fact.attempt
        step = Step()
        step.add(
            StopShipRepeated(leg_id, repeat, number, in_doubt),
            action_key(current.case_id, leg_id, "repeat", str(repeat), str(number)),
        )
        return step

    return desk.cases.extend(case, build)


def _action(desk: Desk, case: Case, leg: Leg) -> Action:
    return decide_leg(case, leg, desk.policy_of(case), desk.clock.now()).action


def _intend(desk: Desk, case: Case, leg: Leg, token: str) -> Step | None:
    action = _action(desk, case, leg)
    if leg.current or action not in (Action.STOP, Action.STOP_PHYSICALLY):
        return None
    policy, number = desk.policy_of(case), leg.attempt
    deadline = plus(desk.clock.now(), policy.acknowledgement(leg.plan.warehouse))
    callback_id = desk.new_id()
    physical = action is Action.STOP_PHYSICALLY
    step = Step()
    step.add(
        StopShipRequested(leg.plan.leg_id, leg.plan.warehouse, number, physical, callback_id, deadline),
        stop_key(case, leg, number),
    )
    step.callbacks.append(
        Callback(
            callback_id=callback_id,
            merchant=case.merchant,
            case_id=case.case_id,
            purpose="acknowledgement",
            subject=leg.plan.leg_id,
            attempt=number,
            token=token,
            state="open",
            expires_at=deadline,
        )
    )
    return step


def stop_key(case: Case, leg: Leg, attempt: int) -> str:
    return action_key(case.case_id, leg.plan.leg_id, "stop", str(attempt))


def _nothing_to_wait_for(desk: Desk, case: Case, leg: Leg) -> bool:
    return leg.current is None or _action(desk, case, leg) not in (Action.STOP, Action.STOP_PHYSICALLY)


def _rearmed(desk: Desk, case: Case, leg: Leg, token: str) -> bool:
    """Puts this wait behind the callback. False when the callback was used in the meantime."""
    for callback in desk.ledger.waiting(case.merchant, case.case_id):
        if callback.purpose == "acknowledgement" and callback.subject == leg.plan.leg_id:
            if callback.token == token:
                return True
            try:
                desk.ledger.rearm(_with_token(callback, token))
            except AlreadyRecorded:
                return False
            return True
    return False


def _with_token(callback: Callback, token: str) -> Callback:
    return replace(callback, token=token)


def _send(desk: Desk, case: Case, leg: Leg) -> None:
    attempt = leg.current
    if attempt is None:
        return
    warehouse = desk.partners_of(case).warehouses(case.merchant)[leg.plan.warehouse]
    try:
        answer = warehouse.stop_ship(stop_command(desk, case, leg, attempt))
    except PartnerUnavailable as error:
        if not error.in_doubt and not notices_repeats(leg.plan.partner):
            fact = StopShipFailed(leg.plan.leg_id, attempt.requested.fact.attempt, type(error).__name__)
            desk.cases.extend(case, lambda _: _one(fact))
        raise
    case = desk.cases.extend(case, lambda c: sent_step(c, leg.plan.leg_id, answer))
    if answer.level in FINAL:
        for callback in desk.ledger.waiting(case.merchant, case.case_id):
            if callback.subject == leg.plan.leg_id:
                desk.tasks.wake(callback.token, {"leg_id": leg.plan.leg_id})


def stop_command(desk: Desk, case: Case, leg: Leg, attempt: StopAttempt) -> StopCommand:
    """The same for an attempt, however often it is made."""
    requested, order = attempt.requested.fact, case.order.fact if case.order else None
    skus = {row["line_id"]: row["sku"] for row in order.lines} if order else {}
    return StopCommand(
        case_id=case.case_id,
        order_ref=case.order_ref,
        leg_id=leg.work_id,
        lines=leg.plan.lines,
        physical=requested.physical,
        deadline=requested.deadline,
        callback_url=desk.callback_url(case.merchant, requested.callback_id),
        key=stop_key(case, leg, requested.attempt),
        display_ref=order.display_ref if order else "",
        skus={line: skus.get(line, "") for line in leg.plan.lines},
        repeated=any(x.fact.in_doubt for x in attempt.repeats),
    )


def _one(fact: StopShipFailed) -> Step:
    step = Step()
    step.add(fact)
    return step


def sent_step(case: Case, leg_id: str, answer: StopAnswer) -> Step | None:
    """The send, and the answer when it came with it."""
    leg = case.legs[leg_id]
    attempt = leg.current
    if attempt is None:
        return None
    number = attempt.requested.fact.attempt
    level = AckLevel.ACCEPTED if answer.level in FINAL else answer.level
    step = Step()
    step.add(StopShipSent(leg_id, number, level), action_key(case.case_id, leg_id, "sent", str(number)))
    if answer.level in FINAL:
        step.add(acknowledgement(leg_id, number, answer, late=False))
    return step


def acknowledgement(leg_id: str, attempt: int, answer: StopAnswer, *, late: bool) -> AcknowledgementReceived:
    return AcknowledgementReceived(
        leg_id=leg_id,
        attempt=attempt,
        level=answer.level,
        source=answer.source,
        state=answer.state,
        state_at=answer.state_at,
        actor=answer.actor,
        reference=answer.reference,
        reason=answer.reason,
        stopped_lines=dict(answer.stopped_lines),
        partial=answer.partial,
        late=late,
    )
