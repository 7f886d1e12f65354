"""How far a shipment is, from its status and its timeline."""

from collections.abc import Sequence
from typing import Final

from stopship.adapters.shipbob.models import LogEntry, Shipment
from stopship.adapters.words import word
from stopship.domain.instant import text
from stopship.domain.order import DEPARTED, PRE_PICK, PickState
from stopship.frozen import frozen

CANCELLED: Final = "Cancelled"
COMPLETED: Final = "Completed"

BY_STATUS: Final = {
    "Processing": PickState.RELEASED,
    "Exception": PickState.NOT_RELEASED,
    "OnHold": PickState.NOT_RELEASED,
    "ImportReview": PickState.NOT_RELEASED,
    CANCELLED: PickState.NOT_RELEASED,
    "LabeledCreated": PickState.LABELLED,
    # "Picked, packed, and label has been printed": the parcel may still be in the building.
    COMPLETED: PickState.LABELLED,
}
"""The least that a status says (OrderStatusEnum). None and CleanSweeped say nothing about the goods, so they are not here."""

STATUSES: Final = frozenset({*BY_STATUS, "None", "CleanSweeped"})

BY_STEP: Final = {
    601: PickState.NOT_RELEASED,
    602: PickState.PICKED,
    603: PickState.PACKED,
    604: PickState.LABELLED,
    605: PickState.LABELLED,
    606: PickState.LABELLED,
    607: PickState.SHIPPED,
    608: PickState.SHIPPED,
    609: PickState.DELIVERED,
    611: PickState.SHIPPED,
}
"""Timeline steps by log type: created, picked, packed, labelled, label validated, announced to the carrier, in transit, out for
delivery, delivered, delivery attempted. The contract leaves the numbers open; these are the ones that integrations read."""

_RANK: Final = {state: rank for rank, state in enumerate(PickState)}


@frozen
class Progress:
    """``departed_at`` is when a carrier first had it, "" before."""

    state: PickState
    departed_at: str = ""
    cancelled: bool = False
    said: str = ""
    """A status or step that is not known."""


def progress(shipment: Shipment, timeline: Sequence[LogEntry]) -> Progress:
    """The furthest step counts, whatever the status says: a cancel does not put goods back on the shelf. A step or a status that is not
    known makes the whole unknown, unless others show that the work is past the pick."""
    said = BY_STATUS.get(shipment.status, PickState.UNKNOWN)
    if shipment.delivery_date is not None:
        said = PickState.DELIVERED
    steps = [BY_STEP.get(entry.log_type_id, PickState.UNKNOWN) for entry in timeline]
    known = [state for state in (said, *steps) if state is not PickState.UNKNOWN]
    furthest = max(known, key=_RANK.__getitem__, default=PickState.UNKNOWN)
    if furthest in PRE_PICK and len(known) < len(steps) + 1:
        furthest = PickState.UNKNOWN
    departed = _departure(shipment, timeline, furthest)
    return Progress(furthest, departed, shipment.status == CANCELLED, _unknown(shipment, timeline))


def _unknown(shipment: Shipment, timeline: Sequence[LogEntry]) -> str:
    if shipment.status not in STATUSES:
        return f"status {word(shipment.status)}"
    return next((f"log type {x.log_type_id}" for x in timeline if x.log_type_id not in BY_STEP), "")


def together(parts: Sequence[Progress]) -> Progress:
    """All of an order's shipments as one piece of work: its least certain, then its furthest part that is still here.

    Where some left and all others are cancelled, nobody can say which of them the question is about: that is unknown.
    """
    here = [part for part in parts if part.state not in DEPARTED]
    if not here:
        return max(parts, key=lambda part: _RANK[part.state])
    if len(here) < len(parts) and all(part.cancelled for part in here):
        return Progress(PickState.UNKNOWN)
    live = [part for part in here if not part.cancelled] or here
    in_work = [part for part in here if part.state not in PRE_PICK]
    # Unknown is the last of the states, so it outranks all others.
    return max(in_work or live, key=lambda part: _RANK[part.state])


def _departure(shipment: Shipment, timeline: Sequence[LogEntry], state: PickState) -> str:
    if state not in DEPARTED:
        return ""
    moments = [text(entry.timestamp) for entry in timeline if BY_STEP.get(entry.log_type_id) in DEPARTED]
    if moments:
        return min(moments)
    return text(shipment.delivery_date) if shipment.delivery_date else ""
