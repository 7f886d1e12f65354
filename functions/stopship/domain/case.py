"""The case: what its events add up to. Loading a case is folding its events, in order, from the first."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stopship.domain import events as e
from stopship.domain.carrier import SCANNED, UNSCANNED
from stopship.domain.order import DEPARTED, FINAL, IN_WORK, PickState, PlannedLeg, Quantities
from stopship.domain.order import FulfillmentType as Fulfillment
from stopship.domain.outcome import ENDS_WITHOUT_SHIPMENT, Outcome
from stopship.domain.policy import Cause
from stopship.domain.request import Kind, Reason, Requester
from stopship.domain.resolution import Resolution
from stopship.frozen import frozen

PAYMENT_STEP = "payment"
"""The step that moves money, as an exception names it."""
ENDS_MONEY = frozenset({Resolution.DONE_BY_HAND, Resolution.NO_REFUND})
"""Answers after which the desk moves nothing of what was asked about."""
_PART = "~"
"""Between the id of a piece of work and the number of a further leg of it."""
BY_HAND = "by hand"
"""The reference of a cancel that rests on a person's word."""
RETURN_PROOFS = frozenset({"carrier_returned", "human_returned"})
"""What may stand behind a shipment that is back."""


@frozen
class At[T]:
    """A fact, with the place and the moment it was recorded."""

    fact: T
    version: int
    at: str


@dataclass(slots=True)
class StopAttempt:
    """One try to stop a leg: the message, and what came back. A person's "retry" begins the next one."""

    requested: At[e.StopShipRequested]
    sent: At[e.StopShipSent] | None = None
    failed: list[At[e.StopShipFailed]] = field(default_factory=list)
    repeats: list[At[e.StopShipRepeated]] = field(default_factory=list)
    reminders: list[At[e.StopReminderRequested]] = field(default_factory=list)
    reminders_failed: list[At[e.StopReminderFailed]] = field(default_factory=list)
    reminded: At[e.StopReminderSent] | None = None
    answers: list[At[e.AcknowledgementReceived]] = field(default_factory=list)
    silence: At[e.SilenceRecorded] | None = None

    @property
    def known_unsent(self) -> bool:
        """Whether the last try is known not to have got through."""
        last_try = self.repeats[-1].version if self.repeats else 0
        return any(x.version > last_try for x in self.failed)


@dataclass(slots=True)
class InterceptState:
    """What was asked of a carrier about one parcel, and its answer: "accepted" is no outcome."""

    requested: At[e.InterceptRequested]
    answered: At[e.InterceptAnswered] | None = None


@dataclass(slots=True)
class VoidRecord:
    requested: At[e.LabelVoidRequested]
    answered: At[e.LabelVoidAnswered] | None = None


@dataclass(slots=True)
class NoticeState:
    """A notice that was asked for, and the ways of which nobody knows yet whether they got through. ``tries`` is 2 at most."""

    requested: At[e.NoticeRequested]
    unknown: set[str]
    tries: int = 1


@frozen
class AskedAbout:
    """Line quantities as they stood when a question about the whole case came up. Its answer is about nothing that came later: ``stopped``
    what was proven not to ship, ``left`` what had left and was to be paid back, ``paid`` what was paid back already."""

    stopped: Quantities = field(default_factory=dict)
    left: Quantities = field(default_factory=dict)
    paid: Quantities = field(default_factory=dict)


@dataclass(slots=True)
class ExceptionState:
    """``since`` is when the present stretch of its owner's time began, ``spent`` how many seconds were used up before it; ``told`` are the
    notices that were asked for, by the owner's number and the level. ``kept`` is how many deadlines in a row the owner has let pass, with
    nobody above to pass it on to."""

    opened: At[e.ExceptionOpened]
    owner: str
    deadline: str
    since: str
    person: str = ""
    spent: int = 0
    escalations: int = 0
    kept: int = 0
    told: dict[tuple[int, str], NoticeState] = field(default_factory=dict)
    about: AskedAbout = field(default_factory=AskedAbout)
    approved: Quantities = field(default_factory=dict)
    """What had left of the order when its answer approved a refund: nothing else is paid back on that word."""
    snoozed: At[e.ExceptionSnoozed] | None = None
    proposed: At[e.ResolutionProposed] | None = None
    resolved: At[e.ExceptionResolved] | None = None

    @property
    def open(self) -> bool:
        return self.resolved is None


@dataclass(slots=True)
class Leg:
    plan: PlannedLeg
    planned: At[e.LegPlanned]
    holds: dict[str, At[e.HoldAnswered]] = field(default_factory=dict)
    observations: list[At[e.PickStateObserved]] = field(default_factory=list)
    shipments: list[At[e.ShipmentSeen]] = field(default_factory=list)
    attempts: dict[int, StopAttempt] = field(default_factory=dict)
    human: At[e.ExceptionResolved] | None = None
    settled: At[e.LegSettled] | None = None
    was_stopped: bool = False
    retried_at: int = 0
    """The version of the last "retry": answers from before it no longer count."""
    retries: int = 0
    lifted: int = 0
    """How often somebody let go of a hold on its work."""
    decided: At[e.Decided] | None = None
    carrier: At[e.CarrierRead] | None = None
    voids: dict[str, VoidRecord] = field(default_factory=dict)
    """By the hash of the tracking number; so are the intercepts."""
    intercepts: dict[str, InterceptState] = field(default_factory=dict)
    intercept_wanted: At[e.ExceptionResolved] | None = None
    """A person wants the carrier to bring it back."""
    intercept_end: At[e.InterceptEnded] | None = None
    is_rest: bool = False
    """It is what was left of a leg when a part of that was held back."""
    rest_id: str = ""
    """The leg that was split off it last, "" for none."""
    shipped_before: Quantities = field(default_factory=dict)
    """What of the order's lines had shipped when the leg was planned: no part of it."""

    @property
    def work_id(self) -> str:
        """The leg's work at its warehouse: "" stands for all of the order's work there."""
        return self.planned.fact.work_id

    @property
    def is_out(self) -> bool:
        """A person vouched for a part of a leg, and it is the rest, which is out by the same word."""
        said = self.human is not None and self.human.fact.resolution == Resolution.STOPPED_IN_PART
        return said and self.is_rest and not self.rest_id

    @property
    def attempt(self) -> int:
        """The number of the attempt that counts now, from 1."""
        return self.retries + 1

    @property
    def current(self) -> StopAttempt | None:
        return self.attempts.get(self.attempt)

    @property
    def answer(self) -> At[e.AcknowledgementReceived] | None:
        """The newest answer that says something final, whichever attempt it belongs to: a late word is still a word."""
        final = [
            answer
            for attempt in self.attempts.values()
            for answer in attempt.answers
            if answer.version > self.retried_at and answer.fact.level in FINAL
        ]
        return max(final, key=lambda a: a.version, default=None)

    @property
    def observation(self) -> At[e.PickStateObserved] | None:
        return self.observations[-1] if self.observations else None

    @property
    def departure(self) -> int:
        """The version of the newest evidence that goods left, 0 when there is none."""
        seen = [s.version for s in self.shipments if s.fact.departed]
        seen += [o.version for o in self.observations if o.fact.state in DEPARTED]
        for attempt in self.attempts.values():
            seen += [a.version for a in attempt.answers if a.fact.state in DEPARTED]
        seen += [x.answered.version for x in self.voids.values() if x.answered and x.answered.fact.state == "used"]
        if self.carrier and self.carrier.fact.state in SCANNED:
            seen.append(self.carrier.version)
        return max(seen, default=0)

    @property
    def unscanned(self) -> int:
        """The version of its carrier's word that it was never scanned, 0 unless that is newer than all that says it left: a shipment that
        only a system has marked is a label."""
        read = self.carrier
        if read is None or read.fact.state not in UNSCANNED or not read.fact.parcels:
            return 0
        return read.version if read.version > max(self.departure, self.retried_at) else 0

    @property
    def gone(self) -> bool:
        return bool(self.departure) and not self.unscanned

    @property
    def intercept_pending(self) -> bool:
        """The carrier was asked to bring it back, and nobody knows yet what became of that."""
        answers = [x.answered for x in self.intercepts.values() if x.answered]
        taken = bool(answers) and all(x.fact.level != "refused" for x in answers)
        return taken and self.outcome is Outcome.SHIPPED and self.intercept_end is None and not self.came_back

    @property
    def came_back(self) -> bool:
        """It left, and it is back: by its carrier's tracking or by a person's word."""
        if self.settled is None or self.outcome is not Outcome.SHIPPED:
            return False
        if self.intercept_end and self.intercept_end.fact.end == "returned":
            return True
        return self.settled.fact.proof.get("kind") in RETURN_PROOFS

    @property
    def in_work(self) -> int:
        """The version of the newest evidence that the goods were picked or labelled since the last "retry", 0 without any."""
        seen = [s.version for s in self.shipments if not s.fact.departed]
        seen += [o.version for o in self.observations if o.fact.state in IN_WORK]
        return max((version for version in seen if version > self.retried_at), default=0)

    @property
    def part_left(self) -> int:
        """The version of the newest reading since the last "retry" in which its warehouse counts pieces of it as shipped, 0 without any. A later
        word that does not speak of them takes none back."""
        seen = [
            o.version
            for o in self.observations
            if any(o.fact.shipped_lines.get(x, 0) > self.shipped_before.get(x, 0) for x in self.plan.lines)
        ]
        return max((version for version in seen if version > self.retried_at), default=0)

    @property
    def outcome(self) -> Outcome | None:
        return Outcome(self.settled.fact.outcome) if self.settled else None


@dataclass(slots=True)
class Goods:
    """The legs about the same goods: one, with what was split off it; or one at every place where the goods may lie, as far as anybody can tell.
    Then a line is stopped when all of these places have stopped it."""

    legs: list[Leg]

    @property
    def lines(self) -> Quantities:
        return self.legs[0].planned.fact.lines

    @property
    def copies(self) -> dict[str, int]:
        """What the legs count more than once."""
        return subtract(total(leg.plan.lines for leg in self.legs), self.lines)

    @property
    def stopped(self) -> dict[str, int]:
        return subtract(self.ended(ENDS_WITHOUT_SHIPMENT), self.copies)

    @property
    def shipped(self) -> dict[str, int]:
        """What left any of the places."""
        left = self.ended({Outcome.SHIPPED})
        return subtract(left, subtract(left, self.lines))

    @property
    def returned(self) -> dict[str, int]:
        """What left one place, is back, and was stopped at the others or is back from them too."""
        back = total(leg.settled.fact.lines for leg in self.legs if leg.settled and leg.came_back)
        return subtract(back, subtract(self.copies, self.ended(ENDS_WITHOUT_SHIPMENT)))

    def ended(self, outcomes: Collection[Outcome]) -> dict[str, int]:
        """At all of the places together: what may lie at two of them counts twice."""
        return total(leg.settled.fact.lines for leg in self.legs if leg.settled and leg.outcome in outcomes)


@dataclass(slots=True)
class MoveRecord:
    requested: At[e.MoneyRequested]
    moved: At[e.MoneyMoved] | None = None
    failed: At[e.MoneyFailed] | None = None
    given_up: bool = False
    """A person said how it ends while it was pending: nobody asks for it again."""

    @property
    def pending(self) -> bool:
        """In doubt or under way: neither paid nor failed."""
        return not self.given_up and self.failed is None and not self.done

    @property
    def done(self) -> bool:
        return self.failed is None and self.moved is not None and self.moved.fact.status != "pending"

    @property
    def partly(self) -> At[e.MoneyMoved] | None:
        """The end of a move of which a part came through, and the rest will not."""
        return self.moved if self.moved and self.moved.fact.status == "partly" else None


@dataclass(slots=True)
class TicketState:
    """What a ticket is to be told. ``failed`` are the versions of the tries that did not get through."""

    requested: At[e.TicketAnswerRequested]
    failed: list[int] = field(default_factory=list)
    answered: At[e.TicketAnswered] | None = None


@dataclass(slots=True)
class Case:
    """``version`` 0 means that nothing is recorded. ``keys`` are the idempotency keys of facts that may happen only once."""

    merchant: str
    case_id: str
    version: int = 0
    hash: str = ""
    keys: set[str] = field(default_factory=set)
    opened: At[e.CaseOpened] | None = None
    requests: list[At[e.RequestReceived]] = field(default_factory=list)
    executions: list[At[e.ExecutionStarted]] = field(default_factory=list)
    classified: At[e.Classified] | None = None
    order: At[e.OrderRead] | None = None
    cancelled_before: dict[str, int] = field(default_factory=dict)
    """What of each line was cancelled already when the order was first read: by others."""
    found_cancelled: bool = False
    """The order was cancelled as a whole when it was first read."""
    not_found: list[At[e.OrderNotFound]] = field(default_factory=list)
    already_shipped: dict[str, int] = field(default_factory=dict)
    first_holds: dict[str, At[e.HoldAnswered]] = field(default_factory=dict)
    """By warehouse: its newest word on all of the order's work there, unless that hold was let go of."""
    first_heard: dict[str, int] = field(default_factory=dict)
    """How often a warehouse has answered such a hold; how often it was let go of, is in ``first_lifted``."""
    first_lifted: dict[str, int] = field(default_factory=dict)
    holds_requested: dict[tuple[str, str], At[e.HoldRequested]] = field(default_factory=dict)
    legs: dict[str, Leg] = field(default_factory=dict)
    called: set[str] = field(default_factory=set)
    """Legs that were reopened, or planned outside the machine's own steps, and that it has not taken up since."""
    exceptions: dict[str, ExceptionState] = field(default_factory=dict)
    address_requested: dict[str, At[e.AddressChangeRequested]] = field(default_factory=dict)
    """By the exception whose answer brought the address; so are those that are written."""
    address_changed: dict[str, At[e.AddressChanged]] = field(default_factory=dict)
    weighed: list[At[e.CancelWeighed]] = field(default_factory=list)
    cancel_requested: At[e.OrderCancelRequested] | None = None
    cancel_submitted: At[e.OrderCancelSubmitted] | None = None
    cancel_refused: At[e.OrderCancelRefused] | None = None
    cancelled: At[e.OrderCancelled] | None = None
    cancelled_by_hand: dict[str, int] = field(default_factory=dict)
    """Line quantities that a person cancelled in the order system, and that it was therefore never asked to."""
    cancels_taken: dict[str, int] = field(default_factory=dict)
    """Line quantities that the order system itself says are cancelled."""
    counted: dict[tuple[str, str], At[e.LinesCounted]] = field(default_factory=dict)
    """The newest count of each system, "before" and "after" a change of ours."""
    submissions_ended: set[str] = field(default_factory=set)
    """References of submissions that the partner says it is through with."""
    erp_hold_requested: At[e.ErpHoldRequested] | None = None
    erp_hold_answered: At[e.ErpHoldAnswered] | None = None
    erp_holds: dict[str, bool] = field(default_factory=dict)
    """Holds of the sales order that are the desk's own, by type; False while nobody knows whether it stands. Others' are not among them."""
    erp_requested: At[e.ErpUpdateRequested] | None = None
    erp_updated: list[At[e.ErpUpdated]] = field(default_factory=list)
    erp_skipped: At[e.ErpSkipped] | None = None
    quote: At[e.RefundQuoted] | None = None
    moves: dict[str, MoveRecord] = field(default_factory=dict)
    money_settled: At[e.MoneySettled] | None = None
    payment_seen: At[e.PaymentSeen] | None = None
    """The newest of what others did to the order's money."""
    messages: dict[str, At[e.MessageSent]] = field(default_factory=dict)
    message_requests: dict[str, At[e.MessageRequested]] = field(default_factory=dict)
    """Messages that were to be sent, by name: one that has no end in ``messages`` may or may not have gone out."""
    message_tries: dict[str, int] = field(default_factory=dict)
    messages_not_sent: dict[str, list[int]] = field(default_factory=dict)
    """By name, the versions of the tries that certainly did not go out."""
    tickets: dict[tuple[str, str, str], TicketState] = field(default_factory=dict)
    """By help desk, ticket and template."""
    mail_question: At[e.MailAnswerRequested] | None = None
    """What the writer of a mail, or the customer of the order that it names, was asked."""
    returns: list[At[e.ReturnOpened]] = field(default_factory=list)
    change_seen: At[e.OrderChangeSeen] | None = None
    disputes: dict[str, At[e.DisputeSeen]] = field(default_factory=dict)
    """As each was last seen, by its id."""
    returns_seen: dict[str, At[e.ReturnSeen]] = field(default_factory=dict)
    """Other people's, as each was last seen, by its id."""
    closed: At[e.CaseClosed] | None = None
    reopened: list[At[e.CaseReopened]] = field(default_factory=list)
    case_human: At[e.ExceptionResolved] | None = None
    withdrawn: At[e.ExceptionResolved] | None = None
    """The whole wish was taken back, and nobody has asked again since."""

    @property
    def exists(self) -> bool:
        return self.opened is not None

    @property
    def is_open(self) -> bool:
        return self.exists and self.closed is None

    @property
    def channel(self) -> str:
        return self.opened.fact.channel if self.opened else ""

    @property
    def order_ref(self) -> str:
        return self.opened.fact.order_ref if self.opened else ""

    @property
    def policy_hash(self) -> str:
        return self.opened.fact.policy_hash if self.opened else ""

    @property
    def requested_at(self) -> str:
        """The earliest moment anybody asked."""
        return min(r.fact.requested_at for r in self.requests)

    @property
    def received_at(self) -> str:
        return min(r.fact.received_at for r in self.requests)

    @property
    def reason(self) -> Reason:
        """A fraud wish outranks the others on the same order: it decides between stopped and blocked."""
        reasons = [Reason(r.fact.reason) for r in self.requests]
        return Reason.FRAUD if Reason.FRAUD in reasons else reasons[0]

    @property
    def for_want_of_payment(self) -> bool:
        """Nobody asked but the desk itself, because the order was not paid."""
        return bool(self.requests) and all(
            (r.fact.requester, r.fact.reason) == (Requester.SYSTEM, Reason.PAYMENT_TIMEOUT) for r in self.requests
        )

    @property
    def kind(self) -> Kind | None:
        return Kind(self.classified.fact.kind) if self.classified else None

    @property
    def official(self) -> bool:
        return any(r.fact.official for r in self.requests)

    @property
    def ticket_ref(self) -> str:
        return next((r.fact.ticket_ref for r in self.requests if r.fact.ticket_ref), "")

    @property
    def asked_on(self) -> list[tuple[str, str]]:
        """Every ticket that a wish came from: its source and its reference, oldest first."""
        return list(dict.fromkeys((r.fact.source, r.fact.ticket_ref) for r in self.requests if r.fact.ticket_ref))

    @property
    def evidence(self) -> list[str]:
        """References that document the wish, oldest first."""
        found = [x for r in self.requests for x in (*r.fact.evidence, r.fact.raw_sha256) if x]
        return list(dict.fromkeys(found))

    def wants(self, line_id: str, quantity: int) -> int:
        """How many of a line the requests together ask to cancel, at most ``quantity``."""
        asked = 0
        for request in self.requests:
            if not request.fact.lines:
                return quantity
            asked = max(asked, request.fact.lines.get(line_id, 0))
        return min(asked, quantity)

    @property
    def documents(self) -> list[str]:
        """References that somebody named as evidence: that a wish was made documents no fraud."""
        return [x for r in self.requests for x in r.fact.evidence]

    @property
    def wishes_unread(self) -> bool:
        """Whether somebody asked after the order was last read: it may take more legs than there are."""
        return self.order is not None and self.requests[-1].version > self.order.version

    @property
    def change_unread(self) -> bool:
        """Whether somebody changed the order after it was last read."""
        return self.change_seen is not None and self.order is not None and self.change_seen.version > self.order.version

    def legs_of(self, work_id: str) -> list[Leg]:
        """The legs that stop parts of one piece of work; none for ""."""
        return [leg for leg in self.legs.values() if work_id and leg.work_id == work_id]

    def free_leg_id(self, name: str) -> str:
        """The name, or with a number behind it, which no leg of the case has yet."""
        number, found = 1, name
        while found in self.legs:
            number += 1
            found = f"{name}{_PART}{number}"
        return found

    @property
    def legs_called(self) -> list[str]:
        """Legs without an end that the machine does not work on yet: it is to leave what it waits for, and take them up."""
        return [name for name, leg in self.legs.items() if name in self.called and leg.settled is None]

    @property
    def recreated_lines(self) -> dict[str, int]:
        """Line quantities that came back as new work after they had been stopped and cancelled."""
        return total(leg.planned.fact.recreated for leg in self.legs.values())

    def shares_goods(self, leg: Leg) -> bool:
        """Whether its goods may lie at another place instead."""
        return any(same.copies and any(x is leg for x in same.legs) for same in self.goods)

    @property
    def goods(self) -> list["Goods"]:
        """The legs by the goods that they are about."""
        found: dict[str, list[Leg]] = {}
        for leg in self.legs.values():
            found.setdefault(leg.planned.fact.instead_of or leg.planned.fact.leg_id, []).append(leg)
        return [Goods(legs) for legs in found.values()]

    @property
    def planned_lines(self) -> dict[str, int]:
        """Line quantities that have a leg; what came back has one leg more, and counts once."""
        return subtract(total(same.lines for same in self.goods), self.recreated_lines)

    @property
    def stopped_lines(self) -> dict[str, int]:
        """Line quantities of legs that are proven not to ship. What came back is stopped only if it was stopped again."""
        return subtract(total(same.stopped for same in self.goods), self.recreated_lines)

    @property
    def shipped_lines(self) -> dict[str, int]:
        """Line quantities that were asked for and left all the same."""
        return total([*(same.shipped for same in self.goods), self.already_shipped])

    @property
    def returned_lines(self) -> dict[str, int]:
        """Line quantities that left and are back. They stay shipped: the order system counts them so."""
        return total(same.returned for same in self.goods)

    @property
    def approved_lines(self) -> dict[str, int]:
        """Line quantities that left and are to be paid back because two people said so. Others that had left, and that were asked for after
        that, were shown to nobody."""
        shown = most(x.approved for x in self.refund_approvals)
        shipped = self.shipped_lines
        return {line: min(quantity, shipped[line]) for line, quantity in shown.items() if line in shipped}

    @property
    def left_and_due(self) -> dict[str, int]:
        """Line quantities that left and are to be paid back all the same."""
        return most([self.returned_lines, self.approved_lines])

    @property
    def on_their_way_back(self) -> list[Leg]:
        return [leg for leg in self.legs.values() if leg.intercept_pending]

    @property
    def refunded_lines(self) -> dict[str, int]:
        """Line quantities that this case has paid back, or may have."""
        return total(m.requested.fact.lines for m in self.moves.values() if m.done or m.pending)

    @property
    def refund_approved(self) -> bool:
        return bool(self.refund_approvals)

    @property
    def refund_approvals(self) -> list[ExceptionState]:
        """Two people said so after every leg had its end; what they answer to later questions takes nothing back, another end does."""
        ends = max((leg.settled.version for leg in self.legs.values() if leg.settled), default=0)
        return [
            x
            for x in self.exceptions.values()
            if x.resolved is not None
            and x.resolved.version > ends
            and x.resolved.fact.resolution == Resolution.REFUND_APPROVED
            and x.opened.fact.evidence.get("step") == PAYMENT_STEP
        ]

    @property
    def moves_on_one_word(self) -> list[MoveRecord]:
        """Moves that may have been made when the newest approval was one person's alone."""
        words = [x.resolved for x in self.exceptions.values() if x.resolved]
        approvals = [(x.version, x.fact) for x in words if x.fact.resolution == Resolution.REFUND_APPROVED]
        found = []
        for move in self.moves.values():
            before = [(version, fact) for version, fact in approvals if version < move.requested.version]
            if before and not move.failed and not max(before, key=lambda x: x[0])[1].approved_by:
                found.append(move)
        return found

    @property
    def disputed(self) -> list[str]:
        """Ids of disputes that the bank has not decided for the merchant: it decides about the money, or has given it back."""
        return [name for name, seen in self.disputes.items() if seen.fact.state != "won"]

    @property
    def claimed_by_returns(self) -> dict[str, int]:
        """Line quantities that other people's active returns ask money for."""
        return total(seen.fact.lines for seen in self.returns_seen.values() if seen.fact.active)

    @property
    def all_settled(self) -> bool:
        return all(leg.settled for leg in self.legs.values())

    @property
    def open_exceptions(self) -> list[ExceptionState]:
        return [x for x in self.exceptions.values() if x.open]

    def exception_of(self, leg_id: str) -> ExceptionState | None:
        """The open exception of a leg, or of the case as a whole for ""."""
        return next((x for x in self.open_exceptions if x.opened.fact.leg_id == leg_id), None)


def total(parts: Iterable[Quantities]) -> dict[str, int]:
    """Line quantities, added up."""
    added: dict[str, int] = {}
    for part in parts:
        for line, quantity in part.items():
            added[line] = added.get(line, 0) + quantity
    return added


def most(parts: Iterable[Quantities]) -> dict[str, int]:
    """The highest quantity of each line. What was asked about grows, and includes what earlier answers were about."""
    found: dict[str, int] = {}
    for part in parts:
        for line, quantity in part.items():
            found[line] = max(quantity, found.get(line, 0))
    return found


def subtract(left: Quantities, right: Quantities) -> dict[str, int]:
    """``left`` minus ``right``, without the lines that come to nothing."""
    rest = {line: quantity - right.get(line, 0) for line, quantity in left.items()}
    return {line: quantity for line, quantity in rest.items() if quantity > 0}


type Fold = Callable[[Case, At[Any]], None]
_FOLDS: dict[type[e.Event], Fold] = {}


def _on[T: e.Event](event: type[T]) -> Callable[[Callable[[Case, At[T]], None]], Callable[[Case, At[T]], None]]:
    def register(fold: Callable[[Case, At[T]], None]) -> Callable[[Case, At[T]], None]:
        _FOLDS[event] = fold
        return fold

    return register


def apply(case: Case, fact: e.Event, version: int, at: str, key: str = "", hash_: str = "") -> None:
    """Adds one event. A repeated key is a broken ledger, not a repeat to be skipped."""
    if key:
        if key in case.keys:
            raise ValueError(f"{case.case_id}: the fact {key} is recorded twice")
        case.keys.add(key)
    case.version, case.hash = version, hash_
    fold = _FOLDS.get(type(fact))
    if fold:
        fold(case, At(fact, version, at))


@_on(e.CaseOpened)
def _opened(case: Case, x: At[e.CaseOpened]) -> None:
    case.opened = x


@_on(e.RequestReceived)
def _request(case: Case, x: At[e.RequestReceived]) -> None:
    case.requests.append(x)
    case.withdrawn = None


@_on(e.ExecutionStarted)
def _execution(case: Case, x: At[e.ExecutionStarted]) -> None:
    case.executions.append(x)


@_on(e.Classified)
def _classified(case: Case, x: At[e.Classified]) -> None:
    case.classified = x


@_on(e.OrderRead)
def _order(case: Case, x: At[e.OrderRead]) -> None:
    case.found_cancelled = x.fact.cancelled if case.order is None else case.found_cancelled
    case.order = x
    for row in x.fact.lines:
        case.cancelled_before.setdefault(row["line_id"], row["cancelled"])


@_on(e.OrderNotFound)
def _not_found(case: Case, x: At[e.OrderNotFound]) -> None:
    case.not_found.append(x)


@_on(e.LinesAlreadyShipped)
def _already(case: Case, x: At[e.LinesAlreadyShipped]) -> None:
    case.already_shipped = dict(x.fact.lines)


@_on(e.LegPlanned)
def _planned(case: Case, x: At[e.LegPlanned]) -> None:
    f = x.fact
    kind = Fulfillment(f.fulfillment_type)
    plan = PlannedLeg(f.leg_id, f.warehouse, kind, f.external_ref, dict(f.lines), partner=f.partner)
    shipped = {row["line_id"]: row["shipped"] for row in case.order.fact.lines} if case.order else {}
    leg = Leg(plan, x, shipped_before=shipped)
    if f.warehouse in case.first_holds:
        leg.holds[f.warehouse] = case.first_holds[f.warehouse]
    case.legs[f.leg_id] = leg
    if f.called:
        case.called.add(f.leg_id)
    case.cancelled_by_hand = subtract(case.cancelled_by_hand, f.recreated)
    case.money_settled = None


@_on(e.LegSplit)
def _split(case: Case, x: At[e.LegSplit]) -> None:
    """Before the person's word, which is then about both. What was seen of the whole was seen of each part."""
    leg = case.legs[x.fact.leg_id]
    leg.plan = replace(leg.plan, lines=dict(x.fact.lines))
    rest = replace(leg, plan=replace(leg.plan, leg_id=x.fact.rest_id, lines=dict(x.fact.rest)), is_rest=True)
    rest.holds, rest.attempts, rest.settled = dict(leg.holds), {}, None
    rest.observations, rest.shipments = list(leg.observations), list(leg.shipments)
    rest.voids, rest.intercepts, rest.rest_id = {}, {}, ""
    leg.rest_id = x.fact.rest_id
    case.legs[x.fact.rest_id] = rest


@_on(e.HoldRequested)
def _hold_requested(case: Case, x: At[e.HoldRequested]) -> None:
    case.holds_requested[(x.fact.leg_id, x.fact.system)] = x


@_on(e.HoldAnswered)
def _hold(case: Case, x: At[e.HoldAnswered]) -> None:
    if x.fact.leg_id:
        case.legs[x.fact.leg_id].holds[x.fact.system] = x
        return
    case.first_holds[x.fact.system] = x
    case.first_heard[x.fact.system] = case.first_heard.get(x.fact.system, 0) + 1
    for leg in case.legs.values():
        if leg.plan.warehouse == x.fact.system:
            leg.holds[x.fact.system] = x


@_on(e.AddressChangeRequested)
def _address_requested(case: Case, x: At[e.AddressChangeRequested]) -> None:
    case.address_requested[x.fact.exception_id] = x


@_on(e.AddressChanged)
def _address_changed(case: Case, x: At[e.AddressChanged]) -> None:
    case.address_changed[x.fact.exception_id] = x


@_on(e.HoldReleased)
def _released(case: Case, x: At[e.HoldReleased]) -> None:
    case.holds_requested.pop((x.fact.leg_id, x.fact.system), None)
    if not x.fact.leg_id:
        case.first_holds.pop(x.fact.system, None)
        case.first_lifted[x.fact.system] = case.first_lifted.get(x.fact.system, 0) + 1
    for leg in case.legs.values():
        if x.fact.leg_id in ("", leg.plan.leg_id):
            leg.holds.pop(x.fact.system, None)
            leg.lifted += 1


@_on(e.PickStateObserved)
def _observed(case: Case, x: At[e.PickStateObserved]) -> None:
    case.legs[x.fact.leg_id].observations.append(x)


@_on(e.Decided)
def _decided(case: Case, x: At[e.Decided]) -> None:
    case.legs[x.fact.leg_id].decided = x


@_on(e.StopShipRequested)
def _stop_requested(case: Case, x: At[e.StopShipRequested]) -> None:
    case.legs[x.fact.leg_id].attempts[x.fact.attempt] = StopAttempt(x)


@_on(e.StopShipSent)
def _stop_sent(case: Case, x: At[e.StopShipSent]) -> None:
    case.legs[x.fact.leg_id].attempts[x.fact.attempt].sent = x


@_on(e.StopShipFailed)
def _stop_failed(case: Case, x: At[e.StopShipFailed]) -> None:
    case.legs[x.fact.leg_id].attempts[x.fact.attempt].failed.append(x)


@_on(e.StopShipRepeated)
def _stop_repeated(case: Case, x: At[e.StopShipRepeated]) -> None:
    case.legs[x.fact.leg_id].attempts[x.fact.attempt].repeats.append(x)


@_on(e.StopReminderRequested)
def _reminder_requested(case: Case, x: At[e.StopReminderRequested]) -> None:
    case.legs[x.fact.leg_id].attempts[x.fact.attempt].reminders.append(x)


@_on(e.StopReminderFailed)
def _reminder_failed(case: Case, x: At[e.StopReminderFailed]) -> None:
    case.legs[x.fact.leg_id].attempts[x.fact.attempt].reminders_failed.append(x)


@_on(e.StopReminderSent)
def _reminded(case: Case, x: At[e.StopReminderSent]) -> None:
    case.legs[x.fact.leg_id].attempts[x.fact.attempt].reminded = x


@_on(e.AcknowledgementReceived)
def _acknowledged(case: Case, x: At[e.AcknowledgementReceived]) -> None:
    case.legs[x.fact.leg_id].attempts[x.fact.attempt].answers.append(x)


@_on(e.SilenceRecorded)
def _silence(case: Case, x: At[e.SilenceRecorded]) -> None:
    case.legs[x.fact.leg_id].attempts[x.fact.attempt].silence = x


@_on(e.ShipmentSeen)
def _shipment(case: Case, x: At[e.ShipmentSeen]) -> None:
    if x.fact.leg_id in case.legs:
        case.legs[x.fact.leg_id].shipments.append(x)


@_on(e.CarrierRead)
def _carrier_read(case: Case, x: At[e.CarrierRead]) -> None:
    case.legs[x.fact.leg_id].carrier = x


@_on(e.LabelVoidRequested)
def _void_requested(case: Case, x: At[e.LabelVoidRequested]) -> None:
    case.legs[x.fact.leg_id].voids[x.fact.parcel] = VoidRecord(x)


@_on(e.LabelVoidAnswered)
def _void_answered(case: Case, x: At[e.LabelVoidAnswered]) -> None:
    case.legs[x.fact.leg_id].voids[x.fact.parcel].answered = x


@_on(e.InterceptRequested)
def _intercept_requested(case: Case, x: At[e.InterceptRequested]) -> None:
    case.legs[x.fact.leg_id].intercepts[x.fact.parcel] = InterceptState(x)


@_on(e.InterceptAnswered)
def _intercept_answered(case: Case, x: At[e.InterceptAnswered]) -> None:
    case.legs[x.fact.leg_id].intercepts[x.fact.parcel].answered = x


@_on(e.InterceptEnded)
def _intercept_ended(case: Case, x: At[e.InterceptEnded]) -> None:
    case.legs[x.fact.leg_id].intercept_end = x
    if x.fact.end == "returned":
        case.money_settled = None


@_on(e.LegSettled)
def _settled(case: Case, x: At[e.LegSettled]) -> None:
    leg = case.legs[x.fact.leg_id]
    leg.settled = x
    leg.was_stopped = leg.was_stopped or leg.outcome in ENDS_WITHOUT_SHIPMENT


@_on(e.LegReopened)
def _leg_reopened(case: Case, x: At[e.LegReopened]) -> None:
    leg = case.legs[x.fact.leg_id]
    leg.settled = None
    if x.fact.anew:
        _begin_anew(leg, x.version)
    else:
        case.called.add(x.fact.leg_id)
    case.money_settled = None


def _begin_anew(leg: Leg, version: int) -> None:
    """What was seen and answered before belongs to the attempt that is over."""
    leg.retries, leg.retried_at = max(leg.attempts, default=0), version
    leg.human = None


@_on(e.LegsTakenUp)
def _taken_up(case: Case, x: At[e.LegsTakenUp]) -> None:
    case.called.difference_update(x.fact.legs)


@_on(e.ExceptionOpened)
def _exception(case: Case, x: At[e.ExceptionOpened]) -> None:
    fact = x.fact
    state = ExceptionState(x, fact.owner, fact.deadline, fact.clock_from or x.at, fact.person)
    if not fact.leg_id:
        state.about = _asked_about(case, fact.cause)
    case.exceptions[fact.exception_id] = state


def _asked_about(case: Case, cause: str) -> AskedAbout:
    return AskedAbout(
        stopped=case.stopped_lines,
        left=case.shipped_lines if cause == Cause.SHIPPED_REFUND_REQUESTED else case.left_and_due,
        paid=total(m.requested.fact.lines for m in case.moves.values() if m.done),
    )


@_on(e.ExceptionEscalated)
def _escalated(case: Case, x: At[e.ExceptionEscalated]) -> None:
    state = case.exceptions[x.fact.exception_id]
    state.kept = state.kept + 1 if x.fact.owner == state.owner else 0
    state.owner, state.deadline, state.escalations = x.fact.owner, x.fact.deadline, x.fact.level
    state.person, state.since, state.spent, state.snoozed = x.fact.person, x.at, 0, None


@_on(e.NoticeRequested)
def _notice_requested(case: Case, x: At[e.NoticeRequested]) -> None:
    told, place = case.exceptions[x.fact.exception_id].told, (x.fact.period, x.fact.level)
    told[place] = NoticeState(x, set(x.fact.ways), told[place].tries + 1 if place in told else 1)


@_on(e.NoticeSent)
def _notice_sent(case: Case, x: At[e.NoticeSent]) -> None:
    case.exceptions[x.fact.exception_id].told[x.fact.period, x.fact.level].unknown.discard(x.fact.way)


@_on(e.ExceptionReassigned)
def _reassigned(case: Case, x: At[e.ExceptionReassigned]) -> None:
    state = case.exceptions[x.fact.exception_id]
    state.owner, state.person = x.fact.owner, x.fact.person


@_on(e.ExceptionSnoozed)
def _snoozed(case: Case, x: At[e.ExceptionSnoozed]) -> None:
    state = case.exceptions[x.fact.exception_id]
    state.snoozed, state.since, state.spent = x, x.fact.until, x.fact.spent_seconds
    state.deadline = x.fact.deadline


@_on(e.ResolutionProposed)
def _proposed(case: Case, x: At[e.ResolutionProposed]) -> None:
    case.exceptions[x.fact.exception_id].proposed = x


@_on(e.ResolutionDenied)
def _denied(case: Case, x: At[e.ResolutionDenied]) -> None:
    case.exceptions[x.fact.exception_id].proposed = None


@_on(e.ExceptionResolved)
def _resolved(case: Case, x: At[e.ExceptionResolved]) -> None:
    state = case.exceptions[x.fact.exception_id]
    state.resolved = x
    if x.fact.resolution == Resolution.REFUND_APPROVED:
        state.approved = case.shipped_lines
    if x.fact.by.startswith("evidence:"):
        return
    leg = case.legs.get(state.opened.fact.leg_id)
    if leg is None:
        _give_up(case, state, x.fact.resolution)
        case.case_human = x
        case.withdrawn = x if x.fact.resolution == Resolution.WITHDRAWN else case.withdrawn
    elif x.fact.resolution == Resolution.MARK_FRAUD and state.opened.fact.cause == "fraud_without_evidence":
        # The goods are stopped, and only the document was missing.
        leg.human = None
    elif x.fact.resolution in (Resolution.RETRY, Resolution.MARK_FRAUD):
        _begin_anew(leg, x.version)
    elif x.fact.resolution == Resolution.INTERCEPT:
        leg.intercept_wanted, leg.human = x, None
    else:
        leg.human = x
        if x.fact.resolution == Resolution.STOPPED_IN_PART and leg.rest_id:
            # What was split off before had its own word.
            case.legs[leg.rest_id].human = x


def _give_up(case: Case, state: ExceptionState, resolution: str) -> None:
    """Money that a person has seen to, or that is not to move, is not asked for again."""
    if state.opened.fact.evidence.get("step") == PAYMENT_STEP and resolution in ENDS_MONEY:
        for move in case.moves.values():
            move.given_up = move.given_up or move.pending


@_on(e.CancelWeighed)
def _weighed(case: Case, x: At[e.CancelWeighed]) -> None:
    case.weighed.append(x)


@_on(e.OrderCancelRequested)
def _cancel_requested(case: Case, x: At[e.OrderCancelRequested]) -> None:
    case.cancel_requested, case.cancel_submitted, case.cancel_refused = x, None, None
    case.cancelled = None


@_on(e.OrderCancelSubmitted)
def _cancel_submitted(case: Case, x: At[e.OrderCancelSubmitted]) -> None:
    case.cancel_submitted = x


@_on(e.SubmissionEnded)
def _submission_ended(case: Case, x: At[e.SubmissionEnded]) -> None:
    case.submissions_ended.add(x.fact.reference)


@_on(e.OrderCancelRefused)
def _cancel_refused(case: Case, x: At[e.OrderCancelRefused]) -> None:
    case.cancel_refused = x


@_on(e.OrderCancelled)
def _cancelled(case: Case, x: At[e.OrderCancelled]) -> None:
    case.cancelled = x
    if x.fact.reference == BY_HAND:
        case.cancelled_by_hand = subtract(x.fact.lines, case.cancels_taken)
    else:
        case.cancels_taken = subtract(x.fact.lines, case.cancelled_by_hand)


@_on(e.LinesCounted)
def _counted(case: Case, x: At[e.LinesCounted]) -> None:
    case.counted[x.fact.system, x.fact.moment] = x


@_on(e.ErpHoldRequested)
def _erp_hold_requested(case: Case, x: At[e.ErpHoldRequested]) -> None:
    case.erp_hold_requested = x
    case.erp_holds.setdefault(x.fact.hold, False)


@_on(e.ErpHoldAnswered)
def _erp_hold_answered(case: Case, x: At[e.ErpHoldAnswered]) -> None:
    """Two legs may ask for the same hold: that one of them did not get it says nothing of the other's."""
    hold, asked = x.fact.hold, case.erp_hold_requested
    case.erp_hold_answered = x
    if x.fact.level == "released" or (x.fact.level == "held" and _let_go(case, hold)):
        case.erp_holds.pop(hold, None)
    elif x.fact.level == "held":
        case.erp_holds[hold] = True
    elif x.fact.level == "in_doubt":
        case.erp_holds.setdefault(hold, False)
    elif asked and asked.fact.attempt == x.fact.attempt and not case.erp_holds.get(hold):
        case.erp_holds.pop(hold, None)


def _let_go(case: Case, hold: str) -> bool:
    """Step 6 let go of it while its answer was on its way."""
    asked, ended = case.erp_hold_requested, case.erp_requested
    return ended is not None and hold in ended.fact.release and (asked is None or ended.version > asked.version)


@_on(e.ErpUpdateRequested)
def _erp_requested(case: Case, x: At[e.ErpUpdateRequested]) -> None:
    case.erp_requested = x
    if x.fact.hold:
        case.erp_holds.setdefault(x.fact.hold, False)


@_on(e.ErpUpdated)
def _erp_updated(case: Case, x: At[e.ErpUpdated]) -> None:
    case.erp_updated.append(x)
    if x.fact.hold:
        case.erp_holds[x.fact.hold] = True
    for hold in x.fact.released:
        case.erp_holds.pop(hold, None)


@_on(e.ErpSkipped)
def _erp_skipped(case: Case, x: At[e.ErpSkipped]) -> None:
    case.erp_skipped = x


@_on(e.RefundQuoted)
def _quoted(case: Case, x: At[e.RefundQuoted]) -> None:
    case.quote = x


@_on(e.MoneyRequested)
def _money_requested(case: Case, x: At[e.MoneyRequested]) -> None:
    case.moves[x.fact.money_key] = MoveRecord(x)


@_on(e.MoneyMoved)
def _money_moved(case: Case, x: At[e.MoneyMoved]) -> None:
    case.moves[x.fact.money_key].moved = x


@_on(e.MoneyFailed)
def _money_failed(case: Case, x: At[e.MoneyFailed]) -> None:
    case.moves[x.fact.money_key].failed = x


@_on(e.MoneySettled)
def _money_settled(case: Case, x: At[e.MoneySettled]) -> None:
    case.money_settled = x


@_on(e.PaymentSeen)
def _payment_seen(case: Case, x: At[e.PaymentSeen]) -> None:
    case.payment_seen = x


@_on(e.MessageRequested)
def _message_requested(case: Case, x: At[e.MessageRequested]) -> None:
    case.message_requests[x.fact.template] = x
    case.message_tries[x.fact.template] = case.message_tries.get(x.fact.template, 0) + 1


@_on(e.MessageNotSent)
def _message_not_sent(case: Case, x: At[e.MessageNotSent]) -> None:
    case.message_requests.pop(x.fact.template, None)
    case.messages_not_sent.setdefault(x.fact.template, []).append(x.version)


@_on(e.MessageSent)
def _message(case: Case, x: At[e.MessageSent]) -> None:
    case.messages[x.fact.template] = x


@_on(e.TicketAnswerRequested)
def _ticket_requested(case: Case, x: At[e.TicketAnswerRequested]) -> None:
    case.tickets[_ticket(x.fact)] = TicketState(x)


@_on(e.TicketAnswerFailed)
def _ticket_failed(case: Case, x: At[e.TicketAnswerFailed]) -> None:
    case.tickets[_ticket(x.fact)].failed.append(x.version)


@_on(e.TicketAnswered)
def _ticket_answered(case: Case, x: At[e.TicketAnswered]) -> None:
    case.tickets[_ticket(x.fact)].answered = x


def _ticket(fact: e.TicketAnswerRequested | e.TicketAnswerFailed | e.TicketAnswered) -> tuple[str, str, str]:
    return fact.system, fact.ticket_ref, fact.template


@_on(e.MailAnswerRequested)
def _mail_answer_requested(case: Case, x: At[e.MailAnswerRequested]) -> None:
    if not case.requests:
        case.mail_question = x


@_on(e.ReturnOpened)
def _return(case: Case, x: At[e.ReturnOpened]) -> None:
    case.returns.append(x)


@_on(e.OrderChangeSeen)
def _change_seen(case: Case, x: At[e.OrderChangeSeen]) -> None:
    case.change_seen = x


@_on(e.DisputeSeen)
def _dispute_seen(case: Case, x: At[e.DisputeSeen]) -> None:
    case.disputes[x.fact.reference] = x


@_on(e.ReturnSeen)
def _return_seen(case: Case, x: At[e.ReturnSeen]) -> None:
    case.returns_seen[x.fact.reference] = x


@_on(e.CaseClosed)
def _closed(case: Case, x: At[e.CaseClosed]) -> None:
    case.closed = x


@_on(e.CaseReopened)
def _case_reopened(case: Case, x: At[e.CaseReopened]) -> None:
    case.reopened.append(x)
    case.closed = None


def effective_state(leg: Leg, now: str, freshness_seconds: int) -> tuple[PickState, int]:
    """The leg's pick state as far as it may be believed now, and the version of the evidence.

    A reading older than the freshness limit is unknown, never "not picked". A label seen by signal counts as labelled, and a
    warehouse that does not know takes nothing back.
    """
    from stopship.domain.instant import seconds_between

    labels = [s for s in leg.shipments if not s.fact.departed]
    latest = leg.observation
    if labels and (latest is None or latest.fact.state == PickState.UNKNOWN or labels[-1].version > latest.version):
        return PickState.LABELLED, labels[-1].version
    if latest is None:
        return PickState.UNKNOWN, 0
    if seconds_between(latest.fact.observed_at, now) > freshness_seconds:
        return PickState.UNKNOWN, latest.version
    return PickState(latest.fact.state), latest.version


def fold(merchant: str, case_id: str, recorded: Any) -> Case:
    """The case from its recorded events (objects with ``event``, ``version``, ``at``, ``key``, ``hash``)."""
    case = Case(merchant, case_id)
    for item in recorded:
        apply(case, item.event, item.version, item.at, item.key, item.hash)
    return case


def lines_of(order: Mapping[str, Any] | e.OrderRead) -> dict[str, int]:
    """Ordered quantity per line."""
    rows = order.lines if isinstance(order, e.OrderRead) else order["lines"]
    return {row["line_id"]: row["ordered"] for row in rows}
