"""What partners tell beside the answers that they were asked for: true when it is told, named well or badly, once or again."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from stopship.application.receive_signal import receive_signal
from stopship.domain.errors import PartnerUnavailable
from stopship.domain.money import MoveKind, MoveState
from stopship.domain.order import IN_WORK
from stopship.domain.signal import Signal, SignalKind
from tests.fakes.order_book import Work
from tests.fakes.world import CHANNEL, MERCHANT, REDELIVERY_SECONDS
from tests.statemachines.play import Play

type Teller = Callable[[Play, Work, Signal], Signal | None]
"""The message, None where there is nothing to tell."""


def _by_place(_play: Play, work: Work, told: Signal) -> Signal | None:
    """A warehouse's system that names the order alone."""
    if not work.gone:
        return None
    return replace(told, kind=SignalKind.SHIPMENT, departed=True, source=work.warehouse, place=work.warehouse)


def _by_lines(_play: Play, work: Work, told: Signal) -> Signal | None:
    """The shop, which tells what is in the parcel."""
    gone = work.rest if work.gone else {}
    return replace(told, kind=SignalKind.SHIPMENT, departed=True, lines=gone) if gone else None


def _by_order(_play: Play, work: Work, told: Signal) -> Signal | None:
    """A carrier's scan."""
    return replace(told, kind=SignalKind.SHIPMENT, departed=True) if work.gone else None


def _progress(_play: Play, work: Work, told: Signal) -> Signal | None:
    if work.state not in IN_WORK or work.stopped:
        return None
    return replace(told, kind=SignalKind.PROGRESS_SEEN, leg_id=work.leg_id, state=work.state)


def _let_go(_play: Play, work: Work, told: Signal) -> Signal | None:
    """Somebody has let go of the hold in the shop."""
    return replace(told, kind=SignalKind.HOLD_RELEASED, leg_id=work.leg_id)


def _order_changed(_play: Play, _work: Work, told: Signal) -> Signal | None:
    return replace(told, kind=SignalKind.ORDER_CHANGED, digest=told.delivery_id)


def _work_changed(_play: Play, work: Work, told: Signal) -> Signal | None:
    return replace(told, kind=SignalKind.WORK_CHANGED, leg_id=work.leg_id)


def _refund(play: Play, _work: Work, told: Signal) -> Signal | None:
    """The echo of a refund of ours."""
    for case in play.world.cases:
        for key, move in case.moves.items():
            done = move.moved is not None and move.moved.fact.status == MoveState.DONE
            if done and move.requested.fact.kind == MoveKind.REFUND:
                return replace(told, kind=SignalKind.REFUND_SEEN, origin_key=key, reference=f"re-{key}")
    return None


TELLERS: Mapping[str, Teller] = {
    "it left, says its place": _by_place,
    "it left, says the shop": _by_lines,
    "it left, says a carrier": _by_order,
    "work has begun": _progress,
    "a hold is gone": _let_go,
    "the order is another": _order_changed,
    "the work is elsewhere": _work_changed,
    "a refund was made": _refund,
}


def tell(play: Play, work: Work, kind: str, number: int) -> None:
    """To the door, which is told again what it could not take in."""
    now = play.world.clock.now()
    plain = Signal(
        merchant=MERCHANT,
        channel=CHANNEL,
        source=CHANNEL,
        topic=kind,
        delivery_id=f"{kind}:{work.leg_id}:{number}",
        order_ref="1001",
        leg_id="",
        kind=SignalKind.SHIPMENT,
        occurred_at=now,
        received_at=now,
        reference=f"ref-{work.leg_id}",
    )
    told = TELLERS[kind](play, work, plain)
    if told is not None:
        _deliver(play, told)


def _deliver(play: Play, told: Signal) -> None:
    """As from a queue: what could not be worked comes again."""
    try:
        play.world.door(lambda: receive_signal(play.world.desk, told))
    except PartnerUnavailable:
        play.world.schedule(REDELIVERY_SECONDS, lambda: _deliver(play, told))
