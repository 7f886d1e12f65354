"""Every fact a case can hold. Each is JSON-shaped, carries no personal data, and is never changed once written.

*Requested* facts are written before a partner is called, under a derived key; the answer is a fact of its own. So a
crash between the two leaves a trace that says "in doubt: read back first".
"""

from collections.abc import Mapping
from dataclasses import asdict, field, fields
from typing import Any

from stopship.frozen import frozen


@frozen
class Event:
    """Base of all facts."""

    def data(self) -> dict[str, Any]:
        return asdict(self)


@frozen
class CaseOpened(Event):
    channel: str
    order_ref: str
    sequence: int
    policy_version: str
    policy_hash: str


@frozen
class RequestReceived(Event):
    """A wish joined the case. The first one opens it; later ones for the same order and lines only add evidence."""

    request_id: str
    reason: str
    requester: str
    source: str
    requested_at: str
    received_at: str
    lines: Mapping[str, int]
    ticket_ref: str
    official: bool
    evidence: list[str]
    raw_sha256: str
    ticket_link: str = ""


@frozen
class ExecutionStarted(Event):
    """``number`` counts executions of this case: they are disposable, the case is not."""

    name: str
    number: int
    why: str


@frozen
class OrderRead(Event):
    """``lines``: [{line_id, sku, ordered, shipped, cancelled}], with {bundle, bundles} where a line was sold in a bundle. ``payment`` and
    ``signs`` are the order system's own codes, translated; ``language`` the two letters of the customer's, "" where nobody tells it.
    ``placed_at`` is when the customer ordered, "" where nobody tells."""

    display_ref: str
    lines: list[dict[str, Any]]
    total: str
    currency: str
    cancelled: bool
    vip: bool
    risk: str
    observed_at: str
    payment: str = ""
    signs: list[str] = field(default_factory=list)
    language: str = ""
    placed_at: str = ""


@frozen
class OrderNotFound(Event):
    attempt: int


@frozen
class LegPlanned(Event):
    """``recreated`` is the part of ``lines`` that this case had cancelled already and that came back as new work. ``work_id`` is the
    work's id at its warehouse, "" for all of the order's work there; a wish that grows may take a second leg of the same work. ``partner``
    is what the warehouse is in the capability table. ``called``: it was planned outside the machine's own steps, which work on other things.
    ``instead_of`` is the leg at another place whose goods may lie here instead, "" where it is known what lies where."""

    leg_id: str
    warehouse: str
    fulfillment_type: str
    external_ref: str
    lines: Mapping[str, int]
    recreated: Mapping[str, int] = field(default_factory=dict)
    work_id: str = ""
    partner: str = ""
    called: bool = False
    instead_of: str = ""


@frozen
class LegSplit(Event):
    """A person vouches that part of a leg was held back, or part of a leg that was let go is asked for again. ``lines`` stay in the leg;
    ``rest`` is a leg of its own from here on, ``rest_id``."""

    leg_id: str
    rest_id: str
    lines: Mapping[str, int]
    rest: Mapping[str, int]


@frozen
class LinesAlreadyShipped(Event):
    """Part of what was asked for had left before we looked."""

    lines: Mapping[str, int]


@frozen
class Classified(Event):
    kind: str
    reason: str


@frozen
class HoldRequested(Event):
    leg_id: str
    system: str


@frozen
class HoldAnswered(Event):
    """``level`` as for acknowledgements; a hold is reversible and proves nothing by itself."""

    leg_id: str
    system: str
    level: str
    reference: str
    reason: str


@frozen
class HoldReleased(Event):
    leg_id: str
    system: str


@frozen
class AddressChangeRequested(Event):
    """The order is to go to the address that the answer to this exception brought. The address itself lies in the evidence."""

    exception_id: str
    system: str
    address_sha256: str


@frozen
class AddressChanged(Event):
    """The order system has it. ``by_us`` is false where a person says that he wrote it there."""

    exception_id: str
    system: str
    address_sha256: str
    by_us: bool = True


@frozen
class PickStateObserved(Event):
    """``said`` is the warehouse's own word where it is none that we know; ``shipped_lines`` what it counts as shipped of the work."""

    leg_id: str
    state: str
    source: str
    observed_at: str
    actor: str
    departed_at: str = ""
    purpose: str = "check"
    said: str = ""
    shipped_lines: Mapping[str, int] = field(default_factory=dict)


@frozen
class Decided(Event):
    """``evidence`` are versions of the events that the decision rests on."""

    leg_id: str
    action: str
    reason: str
    cause: str
    evidence: list[int]
    policy_hash: str


@frozen
class StopShipRequested(Event):
    leg_id: str
    warehouse: str
    attempt: int
    physical: bool
    callback_id: str
    deadline: str


@frozen
class StopShipSent(Event):
    """The warehouse took the message. ``level`` is sent or accepted: neither proves a stop."""

    leg_id: str
    attempt: int
    level: str


@frozen
class StopShipFailed(Event):
    """The message did not go out, and nothing happened there. ``code`` is the error's own word."""

    leg_id: str
    attempt: int
    code: str


@frozen
class StopShipRepeated(Event):
    """The message goes out once more, to a partner that cannot tell a repeat. ``in_doubt`` says that nobody can find out whether the try
    before got through; ``number`` counts the repeats of this attempt."""

    leg_id: str
    attempt: int
    number: int
    in_doubt: bool


@frozen
class StopReminderRequested(Event):
    """Whoever was asked to stop and says nothing is about to be reminded. ``number`` counts the tries of this attempt's one reminder."""

    leg_id: str
    attempt: int
    number: int


@frozen
class StopReminderSent(Event):
    """``reference`` is the mail's own id."""

    leg_id: str
    attempt: int
    number: int
    reference: str


@frozen
class StopReminderFailed(Event):
    """``in_doubt``: it may have gone out all the same, and none follows. ``code`` is the error's own word."""

    leg_id: str
    attempt: int
    number: int
    code: str
    in_doubt: bool


@frozen
class AcknowledgementReceived(Event):
    """The warehouse's answer. ``at`` of the event is when we received it; ``state_at`` when it was true."""

    leg_id: str
    attempt: int
    level: str
    source: str
    state: str
    state_at: str
    actor: str
    reference: str
    reason: str
    stopped_lines: Mapping[str, int]
    partial: bool
    late: bool = False


@frozen
class SilenceRecorded(Event):
    leg_id: str
    attempt: int
    deadline: str


@frozen
class CallbackRefused(Event):
    """Somebody used a callback id that was used, expired or not theirs. A fact, not an error."""

    callback_id: str
    why: str


@frozen
class ShipmentSeen(Event):
    """A signal that goods left (or only that a label exists, when ``departed`` is false)."""

    leg_id: str
    source: str
    occurred_at: str
    departed: bool
    lines: Mapping[str, int]
    tracking_sha256: str


@frozen
class CarrierRead(Event):
    """What a leg's carrier says, of all its parcels as one. ``parcels`` are the hashes of their tracking numbers, empty when nobody knows
    any; ``offer`` whether it would bring them back, for ``cost`` in ``currency`` ("" when it does not say); ``goods_value`` what the payment
    system would pay back for the leg's lines, "" when nobody can tell."""

    leg_id: str
    carrier: str
    state: str
    parcels: list[str]
    offer: str
    reason: str
    cost: str
    currency: str
    goods_value: str
    goods_currency: str
    observed_at: str
    occurred_at: str = ""


@frozen
class LabelVoidRequested(Event):
    leg_id: str
    carrier: str
    parcel: str


@frozen
class LabelVoidAnswered(Event):
    """``state`` is voided, used (it was scanned: it left), refused or silent."""

    leg_id: str
    carrier: str
    parcel: str
    state: str
    code: str


@frozen
class InterceptRequested(Event):
    """The carrier is to bring one parcel back. ``by`` is "policy" or the person's id; ``cost`` what it had named, for all parcels of the leg."""

    leg_id: str
    carrier: str
    parcel: str
    cost: str
    currency: str
    by: str


@frozen
class InterceptAnswered(Event):
    """``level`` is accepted, refused or by_hand (a person has asked the carrier); after another parcel of the leg was refused also withdrawn
    (the request was taken back) or kept (the carrier goes on with it). None of them is an outcome."""

    leg_id: str
    carrier: str
    parcel: str
    level: str
    code: str


@frozen
class InterceptEnded(Event):
    """What became of it: ``end`` is returned or delivered, on the word of ``source`` (the carrier, or a person)."""

    leg_id: str
    end: str
    source: str
    evidence: list[int]


@frozen
class LegSettled(Event):
    """``proof`` says what the outcome rests on: {"kind": ..., "evidence": [versions]}."""

    leg_id: str
    outcome: str
    lines: Mapping[str, int]
    proof: Mapping[str, Any]


@frozen
class LegReopened(Event):
    """``anew``: somebody asks for it again. What a person said of it, and what was answered, counts no more."""

    leg_id: str
    why: str
    anew: bool = False


@frozen
class LegsTakenUp(Event):
    """The machine goes on with these legs, which were reopened or planned while it worked on, or waited for, something else."""

    legs: list[str]


@frozen
class ExceptionOpened(Event):
    """``person`` is the id of whoever's week it is, "" where anybody in the team picks up. ``clock_from`` is when the team's own time begins
    to run, "" for at once: a partner that owes an answer has his first."""

    exception_id: str
    leg_id: str
    cause: str
    tier: str
    owner: str
    next_action: str
    deadline: str
    detail: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    person: str = ""
    clock_from: str = ""


@frozen
class ExceptionEscalated(Event):
    exception_id: str
    owner: str
    deadline: str
    level: int
    person: str = ""


@frozen
class NoticeRequested(Event):
    """Somebody is to be told that an exception grows old. ``level`` is team, lead or head, ``share`` the percent of its time, ``period`` counts
    its owners; ``ways`` are the policy's names for where it goes."""

    exception_id: str
    period: int
    level: str
    share: int
    team: str
    ways: list[str]


@frozen
class NoticeSent(Event):
    """``status`` is sent, failed with the code, or in_doubt: the process died between asking and knowing, and it is not sent again."""

    exception_id: str
    period: int
    level: str
    way: str
    status: str


@frozen
class ExceptionReassigned(Event):
    """The deadline stays. ``person`` is "" for whoever in the team takes it."""

    exception_id: str
    owner: str
    person: str
    by: str
    note_sha256: str


@frozen
class ExceptionSnoozed(Event):
    """Put off by a person. ``spent_seconds`` of the team's own time are used; the rest runs from ``until`` to ``deadline``. ``waiting_for`` is the
    partner that owes an answer, "" for another reason."""

    exception_id: str
    until: str
    deadline: str
    spent_seconds: int
    by: str
    note_sha256: str
    waiting_for: str = ""


@frozen
class ResolutionProposed(Event):
    """An answer that needs a second person. Nothing follows from it; ``plan_hash`` is exactly what may be approved."""

    exception_id: str
    resolution: str
    plan_hash: str
    by: str
    note_sha256: str
    evidence: list[str]
    lines: Mapping[str, int]


@frozen
class ResolutionDenied(Event):
    exception_id: str
    plan_hash: str
    by: str
    note_sha256: str


@frozen
class ExceptionResolved(Event):
    """A person's word. ``by`` is the actor's id; ``approved_by`` is set where two people are needed. ``plan_hash`` is of the plan that they saw,
    ``evidence`` are references that document the answer, ``lines`` the quantities that it is about, empty for all; ``address_sha256`` is of the
    address that it brought, "" for none."""

    exception_id: str
    resolution: str
    by: str
    note_sha256: str
    approved_by: str
    plan_hash: str = ""
    evidence: list[str] = field(default_factory=list)
    lines: Mapping[str, int] = field(default_factory=dict)
    address_sha256: str = ""


@frozen
class CancelWeighed(Event):
    """What a marketplace would be told, and what it would count, before it is told. ``reason`` is "" where only a person can say; ``why``
    says what it rests on or lacks. ``percent`` is the seller's cancel rate with this one, "" where no order was seen; ``excluded`` says
    why this one does not count, "" when it does. ``repeated_skus`` were cancelled by the seller not long ago."""

    lines: Mapping[str, int]
    mapped: str
    reason: str
    why: str
    cancels: int
    orders: int
    percent: str
    limit: str
    above: bool
    excluded: str
    repeated_skus: list[str] = field(default_factory=list)


@frozen
class PartnerReturned(Event):
    """A partner answers again, so that what waited for the end of the outage goes on. ``returned_at`` is "" when that was not noted."""

    partner: str
    outage: str
    returned_at: str


@frozen
class OrderCancelRequested(Event):
    """``restock`` says whether the lines are for sale again with the cancel; it is asked for here and nowhere else, so that it happens
    once."""

    system: str
    scope: str
    lines: Mapping[str, int]
    attempt: int
    restock: bool = False


@frozen
class OrderCancelSubmitted(Event):
    """The order system took the cancel but has not confirmed it (a feed, a job)."""

    system: str
    reference: str
    attempt: int


@frozen
class SubmissionEnded(Event):
    """The partner told that it is through with what was submitted under ``reference``. How it ended is read, not believed."""

    system: str
    reference: str
    status: str


@frozen
class OrderCancelled(Event):
    system: str
    scope: str
    lines: Mapping[str, int]
    reference: str
    by_us: bool


@frozen
class OrderCancelRefused(Event):
    system: str
    code: str
    message: str
    attempt: int


@frozen
class LinesCounted(Event):
    """What a system counts of the order's lines ``before`` or ``after`` (``moment``) a change of ours.

    ``lines``: [{line_id, ordered, shipped, cancelled}], under the system's own line names."""

    system: str
    moment: str
    attempt: int
    lines: list[dict[str, Any]]


@frozen
class ErpHoldRequested(Event):
    """While a person decides about a leg, the sales order is to carry this hold: from here on it is the desk's own."""

    system: str
    record: str
    hold: str
    attempt: int


@frozen
class ErpHoldAnswered(Event):
    """``level`` is held, in_doubt, not_held, by_others (it stood before the desk asked for it: nothing was written) or released (what it was
    for had ended when it came to be). ``attempt`` is that of the intent whose end this is, 0 where it is nobody's or another's."""

    system: str
    record: str
    hold: str
    level: str
    attempt: int
    reason: str = ""


@frozen
class ErpUpdateRequested(Event):
    """``hold`` is the hold of the desk's own that is to stand from now on, ``release`` those that are to go."""

    system: str
    record: str
    lines: list[int]
    attempt: int
    hold: str = ""
    release: list[str] = field(default_factory=list)


@frozen
class ErpUpdated(Event):
    """``fields`` are the audit fields as written: ids, codes and times only. ``hold`` and ``released`` are as they were asked for."""

    system: str
    record: str
    lines: list[int]
    fields: Mapping[str, str]
    hold: str = ""
    released: list[str] = field(default_factory=list)


@frozen
class ErpSkipped(Event):
    system: str
    why: str


@frozen
class RefundQuoted(Event):
    amount: str
    currency: str
    lines: Mapping[str, int]


@frozen
class MoneyRequested(Event):
    """``beside`` is what others had paid back by then, for nobody knows which lines; "" for nothing."""

    money_key: str
    kind: str
    amount: str
    currency: str
    parent_id: str
    lines: Mapping[str, int]
    beside: str = ""


@frozen
class MoneyMoved(Event):
    """``status`` is done, pending or partly: then ``amount`` is what moved of it, and the rest will not. ``reference`` is the payment
    system's own id."""

    money_key: str
    kind: str
    amount: str
    currency: str
    status: str
    reference: str
    lines: Mapping[str, int]


@frozen
class MoneyFailed(Event):
    money_key: str
    code: str
    message: str


@frozen
class MoneySettled(Event):
    """Nothing is left to pay back for the proven lines. ``why`` is done, nothing_captured, order_system_pays, ..."""

    why: str
    net_payment: str
    currency: str


@frozen
class MessageRequested(Event):
    template: str


@frozen
class MessageSent(Event):
    """``status`` is sent, skipped with the reason (no address on file), or in_doubt: nobody can say, and it is not sent again."""

    template: str
    message_id: str
    status: str


@frozen
class MessageNotSent(Event):
    """A message that was requested certainly did not go out: the request is taken back."""

    template: str
    code: str


@frozen
class TicketAnswerRequested(Event):
    """``system`` is the help desk that the wish came from. ``template`` names what it is told, once each time the case ends."""

    system: str
    ticket_ref: str
    template: str


@frozen
class TicketAnswerFailed(Event):
    """The help desk could not be reached. ``code`` is the error's name."""

    system: str
    ticket_ref: str
    template: str
    code: str


@frozen
class TicketAnswered(Event):
    """``status`` is answered, or skipped with the reason (a person told them)."""

    system: str
    ticket_ref: str
    template: str
    status: str


@frozen
class TicketAsked(Event):
    """A ticket that makes no wish was asked back. ``field`` is what could not be read, ``status`` asked or refused with the code."""

    system: str
    ticket_ref: str
    field: str
    status: str


@frozen
class MailAnswerRequested(Event):
    """A mail is to be answered. ``template`` is the receipt or one of the questions; ``to`` says to whom: ``sender``, or ``order`` for the
    address on the order. ``channel`` and ``order_ref`` are "" while no order is known."""

    mail_id: str
    template: str
    language: str
    to: str
    channel: str
    order_ref: str


@frozen
class MailAnswered(Event):
    """``status`` is sent, or skipped or refused with the reason."""

    mail_id: str
    template: str
    status: str
    message_id: str


@frozen
class ReturnOpened(Event):
    """Shipped goods: the cancel became a return. ``reference`` is the order system's id, "" when a person must open it."""

    lines: Mapping[str, int]
    reference: str


@frozen
class CaseClosed(Event):
    """``lines``: [{line_id, quantity, outcome}]. ``timestamps``: the four of the SLA. ``root_cause_evidence`` are versions of the facts that the
    root cause rests on."""

    outcome: str
    mixed: bool
    lines: list[dict[str, Any]]
    root_cause: str
    avoidable: bool
    timestamps: Mapping[str, str]
    watch_until: str
    root_cause_evidence: list[int] = field(default_factory=list)


@frozen
class CaseReopened(Event):
    why: str


@frozen
class OrderChangeSeen(Event):
    """Somebody else changed the order, or its work. What it is now is read, and stands in the OrderRead that follows. ``digest`` is of what
    counts in the message, so that one without a change is known."""

    topic: str
    reference: str
    digest: str
    occurred_at: str


@frozen
class PaymentSeen(Event):
    """Money that somebody else moved. ``state`` is authorization, capture, void, paid or refund. ``amount`` in ``currency`` of a refund, "" where
    nobody told it; "0" for the refund that a shop writes down when it cancels lines without paying them back."""

    state: str
    reference: str
    lines: Mapping[str, int]
    occurred_at: str
    amount: str = ""
    currency: str = ""


@frozen
class DisputeSeen(Event):
    """``state`` is open, won or lost: while it is open, and when it is lost, nothing is paid back."""

    reference: str
    state: str
    occurred_at: str


@frozen
class ReturnSeen(Event):
    """Somebody else's return. While it is ``active`` it claims its lines, and the order cannot be cancelled."""

    reference: str
    active: bool
    lines: Mapping[str, int]
    occurred_at: str


@frozen
class EchoIgnored(Event):
    """Our own action came back to us as a message."""

    topic: str
    reference: str


@frozen
class MessageKept(Event):
    """An authentic message that fits nothing we know. It is kept and shown to a person."""

    source: str
    topic: str
    why: str
    raw_sha256: str


@frozen
class PrivacyRequestReceived(Event):
    """``duty`` is name, erase_customer or erase_shop. Who it is about stands in the evidence only."""

    duty: str
    topic: str
    order_refs: list[str]
    raw_sha256: str
    received_at: str


@frozen
class PersonalDataErased(Event):
    """``objects`` counts the pieces of evidence that were there, in all their versions. Their hashes stay where they are."""

    duty: str
    objects: int


_TYPES: dict[str, type[Event]] = {c.__name__: c for c in Event.__subclasses__()}
_FIELDS = {name: frozenset(f.name for f in fields(c)) for name, c in _TYPES.items()}


def name_of(event: Event) -> str:
    return type(event).__name__


def from_data(type_: str, data: Mapping[str, Any]) -> Event:
    """The event that was recorded. Fields added to a type later keep their defaults on older facts."""
    cls = _TYPES[type_]
    unknown = data.keys() - _FIELDS[type_]
    if unknown:
        raise ValueError(f"{type_} was written by a newer version: it has {sorted(unknown)}")
    return cls(**data)
