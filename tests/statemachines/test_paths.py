"""What becomes of a cancel, told from the wish to the outcome, on the deployed state machine."""

from stopship.domain.order import PickState
from stopship.domain.outcome import Outcome
from tests.fakes.order_book import Work
from tests.fakes.partners import Manner, captured
from tests.statemachines.play import Play


def test_unpicked_work_is_stopped_and_the_money_goes_back_in_at_most_20_transitions(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED
    assert play.done == ["store.hold", "north.stop", "store.cancel", "erp.update", "payments.refund", "mail"]
    (run,) = play.machine.runs.values()
    assert run.transitions <= 20


def test_the_facts_of_a_cancel_stand_in_the_order_in_which_they_became_true(play: Play) -> None:
    captured(play.world.order())
    play.world.ask()
    play.world.settle()
    kinds = play.kinds()
    story = [
        "RequestReceived",
        "LegPlanned",
        "StopShipRequested",
        "AcknowledgementReceived",
        "LegSettled",
        "OrderCancelRequested",
        "OrderCancelled",
        "ErpUpdated",
        "MoneyRequested",
        "MoneyMoved",
        "MessageSent",
        "CaseClosed",
    ]
    assert [k for k in kinds if k in story] == story


def test_a_picked_order_is_held_pulled_and_stopped(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.partners.first = ["north"]
    world.pick(order, PickState.PICKED)
    world.ask()
    world.settle()
    assert play.done[:3] == ["north.hold", "store.hold", "north.stop"]
    leg = world.case.legs["fo-1001"]
    assert leg.attempts[1].requested.fact.physical
    assert leg.settled and leg.settled.fact.proof["kind"] == "physically_stopped"
    assert play.outcome == Outcome.STOPPED


def test_an_answer_by_callback_ends_the_wait_long_before_the_deadline(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.warehouses["north"].manner = Manner.CALLBACK
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED
    assert "SilenceRecorded" not in play.kinds()
    assert world.seconds < 120


def test_work_that_the_store_still_lists_and_that_has_left_becomes_a_return(play: Play) -> None:
    world = play.world
    order = world.order(store_lags=True)
    captured(order)
    world.pick(order, PickState.SHIPPED)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.SHIPPED
    assert not {"north.stop", "store.cancel", "payments.refund"} & set(play.done)
    assert len(world.done("store.return")) == 1
    assert world.done("mail")[0].detail == "outcome_shipped"


def test_what_had_left_before_the_wish_is_a_return_without_a_leg(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.pick(order, PickState.DELIVERED)
    world.ask()
    world.settle()
    assert world.case.legs == {} and play.outcome == Outcome.SHIPPED
    assert world.done("store.return")[0].detail == {"L1": 2}


def test_two_legs_with_different_ends_make_one_honest_outcome(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 2, "L2": 1}, works=[Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})])
    captured(order)
    world.pick(order, PickState.SHIPPED, "b")
    world.ask()
    world.settle()
    closed = world.case.closed
    assert closed and closed.fact.outcome == Outcome.SHIPPED and closed.fact.mixed
    assert {(x["line_id"], x["quantity"], x["outcome"]) for x in closed.fact.lines} == {
        ("L1", 2, "stopped"),
        ("L2", 1, "shipped"),
    }
    assert order.refunded_lines == {"L1": 2}
    assert world.done("store.return")[0].detail == {"L2": 1}
    assert world.done("mail")[0].detail == "outcome_mixed"


def test_one_line_of_two_is_cancelled_and_the_rest_goes_on(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 2, "L2": 1}, works=[Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})])
    captured(order)
    world.ask(lines={"L2": 1})
    world.settle()
    assert play.outcome == Outcome.STOPPED
    assert order.refunded_lines == {"L2": 1} and not order.cancelled
    assert play.done[:2] == ["store.hold", "south.stop"]
    assert world.erp.closed["1001"] == {2}
    assert world.done("mail")[0].detail == "outcome_part_stopped"


def test_part_of_a_line_reduces_the_sales_order_line(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 3}, works=[Work("a", "north", {"L1": 3})])
    captured(order)
    world.ask(lines={"L1": 1})
    world.settle()
    assert order.refunded_lines == {"L1": 1}
    assert world.erp.closed["1001"] == set() and world.erp.reduced["1001"] == {1: 2}


def test_what_ships_after_all_is_let_go_of(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.warehouses["north"].manner = Manner.REJECT
    world.partners.first = ["north"]
    world.ask()
    world.settle()
    world.pick(order, PickState.SHIPPED, tell=True)
    world.settle()
    assert play.outcome == Outcome.SHIPPED
    assert {"store.release", "north.release"} <= set(play.done)
    assert not world.done("payments.refund")


def test_the_hold_of_a_warehouse_stays_while_another_leg_there_is_stopped(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 1, "L2": 1}, works=[Work("a", "north", {"L1": 1}), Work("b", "north", {"L2": 1})])
    captured(order)
    world.partners.first = ["north"]
    world.pick(order, PickState.SHIPPED, "b")
    world.ask()
    world.settle()
    assert play.outcome == Outcome.SHIPPED and not world.done("north.release")


def test_the_first_hold_is_released_where_other_lines_of_the_order_go_on(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 1, "L2": 1}, works=[Work("a", "north", {"L1": 1}), Work("b", "south", {"L2": 1})])
    captured(order)
    world.partners.first = ["north", "south"]
    world.ask(lines={"L2": 1})
    world.settle()
    assert play.outcome == Outcome.STOPPED
    assert play.done.index("north.release") < play.done.index("store.cancel") < play.done.index("south.release")
    assert not order.works[0].held
