"""Stateful partners: what they say follows from the order's physical truth and from the manner that was switched on."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from stopship.application.ports import (
    CancelCommand,
    CancelProgress,
    CancelState,
    ErpLine,
    ErpUpdate,
    MoveAnswer,
    Place,
    SalesOrder,
    StopCommand,
)
from stopship.domain.address import ShippingAddress
from stopship.domain.carrier import Parcel
from stopship.domain.case import subtract, total
from stopship.domain.errors import PartnerRefused
from stopship.domain.money import (
    MoneyMove,
    MoveKind,
    MoveState,
    PaymentSnapshot,
    RefundQuote,
    Transaction,
    TransactionKind,
    TransactionStatus,
)
from stopship.domain.order import (
    PRE_PICK,
    AckLevel,
    OrderLine,
    OrderSnapshot,
    Payment,
    PickObservation,
    PickState,
    PlannedLeg,
    Quantities,
    StopAnswer,
)
from tests.fakes.carriers import FakeCarrier
from tests.fakes.help_desk import FakeTickets
from tests.fakes.order_book import Order, Work

if TYPE_CHECKING:
    from tests.fakes.world import World


class Manner(StrEnum):
    """How a warehouse takes a stop-ship."""

    PROMPT = "prompt"
    """The final answer comes with the call."""
    CALLBACK = "callback"
    SILENT = "silent"
    """Takes the message, does nothing, says nothing."""
    LATE = "late"
    """Acts, and answers after the deadline."""
    FALSE_OK = "false_ok"
    """Says cancelled in the system, and goes on picking."""
    REJECT = "reject"
    PARTIAL = "partial"


@dataclass
class FakeOrderSystem:
    """``confirms_after`` seconds makes a cancel a submitted one first, 0 is at once. ``recreates`` counts how often cancelled work comes back."""

    world: "World"
    confirms_after: float = 0
    announces: bool = False
    """Says that it will tell when a submitted cancel is through."""
    recreates: int = 0
    recreated_state: PickState = PickState.RELEASED
    holds_supported: bool = True
    opens_returns: bool = True
    only_place: str = ""
    """The warehouse that all orders ship from, where the system knows that beforehand."""
    counts_late: float = 0
    """So many seconds after a cancel its lines are still counted as open."""
    restocked: dict[str, int] = field(default_factory=dict)
    """Pieces for sale again, by line, over all orders."""
    told: list[tuple[str, bool]] = field(default_factory=list)
    """Reason, and whether the buyer's own request is behind it, of every cancel that was asked for."""
    _done: dict[str, CancelProgress] = field(default_factory=dict)
    _submitted: dict[str, float] = field(default_factory=dict)
    _counted_until: dict[str, float] = field(default_factory=dict)
    _returns: dict[str, str] = field(default_factory=dict)
    cancelled_for: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)

    def read_order(self, order_ref: str) -> OrderSnapshot | None:
        return self.world.call("store.read_order", lambda: self._snapshot(order_ref))

    def _snapshot(self, order_ref: str) -> OrderSnapshot | None:
        order = self.world.orders.get(order_ref)
        if order is None or not order.known:
            return None
        shown = [w for w in order.works if w.listed and (order.store_lags or not w.gone)]
        shipped = subtract(order.shipped_lines, total(w.rest for w in shown if w.gone))
        lines = tuple(
            OrderLine(
                x,
                f"sku-{x}",
                q,
                shipped.get(x, 0),
                self._cancelled(order, x, q - shipped.get(x, 0)),
                *order.bundle_of(x),
            )
            for x, q in order.lines.items()
        )
        legs = tuple(
            PlannedLeg(
                w.leg_id,
                w.warehouse,
                order.fulfillment_type,
                self._ref(w),
                subtract(w.lines, w.taken_out),
                departed=w.gone,
            )
            for w in shown
        )
        return OrderSnapshot(
            self.world.channel,
            order_ref,
            f"#{order_ref}",
            lines,
            legs,
            order.total,
            order.currency,
            self.world.clock.now(),
            cancelled=order.cancelled,
            vip=order.vip,
            risk=order.risk,
            places=tuple({w.warehouse for w in order.works}),
            payment=Payment.MADE
            if any(t.status is TransactionStatus.SUCCESS for t in order.transactions)
            else Payment.OPEN,
            signs=order.signs,
            language=order.language,
        )

    def _cancelled(self, order: Order, line: str, rest: int) -> int:
        if self.world.seconds < self._counted_until.get(order.ref, 0):
            return 0
        return rest if order.cancelled else order.cancelled_lines.get(line, 0)

    def _ref(self, work: Work) -> str:
        """Whoever knows one place only has no pieces of work to hold."""
        return "" if self.only_place else f"gid:{work.leg_id}"

    def expected_work(self, order_ref: str) -> tuple[str, str] | None:
        return (self.only_place, f"fo-{order_ref}") if self.only_place else None

    def place_hold(self, order_ref: str, leg: PlannedLeg, key: str) -> StopAnswer:
        def run() -> StopAnswer:
            if not self.holds_supported:
                return StopAnswer(AckLevel.REJECTED, "shopify", reason="no_holds")
            self.world.did("store.hold", order_ref, leg.leg_id, key)
            return StopAnswer(AckLevel.ACCEPTED, "shopify", reference=f"hold-{leg.leg_id}")

        return self.world.call("store.place_hold", run)

    def release_hold(self, order_ref: str, leg: PlannedLeg, key: str) -> None:
        self.world.call("store.release_hold", lambda: self.world.did("store.release", order_ref, leg.leg_id, key))

    def change_address(self, order_ref: str, address: ShippingAddress, key: str) -> None:
        def run() -> None:
            order = self.world.orders[order_ref]
            if order.address != address:
                order.address = address
                self.world.did("store.address", order_ref, address.sha256, key)

        self.world.call("store.change_address", run)

    def cancel(self, command: CancelCommand) -> CancelProgress:
        self.told.append((command.reason, command.official))
        return self.world.call("store.cancel", lambda: self._cancel(command))

    def _cancel(self, command: CancelCommand) -> CancelProgress:
        order = self.world.orders[command.order_ref]
        if order.cancelled:
            return CancelProgress(CancelState.DONE, "before", by_us=False)
        if self.confirms_after and command.key not in self._submitted:
            self._submitted[command.key] = self.world.seconds + self.confirms_after
            return CancelProgress(CancelState.SUBMITTED, f"feed-{command.key}", announced=self.announces)
        if command.key in self._submitted and self.world.seconds < self._submitted[command.key]:
            return CancelProgress(CancelState.SUBMITTED, f"feed-{command.key}", announced=self.announces)
        if command.key not in self._done:
            self._done[command.key] = self._take_out(order, command)
        return self._done[command.key]

    def confirm_all(self) -> None:
        """Whatever was submitted is through."""
        self._submitted = dict.fromkeys(self._submitted, 0.0)

    def _take_out(self, order: Order, command: CancelCommand) -> CancelProgress:
        place = (command.case_id, command.order_ref)
        before = self.cancelled_for.setdefault(place, {})
        for line, quantity in command.lines.items():
            more = quantity - before.get(line, 0)
            rest = order.lines[line] - order.shipped_lines.get(line, 0) - order.cancelled_lines.get(line, 0)
            if more > rest:
                raise PartnerRefused("store", "QUANTITY", f"only {rest} of {line} are open")
            order.cancelled_lines[line] = order.cancelled_lines.get(line, 0) + max(0, more)
            order.take_out(line, max(0, more))
            if command.restock:
                self.restocked[line] = self.restocked.get(line, 0) + max(0, more)
            before[line] = max(quantity, before.get(line, 0))
        if command.full:
            order.cancelled = True
            if order.cancel_voids:
                self.world.payments.void_all(order)
        self.world.did("store.cancel", command.order_ref, dict(command.lines), command.key)
        self._counted_until[order.ref] = self.world.seconds + self.counts_late
        if self.recreates:
            self.recreates -= 1
            old = next((w for w in order.works if w.taken_out), order.works[0])
            order.cancelled = False
            name = f"{old.leg_id}-again{self.recreates}"
            lines = dict(old.taken_out) or dict(old.lines)
            order.works.append(Work(name, old.warehouse, lines, self.recreated_state))
        return CancelProgress(CancelState.DONE, f"cancel-{command.key}")

    def read_cancel(self, command: CancelCommand, reference: str) -> CancelProgress:
        return self.world.call("store.read_cancel", lambda: self._cancel(command))

    def open_return(self, order_ref: str, lines: Quantities, key: str) -> str:
        def run() -> str:
            if not self.opens_returns:
                return ""
            if key not in self._returns:
                self._returns[key] = f"return-{len(self._returns) + 1}"
                self.world.did("store.return", order_ref, dict(lines), key)
            return self._returns[key]

        return self.world.call("store.open_return", run)

    def parcels(self, order_ref: str) -> list[Parcel]:
        return self.world.call("store.parcels", lambda: list(self.world.orders[order_ref].parcels))

    def contact(self, order_ref: str) -> str:
        return self.world.call("store.contact", lambda: self.world.orders[order_ref].contact)


@dataclass
class FakeWarehouse:
    """``believes`` overrides what it reports about a leg, ``counts_shipped`` is what it reports as shipped of it. ``answers_after`` is the
    delay of a callback in seconds."""

    world: "World"
    name: str
    manner: Manner = Manner.PROMPT
    answers_after: float = 60
    tells_again: float = 0
    """After how many seconds an answer to the callback comes once more; 0 for never."""
    believes: dict[str, PickState] = field(default_factory=dict)
    counts_shipped: dict[str, int] = field(default_factory=dict)
    reading_age: float = 0
    says: str = ""
    """Its own word for a state that nobody knows."""
    tells: list[Parcel] = field(default_factory=list)
    """What it tells of its parcels, where the store does not."""
    takes_holds: bool = True
    _answers: dict[str, StopAnswer] = field(default_factory=dict)

    def _works(self, order_ref: str, leg_id: str = "") -> list[Work]:
        order = self.world.orders.get(order_ref)
        works = order.works if order else []
        return [w for w in works if w.warehouse == self.name and leg_id in ("", w.leg_id)]

    def place_hold(self, case_id: str, order_ref: str, key: str) -> StopAnswer:
        def run() -> StopAnswer:
            works = self._works(order_ref)
            if not self.takes_holds:
                return StopAnswer(AckLevel.REJECTED, self.name, reason="no_holds")
            if not works:
                return StopAnswer(AckLevel.REJECTED, self.name, reason="unknown_order")
            for work in works:
                work.held = True
            self.world.did(f"{self.name}.hold", order_ref, "", key)
            return StopAnswer(AckLevel.ACCEPTED, self.name, reference="held")

        return self.world.call(f"{self.name}.place_hold", run)

    def release_hold(self, case_id: str, order_ref: str, key: str) -> None:
        def run() -> None:
            for work in self._works(order_ref):
                work.held = False
            self.world.did(f"{self.name}.release", order_ref, "", key)

        self.world.call(f"{self.name}.release_hold", run)

    def read_pick_state(self, order_ref: str, leg_id: str) -> PickObservation:
        def run() -> PickObservation:
            works = self._works(order_ref, leg_id)
            now = self.world.ago(self.reading_age)
            if not works:
                return PickObservation(PickState.UNKNOWN, self.name, now)
            state = self.believes.get(works[0].leg_id, works[0].state)
            shipped, left_at = dict(self.counts_shipped), works[0].left_at
            return PickObservation(state, self.name, now, "", shipped, left_at, self.says)

        return self.world.call(f"{self.name}.read_pick_state", run)

    def parcels(self, order_ref: str, leg_id: str) -> list[Parcel]:
        def run() -> list[Parcel]:
            return [x for x in self.tells if leg_id in ("", *x.works)]

        return self.world.call(f"{self.name}.parcels", run)

    def stop_ship(self, command: StopCommand) -> StopAnswer:
        return self.world.call(f"{self.name}.stop_ship", lambda: self._stop(command))

    def _stop(self, command: StopCommand) -> StopAnswer:
        if command.key in self._answers:
            return self._answers[command.key]
        final = self._act(command)
        answer = final if self.manner in (Manner.PROMPT, Manner.FALSE_OK) else StopAnswer(AckLevel.ACCEPTED, self.name)
        self._answers[command.key] = answer
        if answer is not final and self.manner is not Manner.SILENT:
            for after in (0, self.tells_again) if self.tells_again else (0,):
                self.world.agenda.after(
                    self._delay(command) + after, lambda: self.world.callback(command.callback_url, final)
                )
        return answer

    def _delay(self, command: StopCommand) -> float:
        late = self.world.seconds_until(command.deadline) + 600
        return late if self.manner is Manner.LATE else self.answers_after

    def _act(self, command: StopCommand) -> StopAnswer:
        works = self._works(command.order_ref, command.leg_id)
        now = self.world.clock.now()
        if not works or self.manner is Manner.REJECT or works[0].gone:
            state = works[0].state if works else PickState.UNKNOWN
            return StopAnswer(AckLevel.REJECTED, self.name, state, now, reason="too_late")
        if self.manner is Manner.SILENT:
            return StopAnswer(AckLevel.SILENT, self.name)
        if self.manner is Manner.FALSE_OK:
            for work in works:
                work.state = PickState.PICKING
            return StopAnswer(AckLevel.SYSTEM_CANCELLED, self.name, PickState.RELEASED, now)
        if self.manner is Manner.PARTIAL:
            return StopAnswer(AckLevel.PHYSICALLY_STOPPED, self.name, works[0].state, now, partial=True)
        before = [w for w in works if w.state in PRE_PICK]
        level = AckLevel.SYSTEM_CANCELLED if len(before) == len(works) else AckLevel.PHYSICALLY_STOPPED
        if level is AckLevel.PHYSICALLY_STOPPED and not command.physical:
            return StopAnswer(AckLevel.REJECTED, self.name, works[0].state, now, reason="already_picked")
        for work in works:
            work.keep(command.lines if command.leg_id else None)
            self.world.did(f"{self.name}.stop", command.order_ref, work.leg_id, command.key)
        less = bool(subtract(command.lines, total(work.lines for work in works)))
        reference = f"ack-{command.leg_id}"
        return StopAnswer(level, self.name, works[0].state, now, actor="dock", reference=reference, partial=less)


@dataclass
class FakeErp:
    """A sales order with one line for each order line. ``billed_behind`` leaves fulfilled lines unbilled."""

    world: "World"
    known: bool = True
    without: set[str] = field(default_factory=set)
    fulfilled: dict[str, int] = field(default_factory=dict)
    billed: dict[str, int] = field(default_factory=dict)
    closed: dict[str, set[int]] = field(default_factory=dict)
    reduced: dict[str, dict[int, int]] = field(default_factory=dict)
    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    holds: dict[str, set[str]] = field(default_factory=dict)
    """Hold types by order, whoever set them."""
    somebody_else: dict[int, int] = field(default_factory=dict)
    """Line quantities that another integration writes at the moment of our own write."""

    def read_sales_order(self, order_ref: str) -> SalesOrder | None:
        return self.world.call("erp.read_sales_order", lambda: self._order(order_ref))

    def _order(self, order_ref: str) -> SalesOrder | None:
        order = self.world.orders.get(order_ref)
        if order is None or not self.known:
            return None
        closed = self.closed.get(order_ref, set())
        lines = tuple(
            ErpLine(
                number,
                line,
                f"sku-{line}",
                self.reduced.get(order_ref, {}).get(number, quantity),
                self.fulfilled.get(line, 0),
                self.billed.get(line, 0),
                number in closed,
            )
            for number, (line, quantity) in enumerate(order.lines.items(), start=1)
            if line not in self.without
        )
        holds = frozenset(self.holds.get(order_ref, ()))
        return SalesOrder(order_ref, "B", lines, self.fields.get(order_ref, {}), holds)

    def update(self, order: SalesOrder, update: ErpUpdate) -> SalesOrder:
        def run() -> SalesOrder:
            ref = order.record_id
            self.closed.setdefault(ref, set()).update(update.close)
            self.reduced.setdefault(ref, {}).update({**update.reduce, **self.somebody_else})
            self.fields[ref] = {**self.fields.get(ref, {}), **update.fields}
            self._set_holds(ref, update)
            if update.note:
                self.world.did("erp.update", ref, [*update.close, *update.reduce], update.fields["final_outcome"])
            after = self._order(ref)
            if after is None:
                raise PartnerRefused("erp", "GONE", "no such record")
            return after

        return self.world.call("erp.update", run)

    def _set_holds(self, ref: str, update: ErpUpdate) -> None:
        holds = self.holds.setdefault(ref, set())
        for hold in {update.hold} - {""} - holds:
            self.world.did("erp.hold", ref, hold, "")
        for hold in holds & set(update.release):
            self.world.did("erp.release", ref, hold, "")
        holds |= {update.hold} - {""}
        holds -= set(update.release)


@dataclass
class FakePayments:
    """``pending_for`` seconds a refund stays pending; ``fails`` makes the next so many refunds fail (after the wait, if any); ``part`` is how
    much of the next one moves, while the rest fails."""

    world: "World"
    pending_for: float = 0
    fails: int = 0
    part: Decimal = Decimal(0)
    never: bool = False
    announces: bool = False
    expected: int = 0
    _moves: dict[str, tuple[float, MoneyMove, bool]] = field(default_factory=dict)
    _ended: dict[str, MoveAnswer] = field(default_factory=dict)

    def read(self, order_ref: str) -> PaymentSnapshot:
        return self.world.call("payments.read", lambda: self._read(order_ref))

    def _read(self, order_ref: str) -> PaymentSnapshot:
        order = self.world.orders[order_ref]
        return PaymentSnapshot(
            order.currency,
            tuple(order.transactions),
            self.world.clock.now(),
            dict(order.refunded_lines),
            dispute_open=order.dispute,
        )

    def quote(self, order_ref: str, lines: Quantities) -> RefundQuote:
        def run() -> RefundQuote:
            order = self.world.orders[order_ref]
            return RefundQuote(order.price * sum(lines.values()), order.currency, dict(lines))

        return self.world.call("payments.quote", run)

    def void_all(self, order: Order) -> None:
        for transaction in self._read(order.ref).open_authorizations:
            self._void(order, transaction.transaction_id, "by_cancel")

    def _void(self, order: Order, parent: str, key: str) -> None:
        amount = next(t.amount for t in order.transactions if t.transaction_id == parent)
        order.transactions.append(
            Transaction(
                f"void-{len(order.transactions)}",
                TransactionKind.VOID,
                TransactionStatus.SUCCESS,
                amount,
                order.currency,
                parent,
                key=key,
            )
        )
        self.world.did("payments.void", order.ref, str(amount), key)

    def move(self, order_ref: str, move: MoneyMove) -> MoveAnswer:
        return self.world.call("payments.move", lambda: self._move(self.world.orders[order_ref], move))

    def _move(self, order: Order, move: MoneyMove) -> MoveAnswer:
        if move.key in self._ended:
            return self._ended[move.key]
        if move.kind is MoveKind.VOID:
            if move.parent_id not in {t.transaction_id for t in self._read(order.ref).open_authorizations}:
                return MoveAnswer(MoveState.FAILED, code="NOT_VOIDABLE", message="it is captured or gone")
            self._void(order, move.parent_id, move.key)
            return self._end(move, MoveAnswer(MoveState.DONE, f"void-{move.key}"))
        if move.key not in self._moves:
            self._begin(order, move)
        due, _, fails = self._moves[move.key]
        if self.never or self.world.seconds < due:
            reference = f"refund-{move.key}"
            return MoveAnswer(MoveState.PENDING, reference, expected_seconds=self.expected, announced=self.announces)
        return self._finish(order, move, fails=fails)

    def _begin(self, order: Order, move: MoneyMove) -> None:
        if move.amount > self._read(order.ref).net_payment:
            raise PartnerRefused("payments", "TOO_MUCH", "more than was paid")
        fails, self.fails = self.fails > 0, max(0, self.fails - 1)
        self._moves[move.key] = (self.world.seconds + self.pending_for, move, fails)
        order.transactions.append(self._refund(order, move, TransactionStatus.PENDING))

    def _finish(self, order: Order, move: MoneyMove, *, fails: bool) -> MoveAnswer:
        order.transactions[:] = [t for t in order.transactions if t.key != move.key]
        if fails:
            order.transactions.append(self._refund(order, move, TransactionStatus.FAILURE))
            return self._end(move, MoveAnswer(MoveState.FAILED, code="DECLINED", message="the bank said no"))
        part, self.part = self.part, Decimal(0)
        done = replace(move, amount=part or move.amount)
        order.transactions.append(self._refund(order, done, TransactionStatus.SUCCESS))
        for line, quantity in move.lines.items():
            order.refunded_lines[line] = order.refunded_lines.get(line, 0) + quantity
        self.world.did("payments.refund", order.ref, str(done.amount), move.key)
        state = MoveState.PARTLY if part else MoveState.DONE
        return self._end(move, MoveAnswer(state, f"refund-{move.key}", moved=part or None))

    def _end(self, move: MoneyMove, answer: MoveAnswer) -> MoveAnswer:
        self._ended[move.key] = answer
        return answer

    @staticmethod
    def _refund(order: Order, move: MoneyMove, status: TransactionStatus) -> Transaction:
        kind = TransactionKind.REFUND
        return Transaction(f"refund-{move.key}", kind, status, move.amount, order.currency, key=move.key)


def captured(order: Order, amount: Decimal | None = None) -> None:
    """The order is paid: one direct sale."""
    order.transactions.append(
        Transaction(
            f"sale-{len(order.transactions)}",
            TransactionKind.CAPTURE,
            TransactionStatus.SUCCESS,
            order.total if amount is None else amount,
            order.currency,
        )
    )


def authorised(order: Order) -> None:
    """The money is reserved, not taken."""
    order.transactions.append(
        Transaction(
            f"auth-{len(order.transactions)}",
            TransactionKind.AUTHORIZATION,
            TransactionStatus.SUCCESS,
            order.total,
            order.currency,
        )
    )


def capture_authorised(order: Order) -> None:
    """The reserved money is taken."""
    first = order.transactions[0]
    order.transactions.append(
        replace(first, transaction_id="cap", kind=TransactionKind.CAPTURE, parent_id=first.transaction_id)
    )


@dataclass
class FakeBuyers:
    """A marketplace's messages. ``answer`` is what it says to the next ones, ``language`` what the buyer reads."""

    world: "World"
    answer: str = "sent"
    language: str = "en"

    def send(self, order_ref: str, texts: Mapping[str, str]) -> str:
        def run() -> str:
            if self.answer == "sent":
                self.world.did("buyer.message", order_ref, texts[self.language], "")
            return self.answer

        return self.world.call("buyers.send", run)


@dataclass
class FakePartners:
    world: "World"
    store: FakeOrderSystem
    named: dict[str, FakeWarehouse]
    first: list[str] = field(default_factory=list)
    has_erp: bool = True
    has_payments: bool = True
    mail_from: str = "desk@example.com"
    carriers: dict[str, FakeCarrier] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    """What a warehouse is in the capability table, where it is not the desk's own contract."""

    def on_lane(self, *, urgent: bool) -> "FakePartners":
        return self

    def turn(self, merchant: str, name: str) -> AbstractContextManager[None]:
        return nullcontext()

    def order_system(self, merchant: str, channel: str) -> FakeOrderSystem:
        return self.store

    def warehouses(self, merchant: str) -> Mapping[str, FakeWarehouse]:
        return self.named

    def places(self, merchant: str) -> Mapping[str, Place]:
        return {name: Place(self.kinds.get(name, "generic_3pl")) for name in self.named}

    def hold_first(self, merchant: str) -> list[str]:
        return self.first

    def erp(self, merchant: str) -> FakeErp | None:
        return self.world.erp if self.has_erp else None

    def payments(self, merchant: str, channel: str) -> FakePayments | None:
        return self.world.payments if self.has_payments else None

    def tickets(self, merchant: str, source: str) -> FakeTickets | None:
        return self.world.tickets if source == "zendesk" else None

    def carrier(self, merchant: str, name: str) -> FakeCarrier | None:
        return self.carriers.get(name)

    def refunds_by_person(self, merchant: str, channel: str) -> "FakePayments | None":
        return self.world.payments if channel == "amazon" else None

    def buyer_messages(self, merchant: str, channel: str) -> "FakeBuyers | None":
        return self.world.buyers if channel == "amazon" else None

    def sender(self, merchant: str) -> str:
        return self.mail_from


type Run = Callable[[], None]
