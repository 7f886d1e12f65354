"""What the use cases need from the world. Adapters implement these; nothing here knows a wire format.

Every partner call may raise PartnerUnavailable (try again; ``in_doubt`` says whether to read back first),
PartnerRefused (a definite no) or PartnerContractBroken (an answer we will not guess at).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from stopship.domain.address import ShippingAddress
from stopship.domain.carrier import InterceptOffer, Parcel, ParcelReading
from stopship.domain.events import Event
from stopship.domain.lease import Lease
from stopship.domain.market import SellerCancel, SweepState
from stopship.domain.money import BookedMove, MoneyMove, MoveState, PaymentSnapshot, RefundQuote
from stopship.domain.order import FulfillmentType, OrderSnapshot, PickObservation, PlannedLeg, Quantities, StopAnswer
from stopship.domain.payment_timeout import OpenPayment
from stopship.domain.policy import Policy
from stopship.domain.request import Reason
from stopship.domain.search import Term
from stopship.domain.session import Session
from stopship.domain.traffic import Traffic
from stopship.frozen import frozen

if TYPE_CHECKING:
    # Only what reports needs these: a function that starts does not pay for them.
    from stopship.domain.kpi.facts import CaseFacts, OrderFact

# ---------------------------------------------------------------------------------------------- order systems


class CancelState(StrEnum):
    DONE = "done"
    SUBMITTED = "submitted"
    """Taken, not confirmed: ask again with the reference."""
    REFUSED = "refused"


@frozen
class CancelCommand:
    """Cancel in the order system, without money. ``full`` means: nothing of the order remains to be shipped.

    ``reason`` is the order system's own reason code, from the policy. ``official`` is true when the buyer used the
    marketplace's own button: without it no adapter may report a buyer's reason. ``key`` is derived from (case, action). ``restock``
    says whether the goods are for sale again with the cancel: goods that were picked are put back, and counted, by their warehouse.
    """

    order_ref: str
    case_id: str
    full: bool
    lines: Quantities
    reason: str
    official: bool
    key: str
    restock: bool = False


@frozen
class CancelProgress:
    """``by_us`` is false when a read shows that it was cancelled before we asked. ``announced`` says of a submitted one that the system
    tells when it is through, by a message that names the reference."""

    state: CancelState
    reference: str = ""
    code: str = ""
    message: str = ""
    by_us: bool = True
    announced: bool = False


class OrderSystem(Protocol):
    """Where the order lives: Shopify, Amazon, ... One instance per merchant."""

    def read_order(self, order_ref: str) -> OrderSnapshot | None:
        """The order now, or None when the system does not know it (yet)."""

    def expected_work(self, order_ref: str) -> tuple[str, str] | None:
        """(warehouse, work id) of the one place that this system's orders ship from, where that is known without asking; it spares a
        call on the way to the stop. None where only the order itself tells."""

    def place_hold(self, order_ref: str, leg: PlannedLeg, key: str) -> StopAnswer:
        """Reversible. A hold that is already ours is a success. Systems without holds answer ``rejected``, reason "no_holds"."""

    def release_hold(self, order_ref: str, leg: PlannedLeg, key: str) -> None:
        """Releases our own hold only; no hold is no error."""

    def change_address(self, order_ref: str, address: ShippingAddress, key: str) -> None:
        """Reads first, and takes the same address for the success it is; reads back what it has written. Raises PartnerRefused, also where orders'
        addresses cannot be changed ("not_supported"); no error repeats any of the address."""

    def cancel(self, command: CancelCommand) -> CancelProgress:
        """Safe to repeat: reads first, and takes "already cancelled" for the success it is."""

    def read_cancel(self, command: CancelCommand, reference: str) -> CancelProgress:
        """What became of a submitted cancel."""

    def open_return(self, order_ref: str, lines: Quantities, key: str) -> str:
        """Opens a return for shipped lines and gives its id; "" when the system has none, so that a person must."""

    def contact(self, order_ref: str) -> str:
        """The customer's e-mail address, for one message now; "" when there is none. Never stored."""

    def parcels(self, order_ref: str) -> Sequence[Parcel]:
        """What left for the order and how it can be followed, live; empty where the system does not know. Never stored."""


@frozen
class UnpaidPage:
    """``after`` asks for the next page, "" on the last."""

    orders: Sequence[OpenPayment]
    after: str = ""


class PaymentWatch(Protocol):
    """An order system that tells which orders were never paid. One instance per merchant."""

    def unpaid_page(self, created_before: str, after: str) -> UnpaidPage:
        """Orders made at or before that moment that nobody has paid, by one request; ``after`` is "" for the first page. What changes between
        two pages may be missing, or be there twice."""

    def unpaid_order(self, order_ref: str) -> OpenPayment | None:
        """The order as it is now; None when it is paid, reserved, cancelled or gone."""


# ---------------------------------------------------------------------------------------------- warehouses


@frozen
class Place:
    """A warehouse connection as the planning of legs sees it. ``partner`` is its row of the capability table; ``fulfillment_type`` is
    the merchant's own word, None where the order system's counts."""

    partner: str
    fulfillment_type: FulfillmentType | None = None


@frozen
class StopCommand:
    """``physical`` asks for an operator's word that the goods were held back. ``callback_url`` takes the answer once.

    ``display_ref`` is the order's public number and ``skus`` the article of each line, for partners whose people read the command.
    ``repeated`` says that the same command may have got there before; ``reminder`` that it did, and that nobody has answered.
    """

    case_id: str
    order_ref: str
    leg_id: str
    lines: Quantities
    physical: bool
    deadline: str
    callback_url: str
    key: str
    display_ref: str = ""
    skus: Mapping[str, str] = field(default_factory=dict)
    repeated: bool = False
    reminder: bool = False


class Warehouse(Protocol):
    """A 3PL, WMS or drop-ship vendor. One instance per merchant and connection."""

    def place_hold(self, case_id: str, order_ref: str, key: str) -> StopAnswer:
        """A reversible hold on all of the order's work there, by order reference alone, so that it can go out first."""

    def release_hold(self, case_id: str, order_ref: str, key: str) -> None:
        """Lets the work go on. No hold is no error."""

    def read_pick_state(self, order_ref: str, leg_id: str) -> PickObservation:
        """Its own word on the leg; state ``unknown`` when it does not know the work."""

    def stop_ship(self, command: StopCommand) -> StopAnswer:
        """Sends the stop. The answer may be final, or ``accepted`` (or no more than ``sent``) with the rest coming to the callback."""

    def parcels(self, order_ref: str, leg_id: str) -> Sequence[Parcel]:
        """In what the leg left, or is to leave, live; empty where it cannot tell in the order's own lines. Never stored."""


# ---------------------------------------------------------------------------------------------- carriers


class VoidState(StrEnum):
    """What became of a label that was to be voided."""

    VOIDED = "voided"
    USED = "used"
    """The carrier has scanned it: the parcel has left."""
    REFUSED = "refused"
    """It was not scanned, and it was not voided either (outside the void period, another account)."""
    SILENT = "silent"


@frozen
class VoidAnswer:
    state: VoidState
    code: str = ""


@frozen
class CarrierAnswer:
    """``accepted`` is no outcome: only tracking says what became of the parcel. ``code`` is the carrier's own word."""

    accepted: bool
    code: str = ""


class Carrier(Protocol):
    """A parcel carrier, under the merchant's own account. Takes tracking numbers, which are never stored."""

    def owns(self, number: str) -> bool:
        """Whether the parcel was sent under that account: only such labels are voided, and such parcels asked for. Without a call."""

    def track(self, number: str) -> ParcelReading:
        """The newest scan; state ``unknown`` when it does not know the number."""

    def void(self, number: str) -> VoidAnswer:
        """Safe to repeat: reads first, and takes "already voided" for the success it is."""

    def offer(self, number: str) -> InterceptOffer:
        """Whether it would bring the parcel back, and for how much. Changes nothing."""

    def intercept(self, number: str, reason: Reason) -> CarrierAnswer:
        """Asks for a return to the sender. Safe to repeat: reads first, and does not ask for what is asked for already."""

    def cancel_intercept(self, number: str) -> CarrierAnswer:
        """Takes that request back. Safe to repeat."""


class AnswerReader(Protocol):
    """A warehouse whose answer also stands where it can be read again, for when its message was lost."""

    def read_answer(self, command: StopCommand) -> StopAnswer:
        """What it has answered to the stop so far: final, or ``accepted`` while it has not."""


# ---------------------------------------------------------------------------------------------- ERP


@frozen
class ErpLine:
    """``line`` is the ERP's own line number; ``line_ref`` the order line id it stands for ("" when it carries none)."""

    line: int
    line_ref: str
    sku: str
    quantity: int
    fulfilled: int
    billed: int
    closed: bool


@frozen
class SalesOrder:
    """``status`` is the single-letter status (A-H). ``fields`` are the audit fields under their plain names (``case_id``, ...). ``holds`` are
    the hold types that stand, whoever set them."""

    record_id: str
    status: str
    lines: tuple[ErpLine, ...]
    fields: Mapping[str, str] = field(default_factory=dict)
    holds: frozenset[str] = frozenset()


@frozen
class ErpUpdate:
    """``close`` are line numbers to close; ``reduce`` is line number to its new quantity, for part of a line.

    ``fields`` use the plain names case_id, ticket_id, reason, requested_at, stopship_sent_at, stopship_acked_at, ack_level,
    final_outcome, final_at; what is not named stays as it is. ``note`` "" leaves the note alone. ``hold`` is "", "fraud", "address" or
    "warehouse"; ``release`` are hold types to let go of.
    """

    fields: Mapping[str, str]
    note: str
    hold: str
    close: Sequence[int]
    reduce: Mapping[int, int]
    release: Sequence[str] = ()


class Erp(Protocol):
    def read_sales_order(self, order_ref: str) -> SalesOrder | None:
        """The sales order that came from this order, or None."""

    def update(self, order: SalesOrder, update: ErpUpdate) -> SalesOrder:
        """Writes by line number only, reads back, and raises PartnerContractBroken when the line count changed."""


# ---------------------------------------------------------------------------------------------- help desks


@frozen
class TicketMessage:
    """``note`` is for the desk's own people, ``reply`` for whoever wrote the ticket; "" for none. ``key`` makes it one message."""

    note: str
    reply: str
    tag: str
    key: str


class Tickets(Protocol):
    """Where a wish was written down. One instance per merchant."""

    def tell(self, ticket_ref: str, message: TicketMessage) -> None:
        """Safe to repeat: what is there already under the key is not said again."""


# ---------------------------------------------------------------------------------------------- buyers of a marketplace


class BuyerMessages(Protocol):
    """Where the customer is the marketplace's, and is written to through it. One instance per merchant."""

    def send(self, order_ref: str, texts: Mapping[str, str]) -> str:
        """One of ``texts``, by the two letters of its language: the buyer's, or English where nobody tells it. "sent", or "skipped:" with the reason. A PartnerUnavailable that is ``in_doubt`` may have sent it: do not repeat."""


# ---------------------------------------------------------------------------------------------- payments


@frozen
class MoveAnswer:
    """``expected_seconds`` says of a pending one how long it may well take, 0 for no longer than usual; ``announced`` that the system tells
    when it is through with ``reference``; ``moved`` how much it was, of one that moved in part."""

    state: MoveState
    reference: str = ""
    code: str = ""
    message: str = ""
    expected_seconds: int = 0
    announced: bool = False
    moved: Decimal | None = None


class Payments(Protocol):
    """The system of record for the order's money."""

    def read(self, order_ref: str) -> PaymentSnapshot:
        """All transactions, live."""

    def quote(self, order_ref: str, lines: Quantities) -> RefundQuote:
        """What the platform would pay back for these lines."""

    def move(self, order_ref: str, move: MoneyMove) -> MoveAnswer:
        """Does it once: ``move.key`` is passed as the idempotency key where there is one, and searched for before a repeat."""


# ---------------------------------------------------------------------------------------------- the ledger


@frozen
class Recorded:
    """An event as it stands in the ledger."""

    version: int
    at: str
    key: str
    event: Event
    hash: str = ""


@frozen
class NewEvent:
    """``key`` makes the fact happen once per case; "" for facts that may repeat."""

    event: Event
    key: str = ""


@frozen
class OrderLock:
    """Ties the order to its active case. ``sequence`` counts the order's cases."""

    channel: str
    order_ref: str
    case_id: str
    sequence: int
    active: bool


@frozen
class Callback:
    """A one-time door. ``purpose`` is "acknowledgement", "resolution" or "wake"; ``token`` the task token behind it, which
    never leaves the account. ``subject`` is the leg id or the exception id. ``state`` is open, used or expired."""

    callback_id: str
    merchant: str
    case_id: str
    purpose: str
    subject: str
    attempt: int
    token: str
    state: str
    expires_at: str


@frozen
class ExceptionItem:
    """The queue's view of an open or resolved exception. Cannot be made without tier, owner, next action and deadline.

    ``person`` is who in the owner's team has it, "" for whoever takes it; ``value`` the order's total, "" where none was read.
    ``snoozed_until`` is "" or a moment before which nobody is given it; ``proposed`` the hash of a plan that waits for a second person,
    who is not ``proposed_by``."""

    merchant: str
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
    escalations: int = 0
    person: str = ""
    value: str = ""
    currency: str = ""
    snoozed_until: str = ""
    proposed: str = ""
    proposed_by: str = ""

    def __post_init__(self) -> None:
        missing = [name for name in MUST_HAVE if not getattr(self, name).strip()]
        if missing:
            raise ValueError(f"an exception without {', '.join(missing)} is none that anybody would end")

    @property
    def place(self) -> str:
        """Where it stands among a merchant's open exceptions: by tier, then by deadline."""
        return f"{self.tier}#{self.deadline}#{self.exception_id}"


MUST_HAVE = ("tier", "owner", "next_action", "deadline")
"""What no exception is without: in no hand, and in no store."""


@frozen
class BookEntry:
    """A change to the order's money book, in the same transaction as the event that says so. ``book_version`` is the version
    the decision was made on."""

    channel: str
    order_ref: str
    entry: BookedMove
    book_version: int


@frozen
class Append:
    """One atomic step of one case. ``expected_version`` is the version the decision was made on (0 for a new case).

    Either everything here is recorded or nothing: the events, the head, the order lock (``lock`` with the sequence it
    moves from in ``lock_from``, None for "there was none"), de-duplicated ``deliveries`` (source, delivery id), callbacks,
    the money book and exceptions.
    """

    merchant: str
    case_id: str
    expected_version: int
    at: str
    events: Sequence[NewEvent]
    lock: OrderLock | None = None
    lock_from: OrderLock | None = None
    deliveries: Sequence[tuple[str, str]] = ()
    callbacks: Sequence[Callback] = ()
    exceptions: Sequence[ExceptionItem] = ()
    book: BookEntry | None = None


@frozen
class Stored:
    """One raw ledger item, for the auditor: the keys and every attribute as written."""

    pk: str
    sk: str
    attributes: Mapping[str, object]


@frozen
class CaseHead:
    """The list view of a case. ``status`` is open or closed; ``outcome`` "" while open."""

    merchant: str
    case_id: str
    channel: str
    order_ref: str
    version: int
    status: str
    outcome: str
    step: str
    opened_at: str
    updated_at: str
    hash: str = ""


@frozen
class Page[T]:
    items: Sequence[T]
    cursor: str = ""


@frozen
class OrderPlaced:
    """An order as the measures count it, and nothing of who placed it. ``day`` is its own UTC date; ``fulfillment_type`` in_house,
    third_party, mixed or none, or unknown where the message does not tell."""

    channel: str
    order_ref: str
    day: str
    fulfillment_type: str


class OrderCounts(Protocol):
    """How many orders there were: what cancels are measured by. Beside the chain, and never read on the way of a cancel."""

    def count_order(self, merchant: str, order: OrderPlaced) -> None:
        """Counts an order once, however often it is told."""

    def orders_counted(self, merchant: str, channel: str, day: str) -> Mapping[str, int]:
        """Orders of that UTC date by fulfillment type."""


class EvidenceIndex(Protocol):
    """What of the evidence is about whom, so that it can be named and erased. ``subject`` is made by domain.privacy."""

    def note_evidence(self, merchant: str, subject: str, key: str) -> None:
        """Safe to repeat."""

    def evidence_of(self, merchant: str, subject: str) -> Sequence[str]: ...


@frozen
class ChangedWeek:
    """A merchant's week of facts that has not been exported as it is now. ``token`` names its newest change."""

    merchant: str
    week: str
    token: str


class FactBook(Protocol):
    """The facts that figures are made of, by merchant and by the UTC week in which a case was opened or an order placed. Not the ledger: it can
    be made again from it."""

    def put(self, cases: "Iterable[CaseFacts]", orders: "Iterable[OrderFact]") -> None:
        """Safe to repeat, in any order: of a case the newest version stays. Their weeks are then to be exported."""

    def of_week(self, merchant: str, week: str) -> "tuple[Sequence[CaseFacts], Sequence[OrderFact]]": ...
    def everything(self) -> "Iterable[CaseFacts | OrderFact]":
        """Of all merchants and weeks, in no order."""

    def changed(self) -> Sequence[ChangedWeek]:
        """What is to be exported."""

    def exported(self, week: ChangedWeek) -> None:
        """It is, unless it has changed since it was read."""


class MarketBook(Protocol):
    """Figures about a marketplace: orders placed, cancels that count against the seller, and how far its sweep has got. No case rests on them.

    The orders are those of ``OrderCounts``. Each day has its sum beside them, because a cancel's way has no time to count a week's."""

    def add_market_order(self, merchant: str, order: OrderPlaced) -> bool:
        """Counts the order, and adds it to its day's sum with the same stroke; False when it has been counted before."""

    def market_orders(self, merchant: str, channel: str, first_day: str, last_day: str) -> int:
        """The sum of those days, both of them included."""

    def note_seller_cancel(self, merchant: str, cancel: SellerCancel) -> None:
        """Noting the same case's cancel again replaces it."""

    def seller_cancels(self, merchant: str, channel: str, first_day: str) -> Sequence[SellerCancel]: ...
    def sweep_state(self, merchant: str, channel: str) -> SweepState | None: ...
    def save_sweep(self, merchant: str, state: SweepState) -> SweepState:
        """Over the version that was read. Raises Conflict when somebody wrote since."""


class SearchBook(Protocol):
    """By what a case can be found again. Beside the chain: what is lost here can be made again from the facts."""

    def note_term(self, merchant: str, term: Term, case_id: str) -> None:
        """Safe to repeat."""

    def cases_noted(self, merchant: str, term: Term) -> Sequence[str]:
        """The ids of the cases, at most a hundred."""


class LeaseBook(Protocol):
    """Who holds which exception. Beside the chain: a lease says who looks at it, not what happened."""

    def lease(self, merchant: str, exception_id: str) -> Lease | None:
        """The last one, which may have run out."""

    def save_lease(self, lease: Lease, over: Lease | None) -> None:
        """Writes it over the one that was read, None for none. Raises Conflict when somebody wrote since."""


class Ledger(OrderCounts, EvidenceIndex, MarketBook, SearchBook, LeaseBook, Protocol):
    """Append-only. Raises Conflict when the expected version has passed, AlreadyRecorded when a delivery, a fact key, a callback or a
    money key is there already, NotFound for another merchant's case."""

    def append(self, step: Append) -> Sequence[Recorded]: ...
    def load(self, merchant: str, case_id: str) -> Sequence[Recorded]:
        """All events in order; empty when there is no such case."""

    def head(self, merchant: str, case_id: str) -> CaseHead | None: ...
    def lock_of(self, merchant: str, channel: str, order_ref: str) -> OrderLock | None: ...
    def delivery_case(self, merchant: str, source: str, delivery_id: str) -> str:
        """The case that a delivery was recorded in; "" when it never was."""

    def callback(self, callback_id: str) -> Callback | None: ...
    def rearm(self, callback: Callback) -> None:
        """Replaces the token behind a callback that is still open (a retried or resumed wait). Raises AlreadyRecorded when it was used."""

    def waiting(self, merchant: str, case_id: str) -> Sequence[Callback]:
        """The case's open callbacks."""

    def doors(self, merchant: str, case_id: str) -> Sequence[Callback]:
        """Every callback the case ever had, whatever its state."""

    def exception(self, merchant: str, exception_id: str) -> ExceptionItem | None: ...
    def exceptions(
        self, merchant: str, tier: str = "", owner: str = "", cursor: str = "", limit: int = 50
    ) -> Page[ExceptionItem]:
        """Open exceptions, the nearest deadline first within a tier."""

    def open_exceptions(
        self, merchant: str, tier: str = "", after: str = "", step: int = 100
    ) -> Iterator[ExceptionItem]:
        """The same as a stream, from behind the ``place`` of another; read in portions of ``step``, as far as the caller reads."""

    def cases(self, merchant: str, status: str = "", cursor: str = "", limit: int = 50) -> Page[CaseHead]: ...
    def cases_of_order(self, merchant: str, order_ref: str) -> Sequence[CaseHead]: ...
    def book(self, merchant: str, channel: str, order_ref: str) -> tuple[Sequence[BookedMove], int]:
        """The order's money book and its version (0 when empty)."""

    def open_cases(self, turn: int = 0) -> Iterable[CaseHead]:
        """Over all merchants, for the sweep. Another turn begins at another eighth of them, so that a sweep that does not come to the end,
        but further than an eighth, leaves nobody out for ever."""

    def save_policy(self, merchant: str, policy_hash: str, text: str) -> None:
        """Keeps a policy for ever under its hash: cases pin it."""

    def policy_text(self, merchant: str, policy_hash: str) -> str: ...
    def scan(self) -> Iterable[Stored]:
        """Every item, for ``audit verify``."""


# ---------------------------------------------------------------------------------------------- people at the console


@frozen
class SignedIn:
    """``groups`` are the provider's; ``seconds`` is how long its word is good for. ``refresh_token`` is "" where an old one goes on."""

    subject: str
    groups: frozenset[str]
    seconds: float
    refresh_token: str = ""


class ChallengeKind(StrEnum):
    CHOOSE = "choose"
    """The password was given by an administrator: the person chooses another."""
    CODE = "code"
    """The six digits of the person's authenticator app."""
    ENROLL = "enroll"
    """The person has no authenticator app yet: ``Challenge.secret`` is for it, and its first six digits are the answer."""


@frozen
class Challenge:
    """What the provider wants before it lets a person in. ``reference`` is the provider's own, opaque, good for minutes."""

    kind: ChallengeKind
    name: str
    reference: str
    secret: str = ""


class People(Protocol):
    """The identity provider. Raises NotAuthentic for whoever it does not let in, without saying why; InvalidInput for a new password that it
    does not take, or a wrong first code."""

    def sign_in(self, name: str, password: str) -> SignedIn | Challenge: ...
    def answer(self, challenge: Challenge, word: str) -> SignedIn | Challenge: ...
    def refresh(self, refresh_token: str) -> SignedIn:
        """The person's groups as they are now."""

    def sign_out(self, refresh_token: str) -> None:
        """Nobody goes on with this token. One that is unknown or over is no error."""


class Sessions(Protocol):
    """Where sessions lie, by the hash of their id. What is over is gone, sooner or later."""

    def load(self, key: str) -> Session | None: ...
    def save(self, session: Session) -> None:
        """Replaces what was there. Nothing in a session is worth a condition: the last sign of life wins."""

    def delete(self, key: str) -> None:
        """None is no error."""


# ---------------------------------------------------------------------------------------------- platform


class Clock(Protocol):
    def now(self) -> str:
        """The present moment in the ledger's form."""


class Evidence(Protocol):
    """Raw messages, encrypted. Keys are derived from merchant, source and delivery id."""

    def keep(self, merchant: str, source: str, delivery_id: str, body: bytes) -> tuple[str, str]:
        """Gives (key, sha256). Keeping the same bytes twice is one object."""

    def load(self, key: str) -> bytes:
        """Raises NotFound, also when it has been erased."""

    def key_of(self, merchant: str, source: str, delivery_id: str) -> str: ...
    def erase(self, key: str) -> int:
        """Every version of it, for good. Gives how many there were; none is no error."""

    def erase_source(self, merchant: str, source: str, but: str) -> int:
        """All that came from a source, but what lies under ``but``. Gives how many versions there were."""


class Executions(Protocol):
    def start(self, merchant: str, case_id: str, number: int) -> str:
        """Starts the state machine under a name derived from the case and the number; repeating it is no second start."""

    def running(self) -> Collection[str]:
        """The names of all that run, by a list that may be some seconds old: for who is not in it, ``alive`` knows."""

    def alive(self, name: str) -> bool:
        """Whether the execution of that name is running, now."""


class Tasks(Protocol):
    """The waiting side of the state machine."""

    def wake(self, token: str, output: Mapping[str, str]) -> bool:
        """Ends the wait; False when nobody waits on that token any more (timed out, ended, already woken)."""


class Timers(Protocol):
    def at(self, name: str, when: str, payload: Mapping[str, str]) -> None:
        """A one-time hint at a moment; the same name twice is one timer."""


@frozen
class Notice:
    """What somebody is told of an exception that grows old: ids and codes, and where to look."""

    merchant: str
    exception_id: str
    team: str
    level: str
    share: int
    tier: str
    cause: str
    next_action: str
    deadline: str
    link: str


class Notices(Protocol):
    def tell(self, way: str, notice: Notice) -> None:
        """``way`` is the policy's name of it. Raises PartnerUnavailable or PartnerRefused."""


@frozen
class QueuedWork:
    """A message of a tier's queue. ``handle`` names this delivery of it; it is good for as long as nobody else is given the message."""

    merchant: str
    exception_id: str
    handle: str


class WorkQueues(Protocol):
    """One queue a tier. Messages come in no order, perhaps twice, and come back when their time is up."""

    def receive(self, tier: str, seconds: int) -> Sequence[QueuedWork]:
        """A few that nobody holds now, hidden from others for so long. Empty does not mean that there are none."""

    def hide(self, tier: str, handle: str, seconds: int) -> bool:
        """Hidden from now on for so long, 0 for not at all. False when the message is known to be gone, or
        somebody else's; True is no promise, the lease in the ledger is."""

    def drop(self, tier: str, handle: str) -> None:
        """Its work is done. Dropping it twice is no error."""


class Mailer(Protocol):
    def send(
        self,
        sender: str,
        to: str,
        subject: str,
        text: str,
        tags: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Gives the provider's message id. Every mail says that a machine sent it; ``headers`` come on top."""


class Policies(Protocol):
    def current(self, merchant: str) -> Policy: ...
    def pinned(self, merchant: str, policy_hash: str) -> Policy: ...


@frozen
class PartnerTraffic:
    merchant: str
    partner: str
    traffic: Traffic


class TrafficBook(Protocol):
    """What all workers together know about the calls to each partner of each merchant. Not the ledger: it may be lost, and is then found
    out again."""

    def load(self, merchant: str, partner: str) -> tuple[Traffic, int]:
        """With its version, which is 0 when nothing is known."""

    def save(self, merchant: str, partner: str, traffic: Traffic, expected: int) -> int:
        """Gives the new version. Raises Conflict when somebody else has written since ``expected``."""

    def outages(self, merchant: str = "") -> Sequence[PartnerTraffic]:
        """Of one merchant, or of all: every partner that is down, or whose return not all cases have been told. May be a moment behind."""


class Connections(Protocol):
    """A merchant's connections, built on demand from its configuration."""

    def order_system(self, merchant: str, channel: str) -> OrderSystem: ...
    def warehouses(self, merchant: str) -> Mapping[str, Warehouse]: ...
    def places(self, merchant: str) -> Mapping[str, Place]:
        """Every warehouse by name, without making its connection."""

    def hold_first(self, merchant: str) -> Sequence[str]:
        """Names of warehouses that take a reversible hold by order reference alone."""

    def erp(self, merchant: str) -> Erp | None: ...
    def payments(self, merchant: str, channel: str) -> Payments | None:
        """None when the channel itself owns the money (Amazon)."""

    def refunds_by_person(self, merchant: str, channel: str) -> Payments | None:
        """What may pay back goods that left, where two people have said so and the channel otherwise pays by itself."""

    def tickets(self, merchant: str, source: str) -> Tickets | None:
        """The help desk behind a wish's ``source``; None when there is none that can be answered."""

    def carrier(self, merchant: str, name: str) -> Carrier | None:
        """The merchant's own account at a carrier; None when there is none that can be asked."""

    def buyer_messages(self, merchant: str, channel: str) -> BuyerMessages | None:
        """None where customers are written to by e-mail."""

    def sender(self, merchant: str) -> str: ...


class Partners(Connections, Protocol):
    """The same within what each partner takes: a call may raise PartnerBusy (wait) or PartnerDown (nobody calls) and was not made then."""

    def on_lane(self, *, urgent: bool) -> "Partners":
        """The same connections, for a case of this urgency: where calls are limited, urgent ones have places of their own."""

    def turn(self, merchant: str, name: str) -> AbstractContextManager[None]:
        """Holds a place among the calls to a warehouse, or to the ERP ("netsuite"), so that what is promised inside is not promised before it can be said. Raises
        PartnerBusy or PartnerDown."""
