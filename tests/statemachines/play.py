"""One play of the state machine: the world, the machine that runs in it, and the questions that every scenario asks at its end."""

from stopship.application.answer_exception import Answer, answer_exception
from stopship.application.audit import verify
from stopship.application.invariants import Subject, check
from stopship.application.ports import ExceptionItem
from stopship.domain.carrier import CarrierState
from stopship.domain.case import Case, subtract, total
from stopship.domain.outcome import ENDS_WITHOUT_SHIPMENT, Outcome
from stopship.domain.request import Reason
from stopship.domain.resolution import Resolution
from tests.fakes.world import MERCHANT, World
from tests.statemachines.machine import Machine

LETS_GO = {Resolution.LET_IT_SHIP, Resolution.SAVED, Resolution.ADDRESS_FIXED, Resolution.WITHDRAWN}
_ONCE = ("payments.refund", "payments.void", "store.cancel", "store.return", "ups.intercept", "ups.void", "ups.cancel")


class Play:
    def __init__(self) -> None:
        self.world = World()
        self.machine = Machine(self.world)
        self.world.plug_in(self.machine)

    def kinds(self, case: Case | None = None) -> list[str]:
        """The case's facts by type, in order."""
        case = case or self.world.case
        return [type(r.event).__name__ for r in self.world.ledger.load(MERCHANT, case.case_id)]

    @property
    def outcome(self) -> str:
        """Of the only case; "" while it is open."""
        closed = self.world.case.closed
        return closed.fact.outcome if closed else ""

    @property
    def done(self) -> list[str]:
        """What changed outside the desk, in order."""
        return [effect.what for effect in self.world.effects]

    def stopped_in_part(self, item: ExceptionItem, lines: dict[str, int]) -> None:
        """A person vouches for these lines, and says that the rest of the leg is out."""
        answer = Answer(Resolution.STOPPED_IN_PART, "ann", "seen", lines=lines)
        answer_exception(self.world.desk, MERCHANT, item.exception_id, answer)
        self.world.settle()

    def states(self) -> list[str]:
        """Every state that any execution entered, in order."""
        return [state for run in self.machine.runs.values() for state in run.path]

    def violations(self) -> list[str]:
        """Whatever does not hold of the ledger and of the journal of effects; empty when all is well."""
        ledger = self.world.ledger
        subjects = [
            Subject(
                case,
                ledger.load(MERCHANT, case.case_id),
                ledger.book(MERCHANT, self.world.channel, case.order_ref)[0],
                self.world.clock.now(),
            )
            for case in self.world.cases
        ]
        items = list(ledger.scan())
        audit = verify(items)
        tallies = check(subjects, [f"{p.where}: {p.what}" for p in audit.problems], audit.events, items)
        found = [f"{name} {x}" for name, tally in tallies.items() for x in tally.violations]
        if self.world.timers.lost:
            # A play's sweeps come when all is quiet, which may be days later, and not every minute.
            found = [x for x in found if "beyond its deadline" not in x]
        of_cases = [
            self._hanging,
            self._forgotten,
            self._let_go_though_wanted,
            self._paid_unproven,
            self._paid_for_what_goes_on,
            self._paid_while_away,
            self._held_for_ever,
            self._held_in_erp_for_ever,
        ]
        return found + self._twice() + self._too_much() + [x for s in subjects for of in of_cases for x in of(s.case)]

    def _twice(self) -> list[str]:
        """Effects that happened more than once under one key, or on one subject."""
        seen: dict[tuple[str, str], int] = {}
        for effect in self.world.effects:
            if effect.what in _ONCE:
                seen[effect.what, effect.key] = seen.get((effect.what, effect.key), 0) + 1
        return [f"{what} {key} took effect {n} times" for (what, key), n in seen.items() if n > 1]

    def _too_much(self) -> list[str]:
        found = []
        for order in self.world.orders.values():
            snapshot = self.world.payments._read(order.ref)
            if snapshot.net_payment < 0:
                found.append(f"{order.ref}: {snapshot.paid_back} paid back of {snapshot.captured}")
            for line, quantity in order.refunded_lines.items():
                if quantity > order.lines[line]:
                    found.append(f"{order.ref}: line {line} paid back {quantity} times")
        return found

    def _forgotten(self, case: Case) -> list[str]:
        """Every wish has an end for every piece that it asked for and that nobody else had cancelled; and where others had cancelled the whole
        order, for every piece that a warehouse had all the same."""
        if not case.closed or case.withdrawn or case.order is None:
            return []
        ended: dict[str, int] = {}
        for row in case.closed.fact.lines:
            ended[row["line_id"]] = ended.get(row["line_id"], 0) + row["quantity"]
        rows = {row["line_id"]: row["ordered"] for row in case.order.fact.lines}
        before = {} if case.found_cancelled else case.cancelled_before
        expected = {line: case.wants(line, n - before.get(line, 0)) for line, n in rows.items()}
        if case.order.fact.cancelled:
            expected = self._at_a_warehouse(case, expected)
        return [
            f"{case.case_id}: {quantity} of {line} were asked for, {ended.get(line, 0)} have an end"
            for line, quantity in expected.items()
            if ended.get(line, 0) < quantity
        ]

    def _at_a_warehouse(self, case: Case, wanted: dict[str, int]) -> dict[str, int]:
        order = self.world.orders.get(case.order_ref)
        there = total(work.lines for work in order.works) if order else {}
        return {line: min(quantity, there.get(line, 0)) for line, quantity in wanted.items()}

    def _let_go_though_wanted(self, case: Case) -> list[str]:
        """A person's word lets nothing go that somebody asked for afterwards."""
        asked = [r for r in case.requests if not r.fact.lines and r.fact.reason != Reason.PAYMENT_TIMEOUT]
        return [
            f"{case.case_id}: {leg.plan.leg_id} was let go, and asked for again"
            for leg in case.legs.values()
            if case.closed and leg.human and not leg.gone and leg.human.fact.resolution in LETS_GO
            if any(r.version > leg.human.version and r.fact.requested_at > leg.human.at for r in asked)
        ]

    def _paid_for_what_goes_on(self, case: Case) -> list[str]:
        """What is paid for and what a warehouse still works on are not more than was ordered."""
        order = self.world.orders.get(case.order_ref)
        words = any(leg.human for leg in case.legs.values()) or case.case_human
        if not order or words or any(leg.came_back for leg in case.legs.values()):
            return []
        going = total(work.rest for work in order.works)
        return [
            f"{case.case_id}: {quantity} of {line} are paid back, and {going[line]} go on"
            for line, quantity in case.refunded_lines.items()
            if quantity + going.get(line, 0) > order.lines[line]
        ]

    def _paid_unproven(self, case: Case) -> list[str]:
        """Money rests on goods that really stay, or on a person's word."""
        paid = [m for m in case.moves.values() if m.moved]
        order = self.world.orders.get(case.order_ref)
        if not paid or not order or case.case_human:
            return []
        return [
            f"{case.case_id}: paid for {leg.plan.leg_id}, which nobody stopped"
            for leg in case.legs.values()
            if leg.settled and leg.outcome in ENDS_WITHOUT_SHIPMENT and leg.settled.fact.proof["kind"] != "human"
            for work in order.works
            if work.leg_id == leg.work_id and subtract(leg.plan.lines, work.kept)
        ]

    def _paid_while_away(self, case: Case) -> list[str]:
        """What left is paid for when all its parcels are back, or on a person's word."""
        order = self.world.orders.get(case.order_ref)
        paid = [m for m in case.moves.values() if m.moved]
        if not paid or not order or case.case_human:
            return []
        told = [*order.parcels, *(x for w in self.world.warehouses.values() for x in w.tells)]
        states = {parcel.sha256: self.world.ups.states[parcel.number] for parcel in told}
        return [
            f"{case.case_id}: paid for {leg.plan.leg_id}, which is not back"
            for leg in case.legs.values()
            if leg.came_back and leg.settled and leg.settled.fact.proof["kind"] != "human_returned"
            if leg.carrier is None or any(states[x] is not CarrierState.RETURNED for x in leg.carrier.fact.parcels)
        ]

    def _held_for_ever(self, case: Case) -> list[str]:
        """When a case is over, what may ship is held no more."""
        order = self.world.orders.get(case.order_ref)
        if not case.closed or not order:
            return []
        cases = [x for x in self.world.cases if x.order_ref == case.order_ref]
        ended = [leg for x in cases for leg in x.legs.values() if leg.outcome in ENDS_WITHOUT_SHIPMENT]
        stays = {leg.work_id for leg in ended}
        stays |= {
            w.leg_id for w in order.works if any(not x.work_id and x.plan.warehouse == w.warehouse for x in ended)
        }
        return [
            f"{case.case_id}: {w.leg_id} is held for ever"
            for w in order.works
            if w.held and not w.gone and not w.stopped and w.leg_id not in stays
        ]

    def _held_in_erp_for_ever(self, case: Case) -> list[str]:
        """What the desk has put on hold there is let go of with the case, but for what is blocked and what a person writes himself."""
        skipped = case.erp_skipped
        if not case.closed or any(c.closed and c.closed.fact.outcome == Outcome.BLOCKED for c in self.world.cases):
            return []
        if skipped and skipped.fact.why == "by_hand":
            return []
        moves = [(x.what, x.detail) for x in self.world.effects if x.subject == case.order_ref]
        held = {hold for what, hold in moves if what == "erp.hold"}
        return [
            f"{case.case_id}: NetSuite's {hold} hold stands for ever"
            for hold in sorted(held)
            if moves.count(("erp.hold", hold)) > moves.count(("erp.release", hold))
            and all(c.closed for c in self.world.cases if c.order_ref == case.order_ref)
        ]

    def _hanging(self, case: Case) -> list[str]:
        """An open case has an exception that names who does what by when, or work that goes on."""
        if case.closed:
            return []
        name = case.executions[-1].fact.name if case.executions else ""
        if not case.open_exceptions and not self.world.agenda.busy:
            return [f"{case.case_id} is open, and nobody and nothing works on it ({name})"]
        for state in case.open_exceptions:
            item = self.world.ledger.exception(MERCHANT, state.opened.fact.exception_id)
            if item is None or not (item.owner and item.next_action and item.deadline):
                return [f"{case.case_id}: {state.opened.fact.exception_id} is nobody's"]
        return []
