"""What others do to an order while the desk has a case of it: what of it is a fact of the case, and what is only our own doing come back.

Pure. A message that says nothing new gives no fact: shops send many of them.
"""

from stopship.domain.case import Case, Leg
from stopship.domain.events import (
    DisputeSeen,
    EchoIgnored,
    Event,
    HoldReleased,
    OrderChangeSeen,
    PaymentSeen,
    PickStateObserved,
    ReturnSeen,
)
from stopship.domain.instant import plus
from stopship.domain.money import MoveKind
from stopship.domain.signal import Signal, SignalKind

TOLD = "told"
"""The purpose of a pick state that somebody told without being asked."""
_CLOCKS = 5.0
"""Seconds by which a partner's clock, which counts whole ones, may differ from ours."""


def order_change(case: Case, signal: Signal) -> list[Event]:
    """Nothing before the order was read, and nothing that the last reading has seen already. While the desk's own cancel is under way, it
    reads the order back itself, and what it is told is its own doing."""
    if case.order is None:
        return []
    if signal.kind is SignalKind.ORDER_CHANGED and case.cancel_requested:
        return [EchoIgnored(signal.topic, signal.reference)] if signal.reference else []
    if signal.kind is SignalKind.ORDER_CHANGED and case.closed:
        return []
    if plus(signal.occurred_at, _CLOCKS) < case.order.fact.observed_at:
        return []
    if signal.digest and case.change_seen and case.change_seen.fact.digest == signal.digest:
        return []
    return [OrderChangeSeen(signal.topic, signal.reference, signal.digest, signal.occurred_at)]


def hold_released(case: Case, signal: Signal) -> list[Event]:
    """A hold on our leg's work is gone: ours, unless the message names another one. What the desk itself let go of is on record already."""
    legs = case.legs_of(signal.leg_id)
    if signal.source == signal.channel:
        legs = [leg for leg in legs if _is_ours(leg, signal)]
    if not legs:
        return [EchoIgnored(signal.topic, signal.reference)]
    return [HoldReleased(leg.plan.leg_id, signal.channel) for leg in legs]


def _is_ours(leg: Leg, signal: Signal) -> bool:
    held = leg.holds.get(signal.channel)
    return held is not None and signal.origin_key in ("", held.fact.reference)


def payment(case: Case, signal: Signal) -> list[Event]:
    """A void of ours is known before it is answered: its message may overtake the answer to our own call."""
    ours = [m for m in case.moves.values() if m.requested.fact.kind == MoveKind.VOID]
    if signal.state == "void" and any(
        m.pending or (m.moved and m.moved.fact.reference == signal.reference) for m in ours
    ):
        return [EchoIgnored(signal.topic, signal.reference)]
    return [PaymentSeen(signal.state, signal.reference, dict(signal.lines), signal.occurred_at)]


def refund(case: Case, signal: Signal) -> list[Event]:
    """Ours carries our key. One that came to nothing moved no money, whoever made it."""
    if signal.origin_key in case.moves or signal.failure:
        return [EchoIgnored(signal.topic, signal.reference)]
    told = signal.amount, signal.currency
    return [PaymentSeen("refund", signal.reference, dict(signal.lines), signal.occurred_at, *told)]


def dispute(case: Case, signal: Signal) -> list[Event]:
    known = case.disputes.get(signal.reference)
    if known and known.fact.state == signal.state:
        return []
    return [DisputeSeen(signal.reference, signal.state, signal.occurred_at)]


def return_(case: Case, signal: Signal) -> list[Event]:
    ours = signal.reference in {x.fact.reference for x in case.returns} or signal.origin_key.startswith(case.case_id)
    if ours:
        return [EchoIgnored(signal.topic, signal.reference)]
    seen = ReturnSeen(signal.reference, signal.state == "active", dict(signal.lines), signal.occurred_at)
    known = case.returns_seen.get(signal.reference)
    if known and (known.fact.active, dict(known.fact.lines)) == (seen.active, dict(seen.lines)):
        return []
    return [seen]


def progress(case: Case, signal: Signal) -> list[Event]:
    """Somebody has begun to work on it."""
    return [
        PickStateObserved(leg.plan.leg_id, signal.state, signal.source, signal.occurred_at, "", purpose=TOLD)
        for leg in case.legs_of(signal.leg_id)
        if not leg.gone
    ]
