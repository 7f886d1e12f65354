"""Whatever people, queues, leases and late partner answers do, in any order: each exception is ended once, none is lost, none is nobody's."""

from datetime import timedelta

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from stopship.application.audit import verify
from stopship.application.end_exception import end_case_exception
from stopship.application.escalate_exception import escalate_exception
from stopship.application.ports import ExceptionItem
from stopship.application.preview_resolution import preview
from stopship.application.resolve_exception import approve, deny, reassign, resolve_exception, snooze
from stopship.application.take_next import give_back, renew, take_next
from stopship.domain import instant
from stopship.domain.agent import Agent
from stopship.domain.command import Command
from stopship.domain.errors import AlreadyRecorded, InvalidInput, LeaseLost, NotAllowed, PlanChanged
from stopship.domain.events import ExceptionResolved
from stopship.domain.lease import Lease
from stopship.domain.policy import Cause, Team
from tests.fakes.floor import Floor
from tests.fakes.people import ANN, AUD, BEN, FIN, LEA
from tests.fakes.world import MERCHANT

PEOPLE = st.sampled_from([ANN, BEN, LEA, FIN, AUD])
WHICH = st.integers(0, 3)
WORDS = st.sampled_from(["retry", "no_refund", "done_by_hand", "refund_approved"])
REFUSALS = (AlreadyRecorded, InvalidInput, LeaseLost, NotAllowed, PlanChanged)


class DeskFloor(RuleBasedStateMachine):
    """``held`` are leases as the people remember them, whether they still have them or not."""

    @initialize(count=st.integers(1, 4))
    def open(self, count: int) -> None:
        self.floor = Floor("2026-11-26T09:00:00Z")
        self.items = [self.floor.raised(str(n), vip=n % 2 == 0) for n in range(count)]
        self.held: list[tuple[Agent, Lease]] = []
        self.ended: dict[str, str] = {}

    def item(self, which: int) -> ExceptionItem:
        return self.items[which % len(self.items)]

    @rule(who=PEOPLE)
    def take(self, who: Agent) -> None:
        try:
            lease = take_next(self.floor.desk, who, [MERCHANT])
        except NotAllowed:
            assert who is AUD
            return
        if lease:
            now = self.floor.clock.now()
            others = [x for _, x in self.held if x.exception_id == lease.exception_id]
            assert all(x.expires_at <= now for x in others), "two people have the same"
            assert self.floor.ledger.lease(MERCHANT, lease.exception_id) == lease
            item = self.floor.item(next(x for x in self.items if x.exception_id == lease.exception_id))
            assert item.state == "open" and item.snoozed_until <= now
            self.held.append((who, lease))

    @rule(which=WHICH)
    def hold_on(self, which: int) -> None:
        if self.held:
            at = which % len(self.held)
            who, lease = self.held[at]
            try:
                self.held[at] = who, renew(self.floor.desk, who, lease)
            except LeaseLost:
                self.held.pop(at)

    @rule(which=WHICH)
    def leave(self, which: int) -> None:
        if self.held:
            who, lease = self.held.pop(which % len(self.held))
            give_back(self.floor.desk, who, lease)

    @rule(seconds=st.sampled_from([1, 299, 301, 1800, 7200, 40_000]))
    def time_passes(self, seconds: int) -> None:
        self.floor.agenda.run_for(seconds)

    @rule(who=PEOPLE, which=WHICH, word=WORDS, stale=st.booleans())
    def answer(self, who: Agent, which: int, word: str, stale: bool) -> None:
        item = self.item(which)
        before = self.floor.item(item)
        try:
            plan = preview(self.floor.desk, who, MERCHANT, item.exception_id, Command(word))
            plan_hash = "0" * 64 if stale else plan.plan_hash
            done = resolve_exception(
                self.floor.desk, who, MERCHANT, item.exception_id, Command(word, plan_hash, "seen by the shift")
            )
        except REFUSALS:
            assert self.floor.item(item) == before
            return
        assert not stale and before.state == "open"
        if not done.waits_for_approval:
            self.end(item, who.subject)

    @rule(who=PEOPLE, which=WHICH, agreed=st.booleans())
    def decide(self, who: Agent, which: int, agreed: bool) -> None:
        item = self.item(which)
        before = self.floor.item(item)
        try:
            if agreed:
                approve(self.floor.desk, who, MERCHANT, item.exception_id, before.proposed or "0" * 64)
            else:
                deny(self.floor.desk, who, MERCHANT, item.exception_id, before.proposed or "0" * 64, "no")
        except REFUSALS:
            assert self.floor.item(item) == before
            return
        assert before.proposed and before.proposed_by != who.subject
        if agreed:
            self.end(item, before.proposed_by)

    @rule(who=PEOPLE, which=WHICH, seconds=st.sampled_from([60, 5000, 100_000]))
    def put_off(self, who: Agent, which: int, seconds: int) -> None:
        until = instant.text(self.floor.clock.moment + timedelta(seconds=seconds))
        try:
            snooze(self.floor.desk, who, MERCHANT, self.item(which).exception_id, until, "later")
        except REFUSALS:
            return
        self.out_of_hands(self.item(which))

    @rule(who=PEOPLE, which=WHICH, team=st.sampled_from(list(Team)))
    def move(self, who: Agent, which: int, team: Team) -> None:
        try:
            reassign(self.floor.desk, who, MERCHANT, self.item(which).exception_id, team)
        except REFUSALS:
            return
        self.out_of_hands(self.item(which))

    @rule(which=WHICH)
    def a_late_answer_ends_it(self, which: int) -> None:
        item = self.item(which)
        case = self.floor.desk.cases.load(MERCHANT, item.case_id)
        end_case_exception(self.floor.desk, case, Cause.MONEY_FAILED)
        self.end(item, "evidence")

    @rule(which=WHICH)
    def a_timer_rings_whenever(self, which: int) -> None:
        escalate_exception(self.floor.desk, MERCHANT, self.item(which).exception_id)

    @rule(which=WHICH)
    def a_message_comes_again_or_is_lost(self, which: int) -> None:
        item = self.item(which)
        if which % 2:
            self.floor.queues.queued.clear()
        else:
            self.floor.queues.send(item.tier, {"merchant": MERCHANT, "exception_id": item.exception_id})

    def out_of_hands(self, item: ExceptionItem) -> None:
        """Whoever moved it, or put it off, has it no more."""
        self.held = [(who, lease) for who, lease in self.held if lease.exception_id != item.exception_id]

    def end(self, item: ExceptionItem, by: str) -> None:
        self.ended.setdefault(item.exception_id, by)

    @invariant()
    def each_is_ended_once_or_waits_for_somebody(self) -> None:
        open_now = {x.exception_id: x for x in self.floor.ledger.exceptions(MERCHANT, limit=100).items}
        for item in self.items:
            facts = [x.event for x in self.floor.ledger.load(MERCHANT, item.case_id)]
            ends = [x for x in facts if isinstance(x, ExceptionResolved)]
            if item.exception_id in self.ended:
                assert len(ends) == 1 and item.exception_id not in open_now
                assert ends[0].by.split(":")[0] == self.ended[item.exception_id]
                woken = self.floor.waits.woken
                assert woken.count(f"token-{item.order_ref}") <= 1
            else:
                assert ends == []
                waiting = open_now[item.exception_id]
                assert waiting.owner and waiting.next_action and waiting.deadline and waiting.tier

    @invariant()
    def nobody_is_told_twice(self) -> None:
        told = [(x.notice.exception_id, x.notice.deadline, x.notice.level, x.way) for x in self.floor.notices.told]
        assert len(told) == len(set(told))

    def teardown(self) -> None:
        """Whatever is open can still be taken, by somebody, and the chain is whole."""
        if not hasattr(self, "floor"):
            return
        # Nobody has to live through it: what is put off is due again.
        self.floor.clock.moment += timedelta(seconds=200_000)
        open_now = {x.exception_id for x in self.floor.ledger.exceptions(MERCHANT, limit=100).items}
        got = set()
        for who in (ANN, LEA):
            while lease := take_next(self.floor.desk, who, [MERCHANT]):
                got.add(lease.exception_id)
        assert got == open_now
        assert verify(self.floor.ledger.scan()).problems == ()


TestDeskFloor = DeskFloor.TestCase
TestDeskFloor.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, phases=(Phase.explicit, Phase.generate)
)
