"""Parts of orders: counted before and after in every system, bundles kept whole, goods for sale again once and only when nobody picked them."""

import pytest

from stopship.domain.events import LinesCounted
from stopship.domain.order import PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, Team
from stopship.domain.resolution import Resolution
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import Manner, captured
from tests.fakes.trouble import Trouble
from tests.statemachines.play import Play

TWO = {"L1": 3, "L2": 2}


def two_lines(play: Play, **more: object) -> Order:
    order = play.world.order(lines=dict(TWO), **more)
    captured(order)
    return order


def counted(play: Play, system: str, moment: str) -> dict[str, tuple[int, int, int]]:
    recorded = play.world.ledger.load(play.world.case.merchant, play.world.case.case_id)
    facts = [x.event for x in recorded if isinstance(x.event, LinesCounted)]
    last = [x for x in facts if (x.system, x.moment) == (system, moment)][-1]
    return {row["line_id"]: (row["ordered"], row["shipped"], row["cancelled"]) for row in last.lines}


def test_the_lines_are_counted_before_and_after_in_the_store_and_in_the_erp(play: Play) -> None:
    two_lines(play)
    play.world.ask(lines={"L1": 1, "L2": 2})
    play.world.settle()
    assert play.outcome == Outcome.STOPPED
    assert counted(play, "shopify", "before") == {"L1": (3, 0, 0), "L2": (2, 0, 0)}
    assert counted(play, "shopify", "after") == {"L1": (3, 0, 1), "L2": (2, 0, 2)}
    assert counted(play, "netsuite", "before") == {"1": (3, 0, 0), "2": (2, 0, 0)}
    assert counted(play, "netsuite", "after") == {"1": (2, 0, 0), "2": (2, 0, 2)}


def test_a_store_that_counts_late_is_waited_for(play: Play) -> None:
    two_lines(play)
    play.world.store.counts_late = 130
    play.world.ask(lines={"L1": 1})
    play.world.settle()
    assert play.outcome == Outcome.STOPPED and "Look again later" in play.states()
    assert counted(play, "shopify", "after")["L1"] == (3, 0, 1)


def test_a_store_that_goes_on_counting_what_it_said_is_cancelled_is_a_persons_and_no_money_moves(play: Play) -> None:
    two_lines(play)
    play.world.store.counts_late = 10**9
    play.world.ask(lines={"L1": 1})
    play.world.settle()
    assert play.world.the_exception.cause == Cause.ORDER_CANCEL_UNCONFIRMED
    assert "erp.update" not in play.done and not play.world.done("payments.refund")
    play.world.answer_all(Resolution.DONE_BY_HAND)
    assert play.outcome == Outcome.STOPPED and len(play.world.done("payments.refund")) == 1


def test_a_line_that_somebody_else_changes_while_ours_is_closed_is_finances(play: Play) -> None:
    two_lines(play)
    play.world.erp.somebody_else = {2: 1}
    play.world.ask(lines={"L1": 3})
    play.world.settle()
    item = play.world.the_exception
    assert (item.cause, item.owner) == (Cause.ERP_LINES_DIFFER, Team.FINANCE)
    assert not play.world.done("payments.refund")
    play.world.answer_all(Resolution.DONE_BY_HAND)
    assert play.outcome == Outcome.STOPPED


def test_what_others_had_cancelled_before_is_not_left_open_in_the_erp(play: Play) -> None:
    order = two_lines(play)
    order.cancelled_lines = {"L1": 1}
    play.world.ask(lines={"L1": 1})
    play.world.settle()
    assert play.outcome == Outcome.STOPPED and play.world.erp.reduced["1001"] == {1: 1}


def test_part_of_a_bundle_is_cancelled_only_when_a_person_says_so(play: Play) -> None:
    order = two_lines(play, bundles={"L1": ("set", 1), "L2": ("set", 1)})
    play.world.ask(lines={"L1": 3})
    play.world.settle()
    assert play.world.the_exception.cause == Cause.BUNDLE_IN_PART
    assert "north.stop" not in play.done and "store.cancel" not in play.done
    play.world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 3}


def test_one_of_several_bundles_is_nobodys_question_and_a_piece_of_one_is(play: Play) -> None:
    sets = {"L1": ("set", 2), "L2": ("set", 2)}
    whole = play.world.order("1", lines={"L1": 4, "L2": 2}, bundles=sets)
    part = play.world.order("2", lines={"L1": 4, "L2": 2}, bundles=sets)
    captured(whole)
    captured(part)
    play.world.ask("1", lines={"L1": 2, "L2": 1})
    play.world.ask("2", delivery="d-2", lines={"L1": 1, "L2": 1})
    play.world.settle()
    assert whole.refunded_lines == {"L1": 2, "L2": 1} and part.refunded_lines == {}
    assert play.world.the_exception.cause == Cause.BUNDLE_IN_PART


def test_a_step_that_dies_over_a_bundle_asks_all_the_same(play: Play) -> None:
    two_lines(play, bundles={"L1": ("set", 1), "L2": ("set", 1)})
    play.world.faults.on("store.place_hold", Trouble.DOWN)
    play.machine.faults.append(("Normalize intake", "Sandbox.Timedout"))
    play.world.ask(lines={"L1": 3})
    play.world.settle()
    assert play.world.the_exception.cause == Cause.BUNDLE_IN_PART and "north.stop" not in play.done


@pytest.mark.parametrize("lines", [None, {"L1": 3, "L2": 2}], ids=["all of the order", "every line of the bundle"])
def test_a_whole_bundle_is_nobodys_question(play: Play, lines: dict[str, int] | None) -> None:
    order = two_lines(play, bundles={"L1": ("set", 1), "L2": ("set", 1)})
    play.world.ask(**({"lines": lines} if lines else {}))
    play.world.settle()
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == TWO and not play.world.exceptions


def test_a_wish_that_completes_the_bundle_answers_the_question(play: Play) -> None:
    order = two_lines(play, bundles={"L1": ("set", 1), "L2": ("set", 1)})
    play.world.ask(lines={"L1": 3})
    play.world.settle()
    play.world.ask(delivery="d-2", lines={"L2": 2})
    play.world.settle()
    play.world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == TWO


def test_unpicked_goods_are_for_sale_again_once(play: Play) -> None:
    two_lines(play)
    play.world.faults.on("store.cancel", Trouble.IN_DOUBT)
    play.world.ask(lines={"L1": 2})
    play.world.settle()
    assert play.outcome == Outcome.STOPPED and play.world.store.restocked == {"L1": 2}


def test_picked_goods_are_counted_by_the_warehouse_that_puts_them_back(play: Play) -> None:
    order = two_lines(play)
    play.world.pick(order, PickState.PICKED)
    play.world.warehouses["north"].manner = Manner.CALLBACK
    play.world.ask()
    play.world.settle()
    assert play.outcome == Outcome.STOPPED and play.world.store.restocked == {}


def test_one_picked_leg_keeps_the_whole_cancel_from_restocking(play: Play) -> None:
    order = two_lines(play, works=[Work("a", "north", {"L1": 3}), Work("b", "south", {"L2": 2})])
    play.world.pick(order, PickState.PICKED, "b")
    play.world.ask()
    play.world.settle()
    assert play.outcome == Outcome.STOPPED and play.world.store.restocked == {}
