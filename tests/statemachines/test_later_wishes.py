"""An order that somebody asks about again: while its case waits for others, and after a case of it has ended."""

from dataclasses import replace
from decimal import Decimal

import pytest

from stopship.application.open_case import receive_request
from stopship.application.receive_signal import receive_signal
from stopship.domain.case import Case
from stopship.domain.events import SilenceRecorded
from stopship.domain.ids import case_id
from stopship.domain.instant import seconds_between
from stopship.domain.order import PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause
from stopship.domain.request import Reason, Requester
from stopship.domain.resolution import Resolution
from stopship.domain.signal import Signal, SignalKind
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import Manner, captured
from tests.fakes.trouble import Trouble
from tests.fakes.world import CHANNEL, MERCHANT
from tests.statemachines.play import Play


def two_places(play: Play) -> Order:
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = play.world.order(lines={"L1": 2, "L2": 1}, works=works)
    captured(order)
    return order


def whole_order_cancelled(play: Play, order: Order) -> str:
    """Somebody cancels it in the shop, and the shop says so."""
    order.cancelled = True
    for work in order.works:
        work.listed = False
    wish = play.world.wish(delivery="whole", source=f"{CHANNEL}:order_cancelled", requester=Requester.OPS)
    return receive_request(play.world.desk, wish).how


def first_case(play: Play) -> Case:
    return play.world.desk.cases.load(MERCHANT, case_id(MERCHANT, CHANNEL, "1001", 1))


def test_a_wish_is_acted_on_at_once_though_another_warehouse_owes_its_answer(play: Play) -> None:
    world = play.world
    two_places(play)
    world.warehouses["north"].manner = Manner.CALLBACK
    world.warehouses["north"].answers_after = 600
    world.ask(lines={"L1": 2})
    world.later(60)
    assert world.done("south.stop") == []
    world.ask(delivery="d-2", lines={"L2": 1})
    world.later(10)
    assert len(world.done("south.stop")) == 1
    assert len(world.done("north.stop")) == 1, "the first is not asked again"
    assert not world.done("store.cancel") and not world.done("payments.refund")
    world.settle()
    assert play.outcome == Outcome.STOPPED and len(world.done("payments.refund")) == 1
    assert 600 <= world.seconds < 900, "its answer still ends the wait"


def test_an_answer_that_never_comes_is_still_noticed_at_its_own_deadline(play: Play) -> None:
    world = play.world
    two_places(play)
    world.warehouses["north"].manner = Manner.SILENT
    world.ask(lines={"L1": 2})
    world.later(60)
    (attempt,) = world.case.legs["a"].attempts.values()
    world.ask(delivery="d-2", lines={"L2": 1})
    world.settle()
    assert world.the_exception.cause == Cause.SILENT_WAREHOUSE
    silence = next(x for x in world.ledger.load(MERCHANT, world.case.case_id) if isinstance(x.event, SilenceRecorded))
    assert 0 <= seconds_between(attempt.requested.fact.deadline, silence.at) < 5
    assert not world.done("payments.refund")
    world.answer_all(Resolution.THEY_STOPPED_IT)
    world.settle()
    assert play.outcome == Outcome.STOPPED


def test_a_wish_is_acted_on_at_once_though_a_person_is_asked_about_the_first(play: Play) -> None:
    world = play.world
    two_places(play)
    world.warehouses["north"].manner = Manner.SILENT
    world.ask(lines={"L1": 2})
    world.settle()
    asked = world.the_exception.exception_id
    world.ask(delivery="d-2", lines={"L2": 1})
    world.settle()
    assert len(world.done("south.stop")) == 1 and len(world.case.legs["a"].attempts) == 1
    assert world.the_exception.exception_id == asked, "it is still the same question"
    world.answer_all(Resolution.THEY_STOPPED_IT)
    world.settle()
    assert play.outcome == Outcome.STOPPED


def test_a_wish_is_acted_on_at_once_though_a_person_is_asked_about_the_case(play: Play) -> None:
    world = play.world
    two_places(play)
    world.faults.on("store.cancel", Trouble.REFUSE)
    world.ask(lines={"L1": 2})
    world.settle()
    asked = world.the_exception
    assert asked.cause == Cause.ORDER_CANCEL_REFUSED
    world.faults.on("store.cancel", Trouble.REFUSE)
    world.ask(delivery="d-2", lines={"L2": 1})
    world.settle()
    assert len(world.done("south.stop")) == 1
    assert world.the_exception.exception_id == asked.exception_id, "it is still the same question"
    assert not world.done("payments.refund")
    world.answer_all(Resolution.RETRY)
    world.settle()
    assert play.outcome == Outcome.STOPPED and len(world.done("store.cancel")) == 1


def test_a_wish_whose_process_died_before_it_told_anybody_is_brought_in_by_the_sweep(play: Play) -> None:
    world = play.world
    two_places(play)
    world.warehouses["north"].manner = Manner.SILENT
    world.ask(lines={"L1": 2})
    world.later(60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(play.machine, "wake", lambda _token, _output: False)
        world.ask(delivery="d-2", lines={"L2": 1})
    world.later(30)
    assert world.done("south.stop") == []
    world.sweep()
    world.later(5)
    assert len(world.done("south.stop")) == 1


def test_a_whole_order_that_is_cancelled_after_a_part_of_it_is_no_echo_and_is_stopped(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.ask(lines={"L2": 1})
    world.settle()
    assert not world.done("north.stop")
    assert whole_order_cancelled(play, order) == "opened"
    world.settle()
    assert len(world.done("north.stop")) == 1
    assert order.refunded_lines.get("L2", 0) <= 1


def test_a_whole_order_that_is_cancelled_while_a_part_of_it_is_stopped_is_no_echo(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.warehouses["south"].manner = Manner.SILENT
    world.ask(lines={"L2": 1})
    world.later(60)
    assert whole_order_cancelled(play, order) == "joined"
    world.later(30)
    assert world.case.order and world.case.order.fact.cancelled


def test_a_cancel_that_was_refused_to_us_and_is_made_in_the_shop_ends_the_question(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.faults.on("store.cancel", Trouble.REFUSE)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.ORDER_CANCEL_REFUSED
    assert whole_order_cancelled(play, order) == "joined"
    world.settle()
    assert world.exceptions == [] and play.outcome == Outcome.STOPPED
    assert not world.done("store.cancel") and len(world.done("payments.refund")) == 1


def test_goods_of_an_earlier_case_that_leave_reopen_that_case_and_not_the_newest(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.ask(lines={"L1": 2})
    world.settle()
    world.ask(delivery="d-2", lines={"L2": 1})
    world.settle()
    assert len(world.cases) == 2 and all(case.closed for case in world.cases)
    work = order.works[0]
    work.state, work.left_at = PickState.SHIPPED, world.clock.now()
    world.shipment(order, work)
    world.shipment(order, work)
    world.settle()
    first = first_case(play)
    assert [len(case.reopened) for case in world.cases if case.case_id == first.case_id] == [1]
    assert sum(len(case.reopened) for case in world.cases) == 1
    assert world.the_exception.cause == Cause.SHIPPED_AFTER_STOP and world.the_exception.case_id == first.case_id
    lock = world.ledger.lock_of(MERCHANT, CHANNEL, order.ref)
    assert lock and lock.case_id != first.case_id, "a new wish still joins, or follows, the newest"


def test_a_refund_of_an_earlier_case_that_fails_afterwards_is_told_to_finance(play: Play) -> None:
    world = play.world
    two_places(play)
    world.ask(lines={"L1": 2})
    world.settle()
    (key,) = world.case.moves
    world.ask(delivery="d-2", lines={"L2": 1})
    world.settle()
    now = world.clock.now()
    seen = Signal(MERCHANT, CHANNEL, "stripe", "refund.failed", "evt-1", "1001", "", SignalKind.REFUND_SEEN, now, now)
    told = replace(seen, reference="re_1", origin_key=key, failure="declined")
    for _ in range(2):
        receive_signal(world.desk, told)
    assert [x.cause for x in world.exceptions] == [Cause.MONEY_FAILED]
    assert world.payments._read("1001").paid_back == Decimal("30.00")


# ---------------------------------------------------------------------------------------------- after a leg was let go

LETS_GO = (Resolution.WITHDRAWN, Resolution.SAVED, Resolution.LET_IT_SHIP, Resolution.ADDRESS_FIXED)


def let_go(play: Play, word: Resolution, *, settle: bool = True) -> Order:
    """Both warehouses owe their answers; a person lets the goods in the north go, and the south is waited for."""
    world = play.world
    order = two_places(play)
    for name in ("north", "south"):
        world.warehouses[name].manner = Manner.SILENT
    world.ask()
    world.settle()
    world.answer(next(x for x in world.exceptions if x.leg_id == "a"), word)
    if settle:
        world.settle()
    world.warehouses["north"].manner = Manner.PROMPT
    return order


@pytest.mark.parametrize("word", LETS_GO)
def test_what_was_let_go_and_is_asked_for_again_is_stopped_after_all(play: Play, word: Resolution) -> None:
    world = play.world
    order = let_go(play, word)
    assert not world.done("north.stop") and world.case.legs["a"].settled
    world.ask(delivery="d-2")
    world.settle()
    assert len(world.done("north.stop")) == 1 and world.case.legs["a"].outcome is Outcome.STOPPED
    assert not world.done("payments.refund"), "the south still owes its answer"
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2, "L2": 1}


def test_a_word_that_has_no_effect_yet_is_outweighed_too(play: Play) -> None:
    world = play.world
    order = let_go(play, Resolution.LET_IT_SHIP, settle=False)
    assert world.case.legs["a"].human and not world.case.legs["a"].settled
    world.ask(delivery="d-2")
    world.settle()
    assert len(world.done("north.stop")) == 1
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert order.refunded_lines == {"L1": 2, "L2": 1}


def test_the_answer_from_before_the_word_decides_nothing_about_the_new_wish(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.warehouses["north"].manner, world.warehouses["south"].manner = Manner.REJECT, Manner.SILENT
    world.ask()
    world.settle()
    world.answer(next(x for x in world.exceptions if x.leg_id == "a"), Resolution.LET_IT_SHIP)
    world.settle()
    world.warehouses["north"].manner = Manner.PROMPT
    world.ask(delivery="d-2")
    world.settle()
    assert sorted(world.case.legs["a"].attempts) == [1, 2] and world.case.legs["a"].outcome is Outcome.STOPPED
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert order.refunded_lines == {"L1": 2, "L2": 1}


def test_a_word_after_the_new_wish_counts_again(play: Play) -> None:
    world = play.world
    order = let_go(play, Resolution.LET_IT_SHIP)
    world.warehouses["north"].manner = Manner.SILENT
    world.ask(delivery="d-2")
    world.settle()
    world.answer(next(x for x in world.exceptions if x.leg_id == "a"), Resolution.WITHDRAWN)
    world.settle()
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert world.case.legs["a"].outcome is Outcome.WITHDRAWN
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L2": 1}


def test_the_same_wish_told_again_changes_nothing_about_what_was_let_go(play: Play) -> None:
    world = play.world
    order = let_go(play, Resolution.LET_IT_SHIP)
    world.ask()
    world.settle()
    assert not world.done("north.stop") and "LegReopened" not in play.kinds()
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert order.refunded_lines == {"L2": 1}


def test_a_wish_for_other_lines_changes_nothing_about_what_was_let_go(play: Play) -> None:
    world = play.world
    order = let_go(play, Resolution.LET_IT_SHIP)
    world.ask(delivery="d-2", lines={"L2": 1})
    world.settle()
    assert not world.done("north.stop") and "LegReopened" not in play.kinds()
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert order.refunded_lines == {"L2": 1}


def test_of_what_was_let_go_only_the_part_that_is_asked_for_again_is_stopped(play: Play) -> None:
    world = play.world
    order = let_go(play, Resolution.LET_IT_SHIP)
    for delivery in ("d-2", "d-3"):
        world.ask(delivery=delivery, lines={"L1": 1})
        world.settle()
    ends = {x: (dict(leg.plan.lines), leg.outcome) for x, leg in world.case.legs.items() if x != "b"}
    assert ends == {"a": ({"L1": 1}, Outcome.STOPPED), "a~2": ({"L1": 1}, Outcome.SHIPPED)}
    assert len(world.done("north.stop")) == 1
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L1": 1, "L2": 1}


def test_what_was_let_go_and_has_left_is_not_stopped(play: Play) -> None:
    world = play.world
    order = let_go(play, Resolution.LET_IT_SHIP)
    world.pick(order, PickState.SHIPPED, "a", tell=True)
    world.settle()
    world.ask(delivery="d-2")
    world.settle()
    assert not world.done("north.stop") and len(world.case.legs["a"].attempts) == 1
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L2": 1}


def test_what_a_person_says_has_left_is_not_stopped(play: Play) -> None:
    world = play.world
    order = let_go(play, Resolution.IT_SHIPPED)
    world.ask(delivery="d-2")
    world.settle()
    assert not world.done("north.stop") and "LegReopened" not in play.kinds()
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L2": 1}


def test_a_payment_that_is_still_missing_outweighs_no_word(play: Play) -> None:
    world = play.world
    let_go(play, Resolution.LET_IT_SHIP)
    world.ask(delivery="d-2", reason=Reason.PAYMENT_TIMEOUT, requester=Requester.SYSTEM)
    world.settle()
    assert not world.done("north.stop") and "LegReopened" not in play.kinds()
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.world.case.legs["a"].outcome is Outcome.SHIPPED


def test_what_was_let_go_is_held_and_stopped_again_while_the_rest_is_being_cancelled(play: Play) -> None:
    world = play.world
    order = let_go(play, Resolution.LET_IT_SHIP)
    world.store.confirms_after = 150
    world.answer(world.the_exception, Resolution.THEY_STOPPED_IT)
    world.later(60)
    assert [x.detail for x in world.done("store.release")] == ["a"]
    world.ask(delivery="d-2")
    world.settle()
    assert [x.detail for x in world.done("store.hold")].count("a") == 2
    assert len(world.done("north.stop")) == 1
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2, "L2": 1}


def test_a_wish_that_was_taken_back_whole_and_is_made_again_is_acted_on(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.ask(lines={"L1": 2, "L9": 1})
    world.settle()
    world.answer(world.the_exception, Resolution.WITHDRAWN)
    world.ask(delivery="d-2", lines={"L1": 2})
    world.settle()
    assert world.the_exception.cause == Cause.LINES_NOT_IN_ORDER, "nobody has seen to the other line"
    world.answer_all(Resolution.RETRY)
    assert len(world.done("north.stop")) == 1 and order.refunded_lines == {"L1": 2}


def test_a_wish_from_before_the_word_that_comes_after_it_undoes_nothing_and_is_a_question(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.warehouses["north"].manner = Manner.SILENT
    world.faults.on("erp.update", Trouble.REFUSE, 1)
    late = world.wish(delivery="d-9")
    world.ask()
    world.settle()
    world.answer_all(Resolution.SAVED)
    world.warehouses["north"].manner = Manner.PROMPT
    assert receive_request(world.desk, late).how == "joined"
    assert receive_request(world.desk, late).how == "repeated"
    world.settle()
    assert sorted(x.cause for x in world.exceptions) == [Cause.ERP_REFUSED, Cause.UNMATCHED_MESSAGE]
    world.answer_all(Resolution.DONE_BY_HAND)
    assert play.outcome == Outcome.SAVED
    assert not world.done("north.stop") and not world.done("payments.refund")


def test_goods_that_may_lie_at_two_places_are_stopped_at_both_when_a_wish_names_them_anew(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = world.order(lines={"L1": 2, "L2": 1}, works=works)
    captured(order)
    order.cancelled = True
    for work in works:
        work.listed = False
    world.faults.on("erp.update", Trouble.REFUSE, 1)
    world.ask()
    world.settle()
    for item in world.exceptions:
        world.answer(item, Resolution.LET_IT_SHIP)
    world.settle()
    asked = len(world.done("south.stop")), len(world.done("north.stop"))
    world.ask(delivery="d-2", lines={"L2": 1})
    world.settle()
    assert len(world.done("south.stop")) > asked[0] and len(world.done("north.stop")) > asked[1]


# ----------------------------------------------------------------------------- after a part was asked for again, and the rest may go


def part_wanted(play: Play, pieces: int, part: int, manner: Manner = Manner.CALLBACK) -> Order:
    """A person lets all the pieces of ``a`` go, and then somebody asks for a part of them: ``a~2`` is the rest, which may go. NetSuite's question keeps
    the case open."""
    world = play.world
    order = world.order(lines={"L1": pieces}, works=[Work("a", "north", {"L1": pieces})])
    captured(order)
    world.warehouses["north"].manner = Manner.SILENT
    world.faults.on("erp.update", Trouble.REFUSE)
    world.ask()
    world.settle()
    world.answer_all(Resolution.LET_IT_SHIP)
    world.warehouses["north"].manner, world.warehouses["north"].answers_after = manner, 300
    world.ask(delivery="d-2", lines={"L1": part})
    world.later(30)
    assert [dict(leg.plan.lines) for leg in world.case.legs.values()] == [{"L1": part}, {"L1": pieces - part}]
    return order


def left(play: Play, pieces: int, number: str = "box-1", source: str = "north", work: str = "a") -> None:
    """Told twice: so many pieces, or nobody says how many for 0."""
    world, now = play.world, play.world.clock.now()
    lines, place = {"L1": pieces} if pieces else {}, "" if source == CHANNEL else source
    seen = Signal(MERCHANT, CHANNEL, source, "shipped", "", "1001", work, SignalKind.SHIPMENT, now, now)
    for delivery in (f"{source}-{number}-1", f"{source}-{number}-2"):
        told = replace(seen, delivery_id=delivery, lines=lines, departed=True, reference=number, place=place)
        receive_signal(world.desk, told)
    world.settle()


def ends(play: Play) -> dict[str, str]:
    return {name: str(leg.outcome or "") for name, leg in play.world.case.legs.items()}


@pytest.mark.parametrize("pieces", [1, 0])
def test_that_the_rest_leaves_ends_no_stop_of_the_part(play: Play, pieces: int) -> None:
    world = play.world
    order = part_wanted(play, 2, 1)
    left(play, pieces)
    assert ends(play) == {"a": Outcome.STOPPED, "a~2": Outcome.SHIPPED}
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L1": 1}
    assert not world.done("store.return") and [x.detail for x in world.done("mail")] == ["outcome_part_stopped"]


def test_what_leaves_beyond_the_rest_is_of_the_part_and_is_not_paid(play: Play) -> None:
    world = play.world
    order = part_wanted(play, 2, 1)
    left(play, 2)
    assert ends(play) == {"a": Outcome.SHIPPED, "a~2": Outcome.SHIPPED}
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {}


def test_the_rest_may_leave_in_several_shipments(play: Play) -> None:
    order = part_wanted(play, 3, 1)
    left(play, 1, "box-1")
    left(play, 1, "box-2")
    assert ends(play) == {"a": Outcome.STOPPED, "a~2": Outcome.SHIPPED}
    play.world.answer_all(Resolution.RETRY)
    assert order.refunded_lines == {"L1": 1}
    left(play, 1, "box-3")
    assert [(x.cause, x.leg_id) for x in play.world.exceptions] == [(Cause.SHIPPED_AFTER_STOP, "a")]


def test_the_rest_that_leaves_after_closing_is_no_leak_and_what_leaves_after_it_is(play: Play) -> None:
    world = play.world
    order = part_wanted(play, 2, 1, Manner.PROMPT)
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L1": 1}
    world.pick(order, PickState.SHIPPED, "a")
    left(play, 1)
    left(play, 1, "1Z-of-box-1", "warehouse:north")
    left(play, 1, "fulfillment-7", CHANNEL, work="")
    assert world.exceptions == [] and not world.case.reopened and play.outcome == Outcome.SHIPPED
    left(play, 1, "box-2")
    assert [(x.cause, x.leg_id) for x in world.exceptions] == [(Cause.SHIPPED_AFTER_STOP, "a")]
    assert len(world.case.reopened) == 1 and len(world.done("payments.refund")) == 1


def test_where_nobody_says_how_much_left_after_closing_a_person_looks_at_what_was_stopped(play: Play) -> None:
    world = play.world
    part_wanted(play, 2, 1, Manner.PROMPT)
    world.answer_all(Resolution.RETRY)
    left(play, 0)
    assert [(x.cause, x.leg_id) for x in world.exceptions] == [(Cause.SHIPPED_AFTER_STOP, "a")]
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert ends(play) == {"a": Outcome.STOPPED, "a~2": Outcome.SHIPPED} and len(world.done("payments.refund")) == 1


def test_a_label_for_the_rest_makes_the_stop_of_the_part_careful_and_is_no_leak_after_it(play: Play) -> None:
    world = play.world
    order = part_wanted(play, 2, 1)
    world.shipment(order, replace(order.works[0], lines={"L1": 1}), departed=False, delivery="label-1")
    assert all(leg.in_work for leg in world.case.legs.values())
    world.settle()
    world.answer_all(Resolution.RETRY)
    world.shipment(order, replace(order.works[0], lines={"L1": 1}), departed=False, delivery="label-2")
    world.settle()
    assert len(world.case.legs["a"].shipments) == 1 and len(world.case.legs["a~2"].shipments) == 2
    assert world.exceptions == [] and order.refunded_lines == {"L1": 1}


def test_what_was_let_go_keeps_its_own_word_when_a_person_vouches_for_a_part_of_the_rest(play: Play) -> None:
    world = play.world
    order = part_wanted(play, 3, 2, Manner.SILENT)
    world.settle()
    play.stopped_in_part(next(x for x in world.exceptions if x.leg_id == "a"), {"L1": 1})
    words = {name: leg.human.fact.resolution for name, leg in world.case.legs.items() if leg.human}
    part = Resolution.STOPPED_IN_PART
    assert words == {"a": part, "a~2": Resolution.LET_IT_SHIP, "a~3": part}
    world.warehouses["north"].manner = Manner.PROMPT
    world.ask(delivery="d-3")
    world.settle()
    assert ends(play) == {"a": Outcome.STOPPED, "a~2": Outcome.STOPPED, "a~3": Outcome.SHIPPED}
    world.answer_all(Resolution.RETRY)
    assert order.refunded_lines == {"L1": 2}


def test_a_part_of_what_was_once_a_rest_is_vouched_for_and_paid(play: Play) -> None:
    world = play.world
    order = part_wanted(play, 3, 1, Manner.SILENT)
    world.ask(delivery="d-3")
    world.settle()
    play.stopped_in_part(next(x for x in world.exceptions if x.leg_id == "a~2"), {"L1": 1})
    assert ends(play)["a~2"] == Outcome.STOPPED
    world.answer(next(x for x in world.exceptions if x.leg_id == "a"), Resolution.THEY_STOPPED_IT)
    world.settle()
    assert ends(play) == {"a": Outcome.STOPPED, "a~2": Outcome.STOPPED, "a~2~2": Outcome.SHIPPED}
    world.answer_all(Resolution.RETRY)
    assert order.refunded_lines == {"L1": 2}


def test_the_rest_of_a_part_that_a_person_vouched_for_leaves_late_and_is_no_leak(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 3}, works=[Work("a", "north", {"L1": 3})])
    captured(order)
    world.warehouses["north"].manner = Manner.SILENT
    world.ask()
    world.settle()
    play.stopped_in_part(world.the_exception, {"L1": 2})
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L1": 2}
    left(play, 1)
    assert world.exceptions == [] and not world.case.reopened
    left(play, 1, "box-2")
    assert [(x.cause, x.leg_id) for x in world.exceptions] == [(Cause.SHIPPED_AFTER_STOP, "a")]


def test_what_was_let_go_is_stopped_after_all_when_the_order_turns_out_to_be_fraud(play: Play) -> None:
    world = play.world
    order = two_places(play)
    for name in ("north", "south"):
        world.warehouses[name].manner = Manner.SILENT
    world.ask()
    world.settle()
    first, second = sorted(world.exceptions, key=lambda item: item.leg_id)
    world.answer(first, Resolution.LET_IT_SHIP)
    world.settle()
    for name in ("north", "south"):
        world.warehouses[name].manner = Manner.PROMPT
    world.answer(second, Resolution.MARK_FRAUD)
    world.settle()
    assert play.outcome == Outcome.BLOCKED
    assert all(work.stopped for work in order.works)
