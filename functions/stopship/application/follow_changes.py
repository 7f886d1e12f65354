"""What the doings of others call for: read again and stop what is elsewhere now, hold again, tell finance. All of it may run twice."""

from dataclasses import replace
from decimal import Decimal

from stopship.application.call_legs import wake_for_legs
from stopship.application.check_fulfillment_state import hold_leg, needs_hold
from stopship.application.context import Desk
from stopship.application.end_exception import end_case_exception, end_exception_by_evidence
from stopship.application.keep_unmatched import keep_unmatched
from stopship.application.open_case import execution_name
from stopship.application.plan_legs import RECREATED_LIMIT, add_plan, new_legs
from stopship.application.ports import Payments
from stopship.application.record import Step
from stopship.domain.case import Case, Leg, subtract
from stopship.domain.contradiction import UNPICKED
from stopship.domain.events import CaseReopened, ExecutionStarted
from stopship.domain.money import MoveKind
from stopship.domain.order import IN_WORK, AckLevel, OrderSnapshot
from stopship.domain.outcome import ENDS_WITHOUT_SHIPMENT
from stopship.domain.policy import Cause
from stopship.domain.signal import Signal, SignalKind

_HOLDS_AGAIN = 3
"""So often the desk places a hold again that somebody lets go of; then two of them are at war, and a person is needed."""
_NOTHING_TAKEN = frozenset({"voided", "not_captured"})
_BY_PERSON = frozenset({"by_hand", "no_refund_by_person"})


def follow(desk: Desk, case: Case, signal: Signal) -> None:
    match signal.kind:
        case SignalKind.ORDER_CHANGED | SignalKind.WORK_CHANGED:
            look_again(desk, case, signal)
        case SignalKind.STOP_ANSWERED:
            _hear(desk, case, signal)
        case SignalKind.HOLD_RELEASED if signal.source == signal.channel:
            for leg in case.legs_of(signal.leg_id):
                hold_again(desk, case, leg, signal)
        case SignalKind.PROGRESS_SEEN:
            for leg in case.legs_of(signal.leg_id):
                _contradict(desk, case, leg, signal)
        case SignalKind.SHIPMENT if not signal.departed and case.closed:
            for leg in case.legs.values():
                _labelled(desk, case, leg, signal)
        case SignalKind.PAYMENT_SEEN if signal.state in ("capture", "paid"):
            _taken_after_cancel(desk, case, signal)
        case SignalKind.DISPUTE_SEEN:
            _dispute(desk, case, signal)
        case SignalKind.RETURN_SEEN if signal.state == "ended":
            end_case_exception(desk, case, Cause.ORDER_CANCEL_REFUSED)
        case _:
            return


# ---------------------------------------------------------------------------------------------- the order and its work


def look_again(desk: Desk, case: Case, signal: Signal) -> None:
    """The order as it is now, a leg for work that lies elsewhere, a hold on it at once, and the machine called to it: what is waited for may
    take its time. A wish that is not planned yet makes the machine look again by itself."""
    if not case.change_unread or case.wishes_unread:
        return
    order = desk.partners_of(case).order_system(case.merchant, case.channel).read_order(case.order_ref)
    if order is None:
        _tell(desk, signal, Cause.UNKNOWN_ORDER, f"gone:{case.case_id}", "the order of a case is gone in the shop")
        return
    if case.closed:
        _reopen(desk, case, order)
        return
    if order.cancelled or (case.cancel_requested and not case.cancelled) or _too_often(case):
        return
    before = set(case.legs)
    case = desk.cases.extend(case, lambda c: _replan(desk, c, order))
    for leg_id in [x for x in case.legs if x not in before]:
        if needs_hold(case, case.legs[leg_id]):
            case = hold_leg(desk, case, leg_id)
    for leg_id in before:
        end_exception_by_evidence(desk, case, leg_id)
    wake_for_legs(desk, case)


def _too_often(case: Case) -> bool:
    """The machine finds it too, and asks a person."""
    return sum(1 for leg in case.legs.values() if leg.planned.fact.recreated) >= RECREATED_LIMIT


def _replan(desk: Desk, case: Case, order: OrderSnapshot) -> Step | None:
    if not case.change_unread or case.wishes_unread or case.closed:
        return None
    step = Step()
    add_plan(step, case, order, desk.partners.places(case.merchant), desk.policy_of(case).intercept, called=True)
    return step


def _reopen(desk: Desk, case: Case, order: OrderSnapshot) -> None:
    """The case is over, and work of what it stopped is there again: it goes on, once."""
    if not order.legs or not new_legs(case, order, desk.partners.places(case.merchant)):
        return
    lock = desk.ledger.lock_of(case.merchant, case.channel, case.order_ref)
    if lock is None or lock.case_id != case.case_id:
        return

    def build(current: Case) -> Step | None:
        if not current.closed or not current.change_unread:
            return None
        number = len(current.executions) + 1
        step = Step(lock_from=lock, lock=replace(lock, active=True))
        add_plan(step, current, order, desk.partners.places(current.merchant), desk.policy_of(current).intercept)
        step.add(CaseReopened("work came back after it was stopped"))
        name = execution_name(current.case_id, number)
        step.add(ExecutionStarted(name, number, "reopened"), f"execution:{number}")
        return step

    case = desk.cases.extend(case, build)
    if case.is_open:
        desk.executions.start(case.merchant, case.case_id, case.executions[-1].fact.number)


# ---------------------------------------------------------------------------------------------- stops and holds


def _hear(desk: Desk, case: Case, signal: Signal) -> None:
    """The wait for the answer ends; so does an exception that the answer makes out of date."""
    for leg in case.legs_of(signal.leg_id):
        if leg.current is None:
            continue
        door = desk.ledger.callback(leg.current.requested.fact.callback_id)
        end_exception_by_evidence(desk, case, leg.plan.leg_id)
        if door and door.state == "used":
            desk.tasks.wake(door.token, {"leg_id": leg.plan.leg_id})


def hold_again(desk: Desk, case: Case, leg: Leg, signal: Signal) -> None:
    """While the case goes on, and the desk's own cancel has not taken the work away with all its holds."""
    if not _to_be_held(case, leg):
        return
    leg_id = leg.plan.leg_id
    if needs_hold(case, leg) and leg.lifted <= _HOLDS_AGAIN:
        case = hold_leg(desk, case, leg_id)
        leg = case.legs[leg_id]
    held = leg.holds.get(case.channel)
    if held is None or held.fact.level in (AckLevel.REJECTED, AckLevel.SILENT):
        why = held.fact.reason if held else f"it was let go {leg.lifted} times"
        told = f"order {case.order_ref}, work {leg.work_id}: {why}"
        _tell(desk, signal, Cause.HOLD_LOST, f"hold:{case.case_id}:{leg_id}:{leg.lifted}", told)


def _to_be_held(case: Case, leg: Leg) -> bool:
    ends = leg.settled is None or leg.outcome in ENDS_WITHOUT_SHIPMENT
    return case.is_open and bool(leg.lifted) and ends and not leg.gone and case.cancel_requested is None


def _contradict(desk: Desk, case: Case, leg: Leg, signal: Signal) -> None:
    """Work has begun on what is stopped. A leg that has no end yet decides on it by itself."""
    if leg.outcome in ENDS_WITHOUT_SHIPMENT and signal.state in IN_WORK:
        told = f"order {case.order_ref}, work {leg.work_id} was stopped and is {signal.state}"
        _tell(desk, signal, Cause.STOP_CONTRADICTED, f"progress:{case.case_id}:{leg.plan.leg_id}", told)


def _labelled(desk: Desk, case: Case, leg: Leg, signal: Signal) -> None:
    """What a label printed after its end says of a leg that was cancelled before picking. Of what was held back it may hang on goods that lie there."""
    ended = leg.settled
    if ended is None or leg.outcome not in ENDS_WITHOUT_SHIPMENT or ended.fact.proof.get("kind") != UNPICKED:
        return
    if any(not x.fact.departed and x.version > ended.version for x in leg.shipments):
        told = f"order {case.order_ref}, work {leg.work_id} was cancelled before it was picked, and has a label"
        _tell(desk, signal, Cause.STOP_CONTRADICTED, f"label:{case.case_id}:{leg.plan.leg_id}", told)


# ---------------------------------------------------------------------------------------------- money


def _taken_after_cancel(desk: Desk, case: Case, signal: Signal) -> None:
    """The money of what was cancelled was let go, and taken all the same. What the payment system shows now is what counts."""
    payments, done = desk.partners_of(case).payments(case.merchant, case.channel), case.cancelled
    if payments is None or done is None or not _nothing_was_taken(case):
        return
    net = payments.read(case.order_ref).net_payment
    if net > 0 and (done.fact.scope == "full" or _is_owed(case, payments)):
        what = "" if done.fact.scope == "full" else " in part"
        told = f"order {case.order_ref} is cancelled{what}, and {net} were taken for it"
        _tell(desk, signal, Cause.CAPTURED_AFTER_CANCEL, f"captured:{case.case_id}", told)


def _nothing_was_taken(case: Case) -> bool:
    """Also where a person ended the money of a payment that was still to come."""
    settled = case.money_settled
    if settled is None:
        return False
    none_yet = bool(settled.fact.net_payment) and Decimal(settled.fact.net_payment) <= 0
    return settled.fact.why in _NOTHING_TAKEN or (settled.fact.why in _BY_PERSON and none_yet)


def _is_owed(case: Case, payments: Payments) -> bool:
    """The rest of the order is rightly paid for. What was taken for more than that, the order system would pay back."""
    lines = subtract(case.stopped_lines, case.refunded_lines)
    return bool(lines) and payments.quote(case.order_ref, lines).amount > 0


def _dispute(desk: Desk, case: Case, signal: Signal) -> None:
    """Before the money is settled its own step stops at the dispute, and asks finance there; afterwards finance is told of a payment that the
    bank may make a second time."""
    if signal.state == "won":
        if not case.disputed:
            end_case_exception(desk, case, Cause.DISPUTE_OPEN)
        return
    paid = [m for m in case.moves.values() if m.requested.fact.kind == MoveKind.REFUND and not m.failed]
    if case.money_settled or paid:
        told = f"dispute {signal.reference} of order {case.order_ref} is {signal.state}; {len(paid)} refunds were made"
        _tell(desk, signal, Cause.DISPUTE_OPEN, f"dispute:{case.case_id}:{signal.reference}", told)


def _tell(desk: Desk, signal: Signal, cause: Cause, known_by: str, why: str) -> None:
    """An exception of its own: the case may be closed, or wait for something else."""
    keep_unmatched(desk, signal.merchant, signal.source, signal.topic, known_by, why, signal.raw_sha256, cause)
