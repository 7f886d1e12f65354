"""Something happened at a partner: put it on the case it concerns, wake whoever waits for it, reopen what it contradicts."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from stopship.application import doings_of_others
from stopship.application.ask_which_left import ask_which_left
from stopship.application.call_legs import go_on
from stopship.application.context import Desk
from stopship.application.end_exception import end_exception_by_evidence
from stopship.application.follow_changes import follow
from stopship.application.keep_unmatched import keep_unmatched
from stopship.application.ports import OrderLock
from stopship.application.record import Step
from stopship.application.reopen_legs import reopen_contradicted
from stopship.application.stop_answers import add_answers
from stopship.domain.case import Case, Leg
from stopship.domain.errors import AlreadyRecorded, Conflict
from stopship.domain.events import (
    EchoIgnored,
    Event,
    ShipmentSeen,
)
from stopship.domain.ids import case_id as derive_case_id
from stopship.domain.money import MoveState
from stopship.domain.policy import Cause
from stopship.domain.signal import Signal, SignalKind
from stopship.domain.whose_goods import tracking_hash, whose_goods

_ATTEMPTS = 8
_OF_THE_LEGS = frozenset(
    {SignalKind.SHIPMENT, SignalKind.HOLD_RELEASED, SignalKind.REFUND_SEEN, SignalKind.PROGRESS_SEEN}
)
"""What may decide a leg that waits."""
_OF_ONE_CASE = _OF_THE_LEGS | {SignalKind.STOP_ANSWERED}
"""What is about work or money of a case, whichever of the order's it is. What is about the order is about its newest case."""


def receive_signal(desk: Desk, signal: Signal) -> str:
    """Gives the case id, "" when no case concerns this order. Safe to repeat: a delivery acts once.

    An order may have had several cases, one after the other, and what they stopped is watched on: a message is put on each case whose work it
    is about, and on the newest where it is about none of them."""
    lock = desk.ledger.lock_of(signal.merchant, signal.channel, signal.order_ref)
    if lock is None:
        return ""
    earlier = [case for case in _earlier(desk, signal, lock) if _is_about(case, signal)]
    for case in earlier:
        _receive(desk, replace(signal, delivery_id=f"{signal.delivery_id}:{case.case_id}"), case.case_id, lock)
    if earlier and not _is_about(desk.cases.load(signal.merchant, lock.case_id), signal):
        return earlier[-1].case_id
    return _receive(desk, signal, lock.case_id, lock)


def _earlier(desk: Desk, signal: Signal, lock: OrderLock) -> list[Case]:
    if signal.kind not in _OF_ONE_CASE:
        return []
    names = [derive_case_id(signal.merchant, signal.channel, signal.order_ref, n) for n in range(1, lock.sequence)]
    return [desk.cases.load(signal.merchant, name) for name in names]


def _is_about(case: Case, signal: Signal) -> bool:
    """Whether it names a piece of work, or lines, or a refund, that are this case's."""
    if signal.kind is SignalKind.REFUND_SEEN:
        return signal.origin_key in case.moves
    named = signal.kind is SignalKind.SHIPMENT or bool(signal.leg_id or signal.lines)
    return named and bool(_concerned(case, signal))


def _receive(desk: Desk, signal: Signal, case_id: str, lock: OrderLock | None) -> str:
    for _ in range(_ATTEMPTS):
        known = desk.ledger.delivery_case(signal.merchant, signal.source, signal.delivery_id)
        if known:
            _follow_up(desk, desk.cases.load(signal.merchant, known), signal)
            return known
        case = desk.cases.load(signal.merchant, case_id)
        facts = _facts(desk, case, signal, lock)
        if not facts.events:
            return case_id
        try:
            case = desk.cases.append(case, facts)
        except (Conflict, AlreadyRecorded):
            lock = desk.ledger.lock_of(signal.merchant, signal.channel, signal.order_ref)
            continue
        _follow_up(desk, case, signal)
        return case_id
    raise Conflict(f"order {signal.order_ref} kept changing")


def _facts(desk: Desk, case: Case, signal: Signal, lock: OrderLock | None) -> Step:
    step = Step(deliveries=[(signal.source, signal.delivery_id)])
    if signal.kind is SignalKind.STOP_ANSWERED:
        add_answers(desk, step, case, signal)
    for event in _events(case, signal):
        step.add(event)
    reopen_contradicted(step, case, lock)
    return step


def _events(case: Case, signal: Signal) -> list[Event]:
    """Empty where the message says nothing new: then nothing is recorded, and the same message may come again."""
    read = _READERS.get(signal.kind)
    return read(case, signal) if read else [EchoIgnored(signal.topic, signal.reference)]


def _shipment(case: Case, signal: Signal) -> list[Event]:
    tracking, goods = tracking_hash(signal), whose_goods(case, signal)
    legs = goods.sure if signal.departed else goods.all  # A label only makes the stop more careful.
    return [
        ShipmentSeen(leg_id, signal.source, signal.occurred_at, signal.departed, dict(signal.lines), tracking)
        for leg_id in [leg.plan.leg_id for leg in legs] or [""]
    ]


_READERS: Mapping[SignalKind, Callable[[Case, Signal], list[Event]]] = {
    SignalKind.SHIPMENT: _shipment,
    SignalKind.HOLD_RELEASED: doings_of_others.hold_released,
    SignalKind.REFUND_SEEN: doings_of_others.refund,
    SignalKind.ORDER_CHANGED: doings_of_others.order_change,
    SignalKind.WORK_CHANGED: doings_of_others.order_change,
    SignalKind.PAYMENT_SEEN: doings_of_others.payment,
    SignalKind.DISPUTE_SEEN: doings_of_others.dispute,
    SignalKind.RETURN_SEEN: doings_of_others.return_,
    SignalKind.PROGRESS_SEEN: doings_of_others.progress,
    SignalKind.STOP_ANSWERED: lambda _case, _signal: [],
}


def _concerned(case: Case, signal: Signal) -> list[Leg]:
    """The legs that the signal may be news for: of the work that it names; else with lines that it names; else, when there is only one, that
    one."""
    if signal.kind is SignalKind.SHIPMENT:
        return list(whose_goods(case, signal).all)
    named = case.legs_of(signal.leg_id)
    if named:
        return named
    if signal.lines:
        return [leg for leg in case.legs.values() if set(leg.plan.lines) & set(signal.lines)]
    return list(case.legs.values()) if len(case.legs) == 1 else []


def _follow_up(desk: Desk, case: Case, signal: Signal) -> None:
    """What the facts call for; all of it may run again after a crash."""
    if signal.failure and signal.kind is SignalKind.REFUND_SEEN:
        _tell_finance(desk, case, signal)
    follow(desk, case, signal)
    go_on(desk, case)
    if signal.kind not in _OF_THE_LEGS:
        return
    if signal.kind is SignalKind.SHIPMENT and signal.departed:
        for leg_id in ask_which_left(desk, case, signal):
            work = case.legs[leg_id].work_id or leg_id
            named = replace(signal, leg_id=work, delivery_id=f"{signal.delivery_id}:{leg_id}")
            _receive(desk, named, case.case_id, desk.ledger.lock_of(case.merchant, case.channel, case.order_ref))
    for leg in _concerned(case, signal):
        end_exception_by_evidence(desk, case, leg.plan.leg_id)
        for callback in desk.ledger.waiting(case.merchant, case.case_id):
            if callback.purpose == "acknowledgement" and callback.subject == leg.plan.leg_id:
                desk.tasks.wake(callback.token, {"leg_id": leg.plan.leg_id})


def _tell_finance(desk: Desk, case: Case, signal: Signal) -> None:
    """A refund of ours that was done and came to nothing afterwards: nobody waits for it any more, and the case may be closed. While a
    move is pending its own step finds the failure. A refund has several messages; it is told once."""
    record = case.moves.get(signal.origin_key)
    if record is None or record.moved is None or record.moved.fact.status != MoveState.DONE:
        return
    keep_unmatched(
        desk,
        signal.merchant,
        signal.source,
        signal.topic,
        f"{signal.reference}:failed",
        f"refund {signal.reference} of order {signal.order_ref} failed after it was done: {signal.failure}",
        signal.raw_sha256,
        Cause.MONEY_FAILED,
    )
