"""The whole world in memory: a desk whose ports are fakes, one merchant, and what everybody did.

``effects`` is the journal of everything that changed something outside the desk, in order: what must not happen twice, or not at
all, is looked up there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any, Protocol

from stopship.adapters import turn
from stopship.adapters.gate import Pacing
from stopship.adapters.queues_memory import MemoryWork
from stopship.adapters.traffic_memory import MemoryTraffic
from stopship.application.acknowledge import Hearing, acknowledge
from stopship.application.answer_exception import Answer, answer_exception
from stopship.application.await_submission import receive_end
from stopship.application.context import Desk
from stopship.application.open_case import receive_request
from stopship.application.ports import Connections, ExceptionItem, Executions, Tasks
from stopship.application.receive_signal import receive_signal
from stopship.application.sweep_cases import Swept, sweep_cases
from stopship.domain import instant
from stopship.domain.carrier import CarrierState, Parcel
from stopship.domain.case import Case
from stopship.domain.errors import AlreadyRecorded, Conflict, InvalidInput, NotFound
from stopship.domain.order import PickState, StopAnswer
from stopship.domain.request import CancelRequest, Reason, Requester
from stopship.domain.resolution import Resolution
from stopship.domain.signal import Signal, SignalKind, SubmissionEnd
from stopship.wiring.governed_partners import GovernedPartners
from tests.fakes.agenda import START, Agenda, VirtualClock
from tests.fakes.carriers import FakeCarrier
from tests.fakes.help_desk import FakeTickets
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import FakeBuyers, FakeErp, FakeOrderSystem, FakePartners, FakePayments, FakeWarehouse
from tests.fakes.platform import AgendaTimers, CrashingLedger, KeptEvidence, KeptPolicies, SentMail, ToldPeople
from tests.fakes.trouble import Crash, Faults

MERCHANT = "acme"
CHANNEL = "shopify"
REDELIVERY_SECONDS = 30


@dataclass(frozen=True)
class Effect:
    at: str
    what: str
    subject: str
    detail: Any
    key: str


class Engine(Executions, Tasks, Protocol):
    """Runs executions and wakes waits: the state machine."""


class World:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.channel = CHANNEL
        self.agenda = Agenda(self.clock)
        self.faults = Faults()
        self.effects: list[Effect] = []
        self.errors: list[Exception] = []
        self.hearings: list[Hearing | None] = []
        self.orders: dict[str, Order] = {}
        self.ledger = CrashingLedger(self.faults.point)
        self.policies = KeptPolicies(self.ledger)
        self.store = FakeOrderSystem(self)
        self.erp = FakeErp(self)
        self.payments = FakePayments(self)
        self.tickets = FakeTickets(self)
        self.buyers = FakeBuyers(self)
        self.warehouses = {name: FakeWarehouse(self, name) for name in ("north", "south")}
        self.partners = FakePartners(self, self.store, self.warehouses)
        self.ups = FakeCarrier(self)
        self.partners.carriers["ups"] = self.ups
        self.evidence = KeptEvidence()
        self.traffic = MemoryTraffic()
        self.timers = AgendaTimers(self)
        self.mailer = SentMail(self)
        self.notices = ToldPeople(self)
        self.queues = MemoryWork(self.clock.epoch)
        self._ids = count(1)
        self.desk: Desk = None  # type: ignore[assignment]

    def plug_in(self, engine: Engine) -> None:
        """The desk works on this engine from now on."""
        self.desk = Desk(
            ledger=self.ledger,
            clock=self.clock,
            policies=self.policies,
            partners=self.partners,
            evidence=self.evidence,
            executions=engine,
            tasks=engine,
            timers=self.timers,
            mailer=self.mailer,
            traffic=self.traffic,
            notices=self.notices,
            queues=self.queues,
            new_id=lambda: f"door-{next(self._ids)}",
            callback_url=lambda merchant, door: f"https://desk.example/{merchant}/{door}",
            case_url=lambda merchant, case: f"https://desk.example/{merchant}/cases/{case}",
        )

    def govern(
        self,
        connected: Mapping[str, Any] | None = None,
        *,
        connections: Connections | None = None,
        patience: float = 0,
    ) -> None:
        """The desk keeps within limits from now on; ``connected`` is the merchants' configuration by connection. Without ``patience``, which
        takes strands, a call that finds no place is sent away at once."""
        warehouses = {name: {"kind": "generic_3pl"} for name in self.warehouses}
        pacing = Pacing(
            now=self.clock.epoch,
            pause=self.agenda.sleep,
            patience=patience,
            draw=Random(7),
            new_holder=lambda: f"holder-{next(self._ids)}",
        )
        configuration = {"warehouses": warehouses, **(connected or {})}
        governed = GovernedPartners(connections or self.partners, lambda _: configuration, self.traffic, pacing)
        self.desk = replace(self.desk, partners=governed)

    # ------------------------------------------------------------------------------------------ what partners use

    def call[T](self, name: str, run: Callable[[], T]) -> T:
        """As a request that goes out: within a turn it waits until it is due."""
        mine = turn.current()
        if mine is not None:
            mine.pace("")
        return self.faults.around(name, run)

    def did(self, what: str, subject: str, detail: Any, key: str) -> None:
        self.effects.append(Effect(instant.text(self.clock.moment), what, subject, detail, key))

    @property
    def seconds(self) -> float:
        return (self.clock.moment - START).total_seconds()

    def seconds_until(self, moment: str) -> float:
        return (instant.parse(moment) - self.clock.moment).total_seconds()

    def ago(self, seconds: float) -> str:
        now = self.clock.now()
        return instant.plus(now, -seconds) if seconds else now

    # ------------------------------------------------------------------------------------------ setting the scene

    def order(
        self, ref: str = "1001", lines: dict[str, int] | None = None, works: list[Work] | None = None, **more: Any
    ) -> Order:
        """An order with one line of two pieces, and one piece of work for it in the north."""
        lines = lines or {"L1": 2}
        order = Order(ref, lines, works if works is not None else [Work(f"fo-{ref}", "north", dict(lines))], **more)
        self.orders[ref] = order
        return order

    def pick(self, order: Order, state: PickState, leg_id: str = "", *, tell: bool = False) -> None:
        """The work gets so far. What left shows up in the store; ``tell`` sends the message about it."""
        work = order.work(leg_id) if leg_id else order.works[0]
        if work is None:
            raise AssertionError(f"no work {leg_id}")
        was_gone, work.state = work.gone, state
        if work.gone and not was_gone:
            work.left_at = self.clock.now()
            for line, quantity in work.rest.items():
                rest = order.lines[line] - order.cancelled_lines.get(line, 0) - order.shipped_lines.get(line, 0)
                order.shipped_lines[line] = order.shipped_lines.get(line, 0) + min(quantity, rest)
        if tell:
            self.shipment(order, work, departed=work.gone)

    def send(
        self,
        order: Order,
        leg_id: str = "",
        *,
        carrier: str = "ups",
        state: CarrierState = CarrierState.IN_TRANSIT,
        number: str = "",
        told: CarrierState = CarrierState.UNKNOWN,
        days_ago: float = 0,
    ) -> Parcel:
        """The work's goods are in a parcel that its carrier knows; the store tells its tracking number, and what it was ``told`` of it."""
        work = order.work(leg_id) if leg_id else order.works[0]
        if work is None:
            raise AssertionError(f"no work {leg_id}")
        number = number or f"1Z{work.leg_id}"
        works, sent_at = frozenset({work.leg_id}), self.ago(days_ago * 86_400)
        parcel = Parcel(carrier, number, dict(work.lines), f"shipment-{work.leg_id}", works, told, sent_at)
        order.parcels.append(parcel)
        self.ups.states[number] = state
        return parcel

    # ------------------------------------------------------------------------------------------ the doors

    def ask(self, ref: str = "1001", delivery: str = "d-1", **more: Any) -> None:
        """A wish arrives. A process that dies on it gets it again, as from a queue."""
        request = self.wish(ref, delivery, **more)
        self.door(lambda: receive_request(self.desk, request))

    def wish(self, ref: str = "1001", delivery: str = "d-1", **more: Any) -> CancelRequest:
        fields: dict[str, Any] = {
            "merchant": MERCHANT,
            "channel": self.channel,
            "order_ref": ref,
            "reason": Reason.CUSTOMER_REQUEST,
            "requester": Requester.CUSTOMER,
            "source": "helpdesk",
            "delivery_id": delivery,
            "requested_at": self.clock.now(),
            "received_at": self.clock.now(),
            "raw_sha256": f"sha-{delivery}",
        }
        return CancelRequest(**{**fields, **more})

    def shipment(self, order: Order, work: Work, *, departed: bool = True, delivery: str = "") -> None:
        signal = Signal(
            merchant=MERCHANT,
            channel=self.channel,
            source=f"warehouse:{work.warehouse}",
            topic="shipment",
            delivery_id=delivery or f"ship-{work.leg_id}-{work.state}",
            order_ref=order.ref,
            leg_id=work.leg_id,
            kind=SignalKind.SHIPMENT,
            occurred_at=work.left_at or self.clock.now(),
            received_at=self.clock.now(),
            lines=dict(work.lines),
            departed=departed,
            reference=f"track-{work.leg_id}",
        )
        self.door(lambda: receive_signal(self.desk, signal))

    def announce(self, reference: str, delivery: str = "") -> None:
        """The order system tells that it is through with what was submitted."""
        told = delivery or f"end-{reference}"
        end = SubmissionEnd(MERCHANT, self.channel, self.channel, "feed", told, reference, "DONE", self.clock.now())
        self.door(lambda: receive_end(self.desk, end))

    def callback(self, url: str, answer: StopAnswer) -> None:
        """A warehouse's answer comes to the door in ``url``."""
        door = url.rsplit("/", 1)[-1]

        def run() -> Hearing | None:
            found = self.desk.ledger.callback(door)
            hearing = acknowledge(self.desk, found, answer) if found else None
            self.hearings.append(hearing)
            return hearing

        self.door(run)

    def door(self, run: Callable[[], Any]) -> Any:
        """What comes to a door is delivered again when the process died on it, or when it could not be taken in."""
        try:
            return run()
        except (Crash, Conflict):
            self.agenda.after(REDELIVERY_SECONDS, lambda: self.door(run))
            return None

    def answer(self, item: ExceptionItem, word: Resolution, *, approved_by: str = "") -> None:
        documents = ("report-1",) if word is Resolution.MARK_FRAUD else ()
        answer = Answer(word, "ann", "seen", approved_by, evidence=documents)
        answer_exception(self.desk, MERCHANT, item.exception_id, answer)

    def insist(self, item: ExceptionItem, word: Resolution) -> None:
        """A person answers, and once more if the answer does not come through; what is answered by then needs no answer."""

        def run() -> None:
            try:
                self.answer(item, word, approved_by="ben")
            except (AlreadyRecorded, InvalidInput) as refusal:
                self.errors.append(refusal)

        self.door(run)

    def answer_all(self, word: Resolution, *, approved_by: str = "") -> None:
        for item in self.exceptions:
            self.answer(item, word, approved_by=approved_by)
        self.settle()

    # ------------------------------------------------------------------------------------------ running and looking

    def settle(self) -> None:
        """Until everybody waits for a person, for a far time-out, or for nothing."""
        self.agenda.run_until_idle()

    def sweep(self) -> Swept | None:
        try:
            swept = sweep_cases(self.desk)
        except Crash:
            return None
        self.settle()
        return swept

    def later(self, seconds: float) -> None:
        self.agenda.run_for(seconds)

    def schedule(self, seconds: float, run: Callable[[], None]) -> None:
        self.agenda.after(seconds, run)

    @property
    def exceptions(self) -> list[ExceptionItem]:
        return list(self.ledger.exceptions(MERCHANT, limit=100).items)

    @property
    def the_exception(self) -> ExceptionItem:
        (only,) = self.exceptions
        return only

    @property
    def cases(self) -> list[Case]:
        heads = self.ledger.cases(MERCHANT, limit=100).items
        return [self.desk.cases.load(MERCHANT, h.case_id) for h in heads if h.channel == self.channel]

    @property
    def case(self) -> Case:
        """The only case."""
        (only,) = self.cases
        return only

    def case_of(self, ref: str) -> Case:
        lock = self.ledger.lock_of(MERCHANT, self.channel, ref)
        if lock is None:
            raise NotFound(ref)
        return self.desk.cases.load(MERCHANT, lock.case_id)

    def done(self, what: str) -> list[Effect]:
        return [x for x in self.effects if x.what == what]

    def moment_after(self, seconds: float) -> str:
        return instant.text(self.clock.moment + timedelta(seconds=seconds))
