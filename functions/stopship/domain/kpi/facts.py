"""The rows that every figure is made of: flat, without personal data, and nothing in them that the events of one case do not say.

Moments are in the ledger's form, "" where there is none; spans of time are whole microseconds (``..._us``); money is in whole thousandths of
its currency, so that sums are exact for every currency; what nobody knows is None. A case's rows carry the version of the case that they
were made from: of two sets for one case, the one with the higher version stands.
"""

from collections.abc import Iterable
from datetime import UTC, date

from stopship.domain.kpi.weeks import Week
from stopship.frozen import frozen

NOTHING = "none"
MIXED = "mixed"
UNDECIDED = "undecided"
"""Whether a case was avoidable is decided when it is closed."""


@frozen
class OrderFact:
    """An order that was placed: what cancels are measured by. ``day`` is its own UTC date, YYYY-MM-DD; ``fulfillment_type`` as it was counted:
    in_house, third_party, drop_ship, mixed, none or unknown."""

    merchant: str
    channel: str
    order_ref: str
    day: str
    fulfillment_type: str

    @property
    def week(self) -> Week:
        return Week.of(date.fromisoformat(self.day))


@frozen
class CaseFact:
    """One case. ``reason`` is what was stated, ``root_cause`` what the evidence says, ``implied_reason`` the standard reason that this root
    cause stands for ("" when it says nothing about why the order was to be cancelled). ``avoidable`` is avoidable, structural or undecided.

    ``opened_at`` is when its first event was recorded. ``outcome`` and ``ended_at`` are those of the last closing, "" while the case is open. ``parcels_left`` counts legs whose goods left
    although the cancel was asked for. ``paid_back`` says whether this desk refunded anything, ``returned`` whether a return was opened or
    the goods came back. ``seller_cancel_day`` is the UTC day on which a marketplace counts the cancel against the seller, "" when not.
    """

    merchant: str
    case_id: str
    version: int
    channel: str
    order_ref: str
    sequence: int
    opened_at: str
    fulfillment_type: str
    kind: str
    reason: str
    root_cause: str
    implied_reason: str
    avoidable: str
    source: str
    outcome: str
    requested_at: str
    received_at: str
    stop_sent_at: str
    stop_acknowledged_at: str
    ended_at: str
    duration_us: int | None
    reopened: int
    shipped_after_stop: bool
    returned_after_end: bool
    parcels_left: int
    paid_back: bool
    returned: bool
    seller_cancel_day: str


@frozen
class LegFact:
    """One stop leg. ``sent``, ``accepted``, ``acknowledged`` and ``stopped`` are the stages of the funnel, each with all before it; ``lost_stage``
    names the first that was not reached ("" when all were, ``pending`` while the leg is undecided and could still reach it).
    ``stopped_otherwise`` is a stop outside the funnel: by a person's word, or without a message.

    ``promised`` says that the warehouse answered that it stopped; ``false_ok`` that a later reading or a departure said otherwise;
    ``left_after_ok`` that it departed. ``answer_us`` is from the message to the first final answer. ``order_age_us`` is from the order to
    the wish, None where nobody told when the order was placed; ``order_age`` is its band.
    """

    merchant: str
    case_id: str
    leg_id: str
    version: int
    channel: str
    fulfillment_type: str
    reason: str
    root_cause: str
    avoidable: str
    warehouse: str
    partner: str
    received_at: str
    requested_at: str
    sent_at: str
    answered_at: str
    settled_at: str
    answer_us: int | None
    outcome: str
    sent: bool
    accepted: bool
    acknowledged: bool
    stopped: bool
    stopped_otherwise: bool
    lost_stage: str
    level: str
    silent: bool
    promised: bool
    false_ok: bool
    left_after_ok: bool
    attempts: int
    order_age_us: int | None
    order_age: str


@frozen
class ExceptionFact:
    """One exception. ``owner`` is who holds it, or held it last; ``first_deadline`` the one it was opened with, ``met`` whether it was ended by
    then. ``ended_by`` is person or evidence, "" while it is open: never who."""

    merchant: str
    case_id: str
    exception_id: str
    version: int
    channel: str
    fulfillment_type: str
    reason: str
    root_cause: str
    avoidable: str
    warehouse: str
    cause: str
    tier: str
    first_owner: str
    owner: str
    opened_at: str
    first_deadline: str
    deadline: str
    ended_at: str
    met: bool
    duration_us: int | None
    escalations: int
    resolution: str
    ended_by: str


@frozen
class MoneyFact:
    """One movement of money on a case's order. ``kind`` is void, refund, or refund_elsewhere for one that somebody else made, whose amount
    is None where nobody told it. ``proven_at`` is when the last of its lines was known to stay, ``delay_us`` from there to ``moved_at``.

    ``leak`` is "" for money that was owed; shipped or shipped_approved for what was paid back although it left (the second by two people's
    word); twice for what was paid back before. ``leaked`` is the part of the amount that it concerns, by quantities.
    """

    merchant: str
    case_id: str
    money_id: str
    version: int
    channel: str
    fulfillment_type: str
    reason: str
    root_cause: str
    avoidable: str
    kind: str
    state: str
    currency: str
    amount: int | None
    requested_at: str
    moved_at: str
    proven_at: str
    delay_us: int | None
    leak: str
    leaked: int | None


@frozen
class CaseFacts:
    """All that one version of a case says."""

    case: CaseFact
    legs: tuple[LegFact, ...] = ()
    exceptions: tuple[ExceptionFact, ...] = ()
    money: tuple[MoneyFact, ...] = ()

    @property
    def week(self) -> Week:
        """Where it is kept: the UTC week in which the case was opened, which never changes."""
        return Week.at(self.case.opened_at, UTC)

    @property
    def key(self) -> tuple[str, str]:
        return self.case.merchant, self.case.case_id


def newest(facts: Iterable[CaseFacts]) -> list[CaseFacts]:
    """One set a case, whatever came twice, late or in another order; sorted by merchant and case."""
    kept: dict[tuple[str, str], CaseFacts] = {}
    for one in facts:
        known = kept.get(one.key)
        if known is None or one.case.version > known.case.version:
            kept[one.key] = one
    return [kept[key] for key in sorted(kept)]
