"""The API's types for whoever works on exceptions: what they send, and what they are shown."""

from typing import Annotated, Literal

from pydantic import Field

from stopship.wiring.desk_models import ExceptionView, Model, Text

Tier = Literal["P1", "P2", "P3"]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="of the plan as it was previewed")]


class _Sent(Model, extra="forbid"):
    """What comes in has no field that nobody reads."""


class AddressFix(_Sent):
    """Where the order is to go. It is written in the order system, and kept outside the audit chain; the chain holds its hash."""

    name: str = Field(min_length=1, max_length=255)
    address1: str = Field(min_length=1, max_length=255)
    address2: str = Field(default="", max_length=255)
    zip: str = Field(default="", max_length=255)
    city: str = Field(min_length=1, max_length=255)
    province: str = Field(default="", max_length=255, description="the region's code, where the country has any")
    country_code: str = Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2")


class Answer(_Sent):
    """What would be answered. ``note`` is kept outside the audit chain; the chain holds its hash."""

    resolution: Text
    note: str = Field(default="", max_length=4000)
    evidence: list[Text] = Field(default_factory=list, max_length=50, description="references that document it")
    lines: dict[str, Annotated[int, Field(ge=1, le=100_000)]] = Field(
        default_factory=dict, max_length=200, description="line id to quantity, where the answer is about a part"
    )
    address: AddressFix | None = Field(
        default=None, description="with address_fixed: written in the order system; without it, it is right there"
    )


class PlannedAnswer(Answer):
    """An answer to exactly what its preview showed."""

    plan_hash: Hash


class Approval(_Sent):
    """The second person's word on an answer that waits for one."""

    plan_hash: Hash
    approved: bool = True
    note: str = Field(default="", max_length=4000)


class Assignment(_Sent):
    team: Text
    person: str = Field(
        default="", max_length=200, description="id of somebody in the team; whoever takes it when empty"
    )
    note: str = Field(default="", max_length=4000)


class Snooze(_Sent):
    until: Text = Field(description="ISO 8601 with offset")
    reason: str = Field(min_length=1, max_length=4000)
    waiting_for: str = Field(default="", max_length=100, description="the partner that owes an answer")


class TakeNext(_Sent):
    merchants: list[Text] = Field(
        default_factory=list, max_length=200, description="of these; of the query's when empty"
    )
    tiers: list[Tier] = Field(default=["P1", "P2", "P3"], min_length=1, max_length=3)


class LeaseHeld(_Sent):
    token: str = Field(min_length=1, max_length=2000)
    give_back: bool = Field(default=False, description="let it go instead of keeping it longer")


class LeaseView(Model):
    """An exception in your hands until ``expires_at``; renew it while you look at it."""

    merchant: str
    exception_id: str
    tier: str
    token: str
    expires_at: str


class Taken(Model):
    """Both are null when nothing waits for you."""

    lease: LeaseView | None
    exception: ExceptionView | None


class CallView(Model):
    system: str
    what: str
    reversible: bool


class MoneyView(Model):
    kind: str
    amount: str
    currency: str
    why: str


class PlanView(Model):
    """What will follow. Its hash is what an answer, and an approval, is bound to."""

    plan_hash: str
    effect: str
    calls: list[CallView]
    money: list[MoneyView]
    needs_evidence: list[str]
    needs_approval: bool
    warnings: list[str]


class Answered(ExceptionView):
    waits_for_approval: bool = Field(
        default=False, description="nothing has happened yet: a second person must approve"
    )
    plan_hash: str = ""


class BulkAnswer(_Sent):
    exceptions: list[Text] = Field(min_length=1, max_length=500)
    answer: Answer


class BulkPlanRow(Model):
    exception_id: str
    plan_hash: str = Field(description="empty where it is left out")
    effect: str
    why_not: str


class BulkPlanView(Model):
    """``left`` were not looked at in the time of one call: ask again for them."""

    items: list[BulkPlanRow]
    calls: int
    money: list[MoneyView]
    left: list[str]


class BulkRow(_Sent):
    exception_id: Text
    plan_hash: Hash


class PlannedBulk(_Sent):
    plans: list[BulkRow] = Field(min_length=1, max_length=500)
    answer: Answer


class BulkResultView(Model):
    exception_id: str
    status: str = Field(description="done, waits_for_approval, already or refused")
    detail: str


class BulkResults(Model):
    """``left`` were not reached in the time of one call. Sending the same again is safe: what is done is told as already done."""

    results: list[BulkResultView]
    left: list[str]
