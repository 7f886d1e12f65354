"""What a merchant has decided in advance. Pure data; the file format and its checking live in the adapter."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from enum import StrEnum

from stopship.domain.calendar import ALWAYS, Calendar
from stopship.domain.order import PickState
from stopship.domain.payment_timeout import PaymentTimeout
from stopship.domain.request import Reason
from stopship.domain.rota import Rota
from stopship.frozen import frozen


class Tier(StrEnum):
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class Team(StrEnum):
    OPS = "ops"
    WAREHOUSE = "warehouse"
    FRAUD = "fraud"
    FINANCE = "finance"


class PickRule(StrEnum):
    """What to do with a leg in a given pick state."""

    STOP = "stop"
    """Not picked: a system cancel with the pre-pick reading behind it is proof."""
    STOP_PHYSICALLY = "stop_physically"
    """Picked: only an operator's word that the goods were held back is proof."""
    CONVERT_TO_RETURN = "convert_to_return"
    ASK_PERSON = "ask_person"


class Cause(StrEnum):
    """Why a person is needed. Every cause has a tier, an owner and a next action in every policy."""

    SILENT_WAREHOUSE = "silent_warehouse"
    STOP_REJECTED = "stop_rejected"
    STOP_UNPROVEN = "stop_unproven"
    STOP_CONTRADICTED = "stop_contradicted"
    STOP_PARTIAL = "stop_partial"
    PICK_STATE_UNKNOWN = "pick_state_unknown"
    NO_WAREHOUSE = "no_warehouse"
    PARTNER_UNAVAILABLE = "partner_unavailable"
    PARTNER_REFUSED = "partner_refused"
    PARTNER_CONTRACT_BROKEN = "partner_contract_broken"
    UNKNOWN_ORDER = "unknown_order"
    LINES_NOT_IN_ORDER = "lines_not_in_order"
    BUNDLE_IN_PART = "bundle_in_part"
    FRAUD_WITHOUT_EVIDENCE = "fraud_without_evidence"
    ORDER_CANCEL_REFUSED = "order_cancel_refused"
    PAID_AFTER_STOP = "paid_after_stop"
    ORDER_CANCEL_UNCONFIRMED = "order_cancel_unconfirmed"
    CANCEL_REASON_UNBACKED = "cancel_reason_unbacked"
    CANCEL_RATE_HIGH = "cancel_rate_high"
    WORK_RECREATED = "work_recreated"
    ERP_REFUSED = "erp_refused"
    ERP_LINES_DIFFER = "erp_lines_differ"
    INVOICE_BEFORE_CLOSE = "invoice_before_close"
    MONEY_REFUSED = "money_refused"
    MONEY_FAILED = "money_failed"
    MONEY_PARTLY_MOVED = "money_partly_moved"
    MONEY_PENDING = "money_pending"
    MESSAGE_FAILED = "message_failed"
    SHIPPED_AFTER_STOP = "shipped_after_stop"
    CARRIER_INTERCEPT = "carrier_intercept"
    INTERCEPT_UNRESOLVED = "intercept_unresolved"
    LABEL_NOT_VOIDED = "label_not_voided"
    HOLD_LOST = "hold_lost"
    DISPUTE_OPEN = "dispute_open"
    CAPTURED_AFTER_CANCEL = "captured_after_cancel"
    DATA_REQUEST = "data_request"
    SHIPPED_REFUND_REQUESTED = "shipped_refund_requested"
    UNMATCHED_MESSAGE = "unmatched_message"
    UNEXPECTED_ERROR = "unexpected_error"


@frozen
class ExceptionRule:
    tier: Tier
    owner: Team
    next_action: str


@frozen
class ReasonRule:
    """What a reason code means in each system. ``outcome`` is "stopped" or "blocked"."""

    outcome: str
    erp_code: str
    erp_hold: str
    shopify_reason: str
    amazon_reason: str
    avoidable: bool


class InterceptMode(StrEnum):
    NEVER = "never"
    ASK = "ask"
    AUTOMATIC = "automatic"


@frozen
class InterceptRule:
    """When a carrier is to bring goods back that have left. ``minimum_value`` is by currency; goods in a currency without an entry are
    let go. ``max_cost_share`` is the part of the goods' value that it may cost."""

    mode: InterceptMode
    carriers: frozenset[str]
    minimum_value: Mapping[str, Decimal]
    max_cost_share: Decimal
    look_seconds: int
    wait_days: int

    def may_pay(self, value: Decimal, currency: str) -> bool:
        """Whether goods of this value are worth the trouble."""
        least = self.minimum_value.get(currency)
        return self.mode is not InterceptMode.NEVER and least is not None and value >= least


NO_INTERCEPT = InterceptRule(InterceptMode.NEVER, frozenset(), {}, Decimal(0), 21_600, 14)
"""Of a policy from before there was such a rule."""


@frozen
class AmazonRule:
    """``neutral_reason`` is told where the mapped reason is not backed, "" to ask a person. ``cancel_rate_limit`` is in percent;
    ``above_limit`` is warn or ask. ``shipped_refund`` is never, or ask: what a person may decide about goods that left."""

    neutral_reason: str = ""
    cancel_rate_limit: Decimal = Decimal("2.5")
    above_limit: str = "warn"
    shipped_refund: str = "never"


class Level(StrEnum):
    """Who is told that an exception grows old, each at its own share of the time."""

    TEAM = "team"
    LEAD = "lead"
    HEAD = "head"


BY_TOPIC = "sns"
"""A contact that stands for whoever has subscribed to the desk's topic; others are "webhook:<name>", whose address is a secret."""


@frozen
class EscalationNotices:
    """``shares`` says at how many percent of an exception's time each level is told, ``contacts`` by which way, per team; whom nobody has
    named is told by the topic."""

    shares: Mapping[Level, int] = field(default_factory=lambda: {Level.TEAM: 50, Level.LEAD: 80, Level.HEAD: 100})
    contacts: Mapping[Team, Mapping[Level, Sequence[str]]] = field(default_factory=dict)

    def contacts_of(self, team: Team, level: Level) -> Sequence[str]:
        return self.contacts.get(team, {}).get(level, (BY_TOPIC,))


@frozen
class TwoPeople:
    """When money that a person moves needs a second one: above ``limit`` in its currency, and always where no limit is named for it.
    ``approvers`` are roles."""

    limit: Mapping[str, Decimal] = field(default_factory=dict)
    approvers: frozenset[str] = frozenset({"lead", "finance"})

    def needed(self, amount: Decimal, currency: str) -> bool:
        limit = self.limit.get(currency)
        return limit is None or amount > limit


@frozen
class ServiceTimes:
    """In seconds. ``customer``: from the first wish to the outcome, by the calendar of the customer, who has none. ``vendor``: how long a partner
    may owe an answer while our own clock waits. ``snooze``: how far an exception may be put off."""

    customer: int = 172_800
    vendor: int = 14_400
    snooze: int = 259_200


@frozen
class ParcelCosts:
    """What a parcel costs the merchant that goes out although it was cancelled, and comes back."""

    currency: str
    outbound: Decimal
    return_shipping: Decimal
    handling: Decimal

    @property
    def each(self) -> Decimal:
        return self.outbound + self.return_shipping + self.handling


@frozen
class ReportingRule:
    """``time_zone`` is where the merchant's weeks and months begin. ``costs`` None: nobody has said what a parcel costs."""

    time_zone: str = "UTC"
    costs: ParcelCosts | None = None


@frozen
class Policy:
    """``hash`` is the sha256 of the effective content: two merchants with the same rules share it.

    ``acknowledgement_seconds`` and ``freshness_seconds`` are looked up by warehouse name, else under "default".
    ``unreadable`` is what to do where no system tells the pick state and only the people there can be asked.
    ``high_value`` is by currency; a currency without an entry has no limit. ``watch_days`` is how long a closed case is watched. ``reminder_share``
    is the part of its time for an answer after which whoever is asked by mail is reminded, 0 for never.
    """

    version: str
    hash: str
    reasons: Mapping[Reason, ReasonRule]
    pick_rules: Mapping[PickState, PickRule]
    unreadable: PickRule
    freshness_seconds: Mapping[str, int]
    acknowledgement_seconds: Mapping[str, int]
    exceptions: Mapping[Cause, ExceptionRule]
    tier_seconds: Mapping[Tier, int]
    escalation: Mapping[Team, Team]
    high_value: Mapping[str, Decimal]
    order_wait_seconds: int
    order_wait_attempts: int
    confirm_wait_seconds: int
    confirm_attempts: int
    watch_days: int
    intercept: InterceptRule = NO_INTERCEPT
    amazon: AmazonRule = AmazonRule()
    payment_timeout: PaymentTimeout = field(default_factory=PaymentTimeout)
    reminder_share: Decimal = Decimal(0)
    reporting: ReportingRule = ReportingRule()
    calendars: Mapping[Team, Calendar] = field(default_factory=dict)
    rotas: Mapping[Team, Rota] = field(default_factory=dict)
    notices: EscalationNotices = field(default_factory=EscalationNotices)
    two_people: TwoPeople = field(default_factory=TwoPeople)
    service: ServiceTimes = field(default_factory=ServiceTimes)

    def calendar(self, tier: Tier, team: Team) -> Calendar:
        """The most urgent exceptions know no closing time."""
        return ALWAYS if tier is Tier.P1 else self.calendars.get(team, ALWAYS)

    def freshness(self, warehouse: str) -> int:
        return self.freshness_seconds.get(warehouse, self.freshness_seconds["default"])

    def acknowledgement(self, warehouse: str) -> int:
        return self.acknowledgement_seconds.get(warehouse, self.acknowledgement_seconds["default"])
