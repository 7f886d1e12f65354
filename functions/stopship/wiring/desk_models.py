"""The desk's API in types: what comes in is checked here, field by field; OpenAPI is generated from it."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt

from stopship.domain import instant
from stopship.domain.request import Reason

Text = Annotated[str, Field(min_length=1, max_length=200)]


class Model(BaseModel):
    """Built when the first request needs it: a function that starts answers one route, not all."""

    model_config = ConfigDict(defer_build=True)


class LineQuantity(Model):
    model_config = ConfigDict(extra="forbid")

    line_id: Text = Field(description="the order system's line id")
    quantity: StrictInt = Field(ge=1, le=100_000)


def _each_line_once(lines: list[LineQuantity]) -> list[LineQuantity]:
    if len({line.line_id for line in lines}) != len(lines):
        raise ValueError("a line is named twice: send its whole quantity once")
    return lines


def _moment(value: str) -> str:
    if value:
        instant.parse(value)
    return value


class Cancellation(Model):
    """A cancel request from ops. Without ``lines`` everything that is still open is meant."""

    model_config = ConfigDict(extra="forbid")

    request_id: Text = Field(description="your own id of this wish; the same id twice is one wish")
    channel: Text = Field(pattern="^(shopify|amazon)$", description="where the order lives")
    order_ref: Text = Field(pattern=r"^[A-Za-z0-9_.-]+$", description="the order's id there")
    reason: Reason
    lines: Annotated[list[LineQuantity], AfterValidator(_each_line_once)] = Field(default_factory=list, max_length=200)
    ticket_ref: str = Field(default="", max_length=100, description="help desk ticket or Jira id, for the audit")
    evidence: list[Text] = Field(default_factory=list, max_length=50, description="what documents the reason")
    requested_at: Annotated[str, AfterValidator(_moment)] = Field(
        default="", max_length=40, description="ISO 8601 with offset; now when absent"
    )
    requester: str = Field(default="ops", pattern="^(ops|customer|system)$")


class MerchantQuery(Model):
    merchant: str = Field(default="", description="whose orders; may be left out when you work for one merchant")


class ListQuery(MerchantQuery):
    partial: bool = Field(default=False, description="take the rows that are right, although others are not")


class _PageQuery(MerchantQuery):
    cursor: str = Field(default="", description="from the page before")
    limit: int = Field(default=50, ge=1, le=100)


class CasesQuery(_PageQuery):
    order: str = Field(default="", description="only this order's cases")
    status: str = Field(default="", pattern="^(|open|closed)$")


class ExceptionsQuery(_PageQuery):
    tier: str = Field(default="", pattern="^(|P1|P2|P3)$")
    owner: str = Field(default="", pattern="^(|ops|warehouse|fraud|finance)$")


class Accepted(Model):
    request_id: str
    cases: str = Field(description="where the case will be found")


class RowProblem(Model):
    """What is wrong in a line of a list. ``column`` is empty for the line as a whole."""

    line: int
    column: str
    problem: str
    fix: str


class RowTaken(Model):
    line: int
    order_ref: str
    wish: str = Field(description="the wish's id in the audit trail; the same when the row is sent again")
    cases: str = Field(
        description="where the case will be found; empty for an order that is named by its public number"
    )


class ListTaken(Model):
    """``file`` is the list's sha256."""

    file: str
    taken: list[RowTaken]
    refused: list[RowProblem] = Field(description="empty unless only a part was to be taken")


class CaseSummary(Model):
    case_id: str
    channel: str
    order_ref: str
    status: str
    outcome: str
    step: str
    opened_at: str
    updated_at: str


class LegView(Model):
    leg_id: str
    warehouse: str
    fulfillment_type: str
    lines: dict[str, int]
    outcome: str
    pick_state: str
    acknowledgement: str
    decision: str
    proof: dict[str, Any]
    carrier: str = Field(default="", description="how far the carrier says that it is, once it was asked")
    intercept: str = Field(
        default="", description="pending, refused, returned or delivered, once the carrier was asked"
    )


class TimelineEntry(Model):
    version: int
    at: str
    type: str
    data: dict[str, Any]
    hash: str


class CaseView(Model):
    """A case with its legs, its evidence and everything that happened, in order."""

    case_id: str
    channel: str
    order_ref: str
    status: str
    outcome: str
    reason: str
    kind: str
    root_cause: str
    policy_hash: str
    evidence: list[str]
    legs: list[LegView]
    cancel_report: dict[str, Any] = Field(
        default_factory=dict,
        description="what a marketplace is told of the cancel, and the seller's cancel rate with it",
    )
    open_exceptions: list[str]
    timeline: list[TimelineEntry]


class ExceptionView(Model):
    exception_id: str
    case_id: str
    leg_id: str
    order_ref: str
    channel: str
    cause: str
    tier: str
    owner: str
    next_action: str
    deadline: str
    opened_at: str
    state: str
    escalations: int
    person: str = Field(default="", description="who in the owner's team has it; empty for whoever takes it")
    value: str = Field(default="", description="the order's total, where it was read")
    currency: str = ""
    snoozed_until: str = ""
    proposed: str = Field(default="", description="hash of a plan that waits for a second person")
    proposed_by: str = ""
    answers: list[str] = Field(description="the resolutions that this exception takes")


class OutageView(Model):
    """A partner that does not answer. Its cases wait, and go on by themselves when it is back."""

    outage: str
    partner: str = Field(description="the warehouse's connection, or the partner")
    state: str = Field(description="down, or returned while cases that waited for it still go on")
    since: str
    returned_at: str = Field(description='"" while it is down')
    waiting: int = Field(description="open exceptions that end with it, as of the last minute")


class OutageList(Model):
    items: list[OutageView]


class CasePage(Model):
    items: list[CaseSummary]
    cursor: str = Field(description="pass it back for the next page; empty at the end")


class ExceptionPage(Model):
    items: list[ExceptionView]
    cursor: str


class Problem(Model):
    """RFC 9457 problem details."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    field: str = ""
    fix: str = ""
    errors: list[RowProblem] = Field(default_factory=list, description="every fault of a list, by line and column")
