"""The messages between the desk and a warehouse, as JSON with camelCase names. Unknown fields are ignored, so that either side may add some.

The desk calls, below an endpoint that the warehouse chooses:

- ``POST /stop-ship`` (StopShip) -> 200 StopResult, or 202 Accepted with the result to ``callbackUrl`` (Callback) before ``deadline``.
  The same ``idempotencyKey`` again changes nothing and gives the same answer (or the result, once there is one). An order that is not known yet is answered
  ``unknown_order`` and remembered: when it is imported later it must not be worked on.
- ``GET /orders/{orderRef}/pick-state?legId=`` -> 200 PickStates; no legs for an order that is not known.
- ``POST /release`` (Release) -> 200 Released.

The warehouse calls ``callbackUrl`` once with its answer, and ``POST {desk}/webhooks/generic-3pl`` with events (Event), carrying the
headers X-Stopship-Merchant, X-Stopship-Warehouse and X-Stopship-Delivery (an id that stays the same over re-sends). All are signed.
"""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StrictInt, StrictStr, model_validator
from pydantic.alias_generators import to_camel

from stopship.domain.instant import text

Text = Annotated[StrictStr, Field(min_length=1, max_length=200)]
State = Literal[
    "not_released", "released", "picking", "picked", "packed", "labelled", "shipped", "delivered", "unknown"
]
Decision = Literal["held", "stopped", "too_late", "partial", "unknown_order"]
DEPARTED = ("shipped", "delivered")


def _writable(moment: datetime) -> datetime:
    """A year that the ledger's form of a moment has no room for is refused here, by its field."""
    text(moment)
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_writable)]


class Message(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore")


class Line(Message):
    """So many pieces of one order line."""

    line_id: Text
    quantity: Annotated[StrictInt, Field(gt=0)]


def _each_line_once(lines: list[Line]) -> list[Line]:
    if len({line.line_id for line in lines}) != len(lines):
        raise ValueError("a line is named twice")
    return lines


class StopShip(Message):
    """``legId`` "" and no ``lines`` mean all of the order's work at this warehouse.

    ``level`` says what is asked for: "hold" (reversible, nothing is cancelled), "cancel" (cancel it in the system, which is enough as
    long as nothing was picked), "physical" (a person takes the goods out of the work and says so).
    """

    case_id: Text
    order_ref: Text
    leg_id: Annotated[StrictStr, Field(max_length=200)] = ""
    lines: list[Line] = []
    level: Literal["hold", "cancel", "physical"]
    deadline: Moment
    callback_url: Annotated[StrictStr, Field(max_length=2000)] = ""
    idempotency_key: Text

    @model_validator(mode="after")
    def _lines_once(self) -> Self:
        _each_line_once(self.lines)
        return self


class Evidence(Message):
    """What the decision rests on. ``state`` was true at ``stateAt``. ``actor`` is "system", or "operator" when a person at the goods
    vouches for it ("operator:<badge>" is allowed; the badge is not kept). ``lines`` are the quantities that were stopped."""

    state: State
    state_at: Moment
    actor: Annotated[StrictStr, Field(pattern=r"^(system|operator)(:.{1,100})?$")]
    lines: list[Line] = []

    @model_validator(mode="after")
    def _lines_once(self) -> Self:
        _each_line_once(self.lines)
        return self


class StopResult(Message):
    """ "held": nothing moves until a release or a stop. "stopped": it will not ship. "too_late": it cannot be stopped, ``evidence.state``
    says how far it is. "partial": only ``evidence.lines`` were stopped. "unknown_order": not here (yet); evidence may be left out."""

    decision: Decision
    evidence: Evidence | None = None
    reference: Annotated[StrictStr, Field(max_length=200)] = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.decision != "unknown_order" and self.evidence is None:
            raise ValueError("evidence is missing")
        if self.decision == "partial" and (self.evidence is None or not self.evidence.lines):
            raise ValueError("evidence.lines says which part was stopped")
        if self.decision == "stopped" and self.evidence is not None and self.evidence.state in DEPARTED:
            raise ValueError("what has left is not stopped")
        return self


class Accepted(Message):
    """The message was taken; the result comes to the callback."""

    accepted: Literal[True]
    reference: Annotated[StrictStr, Field(max_length=200)] = ""


class Callback(StopResult):
    """The result of an accepted stop-ship. ``idempotencyKey`` is that one's: with it, the answer is good at its own ``callbackUrl`` only."""

    occurred_at: Moment
    idempotency_key: Annotated[StrictStr, Field(max_length=200)] = ""


class LegState(Message):
    """``stateAt`` is the moment at which the state was known to be so: the moment of reading for a live system, that of the copy for
    one that reports from a copy; never the moment of the last change. ``departedAt`` is when a carrier took the goods: a printed label
    is "labelled", and neither "shipped" nor "delivered" may be said without a departure. ``parcels`` are what the leg's goods are in, once
    there is a label."""

    leg_id: Text
    state: State
    state_at: Moment
    actor: Annotated[StrictStr, Field(max_length=100)] = ""
    lines: list["LegLine"] = []
    departed_at: Moment | None = None
    parcels: list["ParcelLabel"] = []

    @model_validator(mode="after")
    def _departure(self) -> Self:
        if (self.state in DEPARTED) != (self.departed_at is not None):
            raise ValueError("departedAt is given exactly for shipped and delivered")
        return self


class LegLine(Message):
    line_id: Text
    quantity: Annotated[StrictInt, Field(ge=0)]
    shipped_quantity: Annotated[StrictInt, Field(ge=0)] = 0


class ParcelLabel(Message):
    """``carrier`` is its usual name (UPS, FedEx, USPS, ...)."""

    carrier: Text
    tracking_number: Text


class PickStates(Message):
    legs: list[LegState]


class Release(Message):
    case_id: Text
    order_ref: Text
    idempotency_key: Text


class Released(Message):
    """``released`` is false when there was no hold."""

    released: bool


class Event(Message):
    """Something happened without our asking. ``reference`` is the warehouse's id of it (a tracking number, a hold id)."""

    event: Literal["shipment.departed", "shipment.labelled", "hold.released"]
    order_ref: Text
    leg_id: Annotated[StrictStr, Field(max_length=200)] = ""
    occurred_at: Moment
    lines: list[Line] = []
    reference: Annotated[StrictStr, Field(max_length=200)] = ""
    channel: Annotated[StrictStr, Field(max_length=50)] = ""
    case_id: Annotated[StrictStr, Field(max_length=200)] = ""

    @model_validator(mode="after")
    def _lines_once(self) -> Self:
        _each_line_once(self.lines)
        return self
