"""What a person is shown before he answers is what happens when he does: the same calls, in the same order, and the same money."""

import pytest

from stopship.application.preview_resolution import preview
from stopship.application.resolve_exception import approve, deny, resolve_exception
from stopship.domain.command import Command
from stopship.domain.errors import AlreadyRecorded, InvalidInput, NotAllowed, NotFound, PlanChanged
from stopship.domain.money import RefundQuote
from stopship.domain.order import AckLevel, PickState, Quantities, StopAnswer
from stopship.domain.outcome import Outcome
from stopship.domain.plan import Plan, PlannedCall
from stopship.domain.policy import Cause
from stopship.domain.request import Reason, Requester
from stopship.domain.resolution import Resolution
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import Manner, captured
from tests.fakes.people import ADA, ANN, AUD, BEN, FIN, LEA, ZOE
from tests.fakes.trouble import Trouble
from tests.fakes.world import MERCHANT
from tests.statemachines.play import Play

_EFFECTS = (
    ("shopify", "cancel", "store.cancel"),
    ("shopify", "hold", "store.hold"),
    ("shopify", "release", "store.release"),
    ("shopify", "write the shipping address", "store.address"),
    ("shopify", "open a return", "store.return"),
    ("netsuite", "", "erp.update"),
    ("payments", "void", "payments.void"),
    ("payments", "refund", "payments.refund"),
    ("mail", "", "mail"),
    ("helpdesk", "", "ticket"),
    ("north", "release", "warehouse.north.release"),
    ("north", "hold", "warehouse.north.hold"),
    ("north", "ask", "warehouse.north.stop"),
)


def effect_of(call: PlannedCall) -> str:
    (name,) = [e for system, what, e in _EFFECTS if call.system == system and call.what.startswith(what)]
    return name


def silent(play: Play, **more: object) -> Order:
    order = play.world.order(**more)  # type: ignore[arg-type]
    captured(order)
    play.world.warehouses["north"].manner = Manner.SILENT
    play.world.ask()
    play.world.settle()
    return order


def refused(play: Play, call: str) -> Order:
    """The case stands at a step whose partner answered nonsense once."""
    order = play.world.order()
    captured(order)
    play.world.faults.on(call, Trouble.BROKEN)
    play.world.ask()
    play.world.settle()
    return order


def see(play: Play, word: str, **more: object) -> Plan:
    return preview(play.world.desk, ANN, MERCHANT, play.world.the_exception.exception_id, Command(word, **more))  # type: ignore[arg-type]


def give(play: Play, word: str, plan: Plan, **more: object) -> None:
    command = Command(word, plan.plan_hash, note="seen by the shift lead", **more)  # type: ignore[arg-type]
    resolve_exception(play.world.desk, ANN, MERCHANT, play.world.the_exception.exception_id, command)
    play.world.settle()


LEG_WORDS = ("they_stopped_it", "it_shipped", "let_it_ship", "saved", "address_fixed", "withdrawn")


@pytest.mark.parametrize("word", LEG_WORDS)
def test_the_calls_of_the_plan_are_the_calls_that_are_made(play: Play, word: str) -> None:
    silent(play)
    before = play.world.effects[:]
    plan = see(play, word)
    assert play.world.effects == before, "looking changes nothing"
    give(play, word, plan)
    made = [x.what for x in play.world.effects[len(before) :]]
    assert [effect_of(x) for x in plan.calls] == made
    paid = [x.detail for x in play.world.done("payments.refund")]
    assert [x.amount for x in plan.money] == paid
    assert plan.effect.endswith(f"The case ends: {play.outcome}.")


@pytest.mark.parametrize("call", ["store.cancel", "erp.update", "payments.move", "mail.send"])
def test_a_retry_of_a_step_does_what_is_left_of_the_way(play: Play, call: str) -> None:
    refused(play, call)
    before = len(play.world.effects)
    plan = see(play, "retry")
    give(play, "retry", plan)
    assert [effect_of(x) for x in plan.calls] == [x.what for x in play.world.effects[before:]]
    assert play.outcome == Outcome.STOPPED


def test_a_retry_at_the_warehouse_asks_it_and_promises_no_more(play: Play) -> None:
    silent(play)
    plan = see(play, "retry")
    assert [effect_of(x) for x in plan.calls][-1] == "warehouse.north.stop" and plan.money == ()
    assert plan.effect.endswith("What follows depends on the warehouse's answer.")
    play.world.warehouses["north"].manner = Manner.PROMPT
    give(play, "retry", plan)
    assert play.outcome == Outcome.STOPPED


def test_part_of_a_leg_is_stopped_and_paid_back_and_the_rest_becomes_a_return(play: Play) -> None:
    silent(play)
    plan = see(play, "stopped_in_part", lines={"L1": 1})
    assert "cancel lines 1 x L1" in [x.what for x in plan.calls]
    give(play, "stopped_in_part", plan, lines={"L1": 1})
    case = play.world.case
    assert (case.stopped_lines, case.shipped_lines) == ({"L1": 1}, {"L1": 1})
    assert play.done.count("store.return") == 1 and len(play.world.done("payments.refund")) == 1
    assert case.closed and case.closed.fact.mixed


@pytest.mark.parametrize("lines", [{}, {"L1": 2}, {"L1": 0}, {"L1": 3}, {"L9": 1}])
def test_a_part_is_a_part_of_what_the_leg_holds(play: Play, lines: dict[str, int]) -> None:
    silent(play)
    with pytest.raises(InvalidInput) as refusal:
        see(play, "stopped_in_part", lines=lines)
    assert refusal.value.field == "lines" and refusal.value.fix
    play.world.answer_all(Resolution.IT_SHIPPED)


def test_fraud_blocks_with_evidence_and_not_without(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.ask(reason=Reason.FRAUD, requester=Requester.OPS)
    world.settle()
    assert world.the_exception.cause == Cause.FRAUD_WITHOUT_EVIDENCE
    plan = see(play, "mark_fraud")
    assert plan.needs_evidence == ("evidence",) and plan.effect.endswith("The case ends: blocked.")
    with pytest.raises(InvalidInput):
        give(play, "mark_fraud", plan)
    give(play, "mark_fraud", plan, evidence=("chargeback-12",))
    assert play.outcome == Outcome.BLOCKED and "chargeback-12" in world.case.documents


def test_fraud_that_is_seen_while_a_warehouse_is_silent_stops_again_and_then_blocks(play: Play) -> None:
    silent(play)
    plan = see(play, "mark_fraud")
    play.world.warehouses["north"].manner = Manner.PROMPT
    give(play, "mark_fraud", plan, evidence=("risk-7",))
    assert play.outcome == Outcome.BLOCKED


# ------------------------------------------------------------------------------------------------ stale, twice, by whom


def test_a_plan_that_has_changed_is_refused_and_nothing_is_recorded(play: Play) -> None:
    order = silent(play)
    plan = see(play, "they_stopped_it")
    order.price /= 2
    before, effects = len(play.kinds()), play.world.effects[:]
    with pytest.raises(PlanChanged) as refusal:
        give(play, "they_stopped_it", plan)
    assert len(play.kinds()) == before and play.world.effects == effects
    again = see(play, "they_stopped_it")
    assert refusal.value.plan_hash == again.plan_hash != plan.plan_hash
    give(play, "they_stopped_it", again)
    assert play.outcome == Outcome.STOPPED


def test_the_same_plan_looked_at_twice_is_the_same(play: Play) -> None:
    silent(play)
    assert {see(play, "they_stopped_it").plan_hash for _ in range(3)} == {see(play, "they_stopped_it").plan_hash}
    play.world.later(3600)
    assert see(play, "it_shipped").plan_hash == see(play, "it_shipped").plan_hash
    assert see(play, "it_shipped").plan_hash != see(play, "let_it_ship").plan_hash
    play.world.answer_all(Resolution.IT_SHIPPED)


def test_an_answer_sent_twice_is_one_answer(play: Play) -> None:
    silent(play)
    item, plan = play.world.the_exception, see(play, "they_stopped_it")
    give(play, "they_stopped_it", plan)
    effects = play.world.effects[:]
    with pytest.raises(AlreadyRecorded):
        resolve_exception(
            play.world.desk, ANN, MERCHANT, item.exception_id, Command("they_stopped_it", plan.plan_hash, "seen")
        )
    with pytest.raises(AlreadyRecorded):
        preview(play.world.desk, ANN, MERCHANT, item.exception_id, Command("retry"))
    assert play.world.effects == effects and play.kinds().count("ExceptionResolved") == 1


def test_a_late_answer_in_the_same_second_is_first_or_second_and_the_chain_says_which(play: Play) -> None:
    """The warehouse's word is recorded between the plan and the answer that was to rest on it."""
    silent(play).works[0].keep()
    item, plan = play.world.the_exception, see(play, "it_shipped")
    attempt = play.world.case.legs["fo-1001"].current
    assert attempt
    door = f"https://desk.example/{attempt.requested.fact.callback_id}"
    append, raced = play.world.ledger.append, []

    def race(step: object) -> object:
        if not raced:
            raced.append(True)
            play.world.callback(door, StopAnswer(AckLevel.PHYSICALLY_STOPPED, "north", actor="operator"))
        return append(step)  # type: ignore[arg-type]

    play.world.ledger.append = race  # type: ignore[method-assign,assignment]
    with pytest.raises((AlreadyRecorded, PlanChanged)):
        resolve_exception(
            play.world.desk, ANN, MERCHANT, item.exception_id, Command("it_shipped", plan.plan_hash, "seen")
        )
    play.world.ledger.append = append  # type: ignore[method-assign]
    play.world.settle()
    assert play.outcome == Outcome.STOPPED
    resolved = next(iter(play.world.case.exceptions.values())).resolved
    assert resolved and resolved.fact.by.startswith("evidence:")


def test_what_cannot_be_looked_up_is_said(play: Play) -> None:
    silent(play)
    play.world.faults.on("store.read_order", Trouble.DOWN, 9)
    plan = see(play, "they_stopped_it")
    assert plan.warnings == ("store could not be read",)
    play.world.faults.clear("store.read_order")
    assert see(play, "they_stopped_it").plan_hash != plan.plan_hash
    play.world.answer_all(Resolution.IT_SHIPPED)


@pytest.mark.parametrize(("who", "error"), [(AUD, NotAllowed), (ZOE, NotFound)])
def test_whoever_may_not_is_told_so_and_nothing_happens(play: Play, who: object, error: type[Exception]) -> None:
    silent(play)
    item, plan, before = play.world.the_exception, see(play, "they_stopped_it"), play.kinds()
    command = Command("they_stopped_it", plan.plan_hash, "seen")
    for run in (
        lambda: preview(play.world.desk, who, MERCHANT, item.exception_id, command),  # type: ignore[arg-type]
        lambda: resolve_exception(play.world.desk, who, MERCHANT, item.exception_id, command),  # type: ignore[arg-type]
    ):
        with pytest.raises(error):
            run()
    assert play.kinds() == before and play.world.the_exception == item
    play.world.answer_all(Resolution.IT_SHIPPED)


def test_a_word_for_a_proof_says_who_said_so(play: Play) -> None:
    silent(play)
    item, plan = play.world.the_exception, see(play, "they_stopped_it")
    with pytest.raises(InvalidInput) as refusal:
        resolve_exception(play.world.desk, ANN, MERCHANT, item.exception_id, Command("they_stopped_it", plan.plan_hash))
    assert refusal.value.field == "note" and play.world.the_exception == item
    play.world.answer_all(Resolution.IT_SHIPPED)


# ------------------------------------------------------------------------------------------------ two people


def shipped_and_disputed(play: Play) -> str:
    """Goods left, and the money's rules stand against paying it back: finance is asked."""
    order = play.world.order()
    captured(order)
    play.world.faults.on("payments.move", Trouble.REFUSE)
    play.world.ask()
    play.world.settle()
    return play.world.the_exception.exception_id


def ask_for_refund(play: Play) -> tuple[str, Plan]:
    name = shipped_and_disputed(play)
    plan = see(play, "refund_approved")
    resolved = resolve_exception(
        play.world.desk, ANN, MERCHANT, name, Command("refund_approved", plan.plan_hash, "she called")
    )
    assert resolved.waits_for_approval and plan.needs_approval and plan.money
    return name, plan


def test_a_refund_above_the_limit_moves_when_a_second_person_approves_that_plan(play: Play) -> None:
    name, plan = ask_for_refund(play)
    item = play.world.the_exception
    assert (item.proposed, item.proposed_by) == (plan.plan_hash, "ann") and not play.world.done("payments.refund")
    approve(play.world.desk, FIN, MERCHANT, name, plan.plan_hash)
    play.world.settle()
    fact = play.world.case.exceptions[name].resolved
    assert fact and (fact.fact.by, fact.fact.approved_by, fact.fact.plan_hash) == ("ann", "fin", plan.plan_hash)
    assert [x.detail for x in play.world.done("payments.refund")] == [x.amount for x in plan.money]
    assert play.outcome == Outcome.STOPPED


def test_nobody_approves_his_own_nor_without_the_role(play: Play) -> None:
    from stopship.domain.agent import Role
    from tests.fakes.people import person

    name, plan = ask_for_refund(play)
    for who in (BEN, AUD, ADA, person("ann", Role.AGENT, Role.LEAD)):
        with pytest.raises(NotAllowed):
            approve(play.world.desk, who, MERCHANT, name, plan.plan_hash)
    with pytest.raises(NotFound):
        approve(play.world.desk, ZOE, MERCHANT, name, plan.plan_hash)
    assert not play.world.done("payments.refund") and play.world.the_exception.proposed
    deny(play.world.desk, LEA, MERCHANT, name, plan.plan_hash, "not ours")
    play.world.answer_all(Resolution.NO_REFUND)


def test_an_approval_is_of_one_plan_and_a_changed_one_needs_another(play: Play) -> None:
    name, plan = ask_for_refund(play)
    play.world.orders["1001"].refunded_lines["L1"] = 1
    play.world.orders["1001"].price *= 2
    kinds = play.kinds()
    with pytest.raises(PlanChanged):
        approve(play.world.desk, FIN, MERCHANT, name, "0" * 64)
    with pytest.raises(PlanChanged):
        approve(play.world.desk, FIN, MERCHANT, name, plan.plan_hash)
    assert play.kinds() == kinds and not play.world.done("payments.refund")
    play.world.answer_all(Resolution.NO_REFUND)


def test_a_denied_refund_leaves_the_exception_open_and_says_who(play: Play) -> None:
    name, plan = ask_for_refund(play)
    item = deny(play.world.desk, FIN, MERCHANT, name, plan.plan_hash, "goods are still with her")
    assert (item.state, item.proposed) == ("open", "")
    with pytest.raises(PlanChanged):
        approve(play.world.desk, LEA, MERCHANT, name, plan.plan_hash)
    assert not play.world.done("payments.refund")
    play.world.answer_all(Resolution.NO_REFUND)


def test_below_the_limit_one_person_is_enough(play: Play) -> None:
    play.world.policies.override = "[two_people.limit]\nEUR = 100\n"
    name = shipped_and_disputed(play)
    plan = see(play, "refund_approved")
    assert not plan.needs_approval
    resolve_exception(play.world.desk, ANN, MERCHANT, name, Command("refund_approved", plan.plan_hash, "she called"))
    play.world.settle()
    assert len(play.world.done("payments.refund")) == 1


def line_by_line(play: Play, limit: int) -> None:
    """A marketplace that pays for two lines that left, each 10.00, one after the other."""
    world = play.world
    world.channel, world.partners.has_payments = "amazon", False
    ask = '[amazon]\nshipped_refund = "ask"\n'
    world.policies.override = f'version = "t"\n{ask}[two_people.limit]\nEUR = {limit}\n'
    works = [Work("a", "north", {"L1": 1}), Work("b", "south", {"L2": 1})]
    order = world.order(lines={"L1": 1, "L2": 1}, works=works)
    captured(order)
    world.pick(order, PickState.DELIVERED, "a")
    world.pick(order, PickState.DELIVERED, "b")


@pytest.mark.parametrize(("limit", "second"), [(12, True), (19, True), (20, False)])
def test_the_limit_is_for_all_that_one_answer_moves_however_many_moves_it_is(
    play: Play, limit: int, *, second: bool
) -> None:
    line_by_line(play, limit)
    play.world.ask(official=True)
    play.world.settle()
    plan = see(play, "refund_approved")
    assert [x.amount for x in plan.money] == ["10.00", "10.00"] and plan.needs_approval is second
    give(play, "refund_approved", plan)
    assert len(play.world.done("payments.refund")) == (0 if second else 2)
    if second:
        approve(play.world.desk, FIN, MERCHANT, play.world.the_exception.exception_id, plan.plan_hash)
        play.world.settle()
    assert len(play.world.done("payments.refund")) == 2 and play.outcome == Outcome.SHIPPED


@pytest.mark.parametrize("waits", [600, 0])
def test_the_limit_counts_what_one_person_alone_has_had_paid_of_the_order_before(play: Play, waits: float) -> None:
    """The second line joins the case while the first is on its way, or makes a case of its own when that is over."""
    world = play.world
    line_by_line(play, 12)
    world.ask(official=True, lines={"L1": 1})
    world.settle()
    world.payments.pending_for, world.payments.expected = 3600, 54 * 3600
    plan = see(play, "refund_approved")
    assert not plan.needs_approval
    command = Command("refund_approved", plan.plan_hash, "she called")
    resolve_exception(world.desk, ANN, MERCHANT, world.the_exception.exception_id, command)
    if waits:
        world.later(waits)
    else:
        world.settle()
    world.ask(delivery="d-2", official=True, lines={"L2": 1})
    world.settle()
    assert len(world.cases) == (1 if waits else 2)
    plan = see(play, "refund_approved")
    assert [x.amount for x in plan.money] == ["10.00"] and plan.needs_approval
    give(play, "refund_approved", plan)
    assert len(world.done("payments.refund")) == 1, "the second waits for a second person"
    approve(world.desk, FIN, MERCHANT, world.the_exception.exception_id, plan.plan_hash)
    world.settle()
    assert len(world.done("payments.refund")) == 2


def test_a_plan_that_could_not_be_followed_to_its_end_needs_a_second_person(play: Play) -> None:
    world = play.world
    line_by_line(play, 12)
    world.ask(official=True)
    world.settle()
    real, read = world.payments.quote, list[str]()

    def quote(order_ref: str, lines: Quantities) -> RefundQuote:
        read.append("quote")
        if len(read) > 1:
            world.faults.on("payments.quote", Trouble.DOWN)
        return real(order_ref, lines)

    world.payments.quote = quote  # type: ignore[method-assign]
    plan = see(play, "refund_approved")
    assert [x.amount for x in plan.money] == ["10.00"] and plan.needs_approval
    world.payments.quote = real  # type: ignore[method-assign]
    world.answer_all(Resolution.NO_REFUND)
    assert not world.done("payments.refund")
