"""A warehouse's words in the desk's terms."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from stopship.adapters.generic_3pl.contract import Callback, Event, Evidence, Line, StopResult
from stopship.domain.errors import InvalidInput
from stopship.domain.instant import text
from stopship.domain.order import AckLevel, PickState, Quantities, StopAnswer
from stopship.domain.signal import Signal, SignalKind

_EVENTS = {
    "shipment.departed": (SignalKind.SHIPMENT, True),
    "shipment.labelled": (SignalKind.SHIPMENT, False),
    "hold.released": (SignalKind.HOLD_RELEASED, False),
}


def parse_callback(warehouse: str, body: Mapping[str, Any], asked: Quantities, key: str) -> StopAnswer:
    """An authentic callback's body. ``asked`` are the leg's quantities: an answer that names less is partial. ``key`` is the stop-ship's: an
    answer that names another one came to the wrong door. Raises InvalidInput naming the field."""
    try:
        callback = Callback.model_validate(body)
    except ValidationError as error:
        raise invalid(error) from error
    if callback.idempotency_key not in ("", key):
        raise InvalidInput("idempotencyKey", "is that of another stop-ship", "answer each at its own callbackUrl")
    return stop_answer(warehouse, callback, asked)


def parse_event(
    merchant: str,
    warehouse: str,
    channel: str,
    body: Mapping[str, Any],
    *,
    delivery_id: str,
    received_at: str,
    raw_sha256: str = "",
) -> Signal:
    """An authentic event's body; ``channel`` is where the warehouse's orders come from unless the event says so itself.
    Raises InvalidInput naming the field."""
    try:
        event = Event.model_validate(body)
    except ValidationError as error:
        raise invalid(error) from error
    kind, departed = _EVENTS[event.event]
    return Signal(
        merchant=merchant,
        channel=event.channel or channel,
        source=warehouse,
        topic=event.event,
        place=warehouse,
        delivery_id=delivery_id,
        order_ref=event.order_ref,
        leg_id=event.leg_id,
        kind=kind,
        occurred_at=text(event.occurred_at),
        received_at=received_at,
        lines=quantities(event.lines),
        departed=departed,
        reference=event.reference,
        raw_sha256=raw_sha256,
    )


def stop_answer(warehouse: str, result: StopResult, asked: Quantities) -> StopAnswer:
    """The acknowledgement level that a result stands for. A hold is not a stop: it is no more than accepted."""
    evidence = result.evidence
    if evidence is None:
        return StopAnswer(AckLevel.REJECTED, warehouse, reference=result.reference, reason=result.decision)
    stopped = quantities(evidence.lines) if result.decision in ("stopped", "partial") else {}
    partial = result.decision == "partial" or (bool(stopped) and _less(stopped, asked))
    return StopAnswer(
        level=_level(result, evidence),
        source=warehouse,
        state=PickState(evidence.state),
        state_at=text(evidence.state_at),
        actor=_role(evidence.actor),
        reference=result.reference,
        reason="" if result.decision == "stopped" else result.decision,
        stopped_lines=stopped if partial else {},
        partial=partial,
    )


def _level(result: StopResult, evidence: Evidence) -> AckLevel:
    if result.decision == "held":
        return AckLevel.ACCEPTED
    if result.decision in ("too_late", "unknown_order"):
        return AckLevel.REJECTED
    return AckLevel.PHYSICALLY_STOPPED if _role(evidence.actor) == "operator" else AckLevel.SYSTEM_CANCELLED


def _role(actor: str) -> str:
    """What follows the colon may name a person; the ledger keeps the role alone."""
    return actor.partition(":")[0]


def _less(stopped: Quantities, asked: Quantities) -> bool:
    return any(stopped.get(line, 0) < quantity for line, quantity in asked.items())


def quantities(lines: list[Line]) -> dict[str, int]:
    return {line.line_id: line.quantity for line in lines}


def place_and_problem(error: ValidationError) -> tuple[str, str]:
    """The first thing that is wrong: its dotted path, and what is wrong. Never the value, which may be anything."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return ".".join(str(part) for part in first["loc"]) or "body", first["msg"]


def invalid(error: ValidationError) -> InvalidInput:
    place, problem = place_and_problem(error)
    return InvalidInput(place, problem, "see the contract for warehouses")
