"""From a ticket's message to the wish in it. The door has proved the sender; the package's docstring is the contract."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError, model_validator

from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput
from stopship.domain.request import CancelRequest, Reason, Requester

SOURCE: Final = "ticket"
Id = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_.-]{1,200}$")]


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    line_id: Id
    quantity: Annotated[StrictInt, Field(ge=1, le=100_000)]


class Ticket(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ticket_id: Annotated[StrictStr, Field(pattern=r"^[ -~]{1,100}$")]
    order_ref: Id
    channel: Id
    reason: Reason
    requester: Literal["customer", "ops"]
    lines: Annotated[list[Line], Field(max_length=200)] = []
    link: Annotated[StrictStr, Field(max_length=500, pattern=r"^(https://[A-Za-z0-9.:-]+(/[A-Za-z0-9/_.~-]*)?)?$")] = ""

    @model_validator(mode="after")
    def _each_line_once(self) -> Self:
        if len({line.line_id for line in self.lines}) != len(self.lines):
            raise ValueError("lines names a line twice: send its whole quantity once")
        return self


def read_wish(message: IntakeMessage, body: Mapping[str, Any], channels: Collection[str]) -> CancelRequest:
    """Raises InvalidInput naming the field, and never what stood in it."""
    try:
        ticket = Ticket.model_validate(body)
    except ValidationError as error:
        raise _misfit(error) from error
    if ticket.channel not in channels:
        raise InvalidInput("channel", "is not connected", f"one of {', '.join(sorted(channels))}")
    return CancelRequest(
        merchant=message.merchant,
        channel=ticket.channel,
        order_ref=ticket.order_ref,
        reason=ticket.reason,
        requester=Requester(ticket.requester),
        source=SOURCE,
        delivery_id=message.delivery_id,
        requested_at=message.received_at,
        received_at=message.received_at,
        lines={line.line_id: line.quantity for line in ticket.lines},
        ticket_ref=ticket.ticket_id,
        ticket_link=ticket.link,
        raw_sha256=message.raw_sha256,
    )


def _misfit(error: ValidationError) -> InvalidInput:
    """The first thing that is wrong. The name of a field that is not ours may be anybody's data, so it is not repeated."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    known = {*Ticket.model_fields, *Line.model_fields}
    place = ".".join(str(x) for x in first["loc"] if isinstance(x, int) or x in known) or "body"
    return InvalidInput(place, str(first["msg"])[:200], "see the ticket contract")
