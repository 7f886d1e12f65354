"""Goods that leave: before, during and after the stop, and a label that is no departure."""

import pytest

from stopship.domain.order import OrderSnapshot, PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, Tier
from stopship.domain.resolution import Resolution
from tests.fakes.order_book import Work
from tests.fakes.partners import Manner, authorised, captured
from tests.fakes.trouble import Trouble
from tests.statemachines.play import Play


def test_a_shipment_signal_wakes_the_leg_that_waits_for_an_answer(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.warehouses["north"].manner = Manner.SILENT
    world.ask()
    world.later(60)
    world.pick(order, PickState.SHIPPED, tell=True)
    world.settle()
    assert play.outcome == Outcome.SHIPPED and "SilenceRecorded" not in play.kinds()
    assert world.seconds < 120
    assert not world.done("payments.refund") and len(world.done("store.return")) == 1


def test_a_late_shipment_signal_wakes_the_leg_that_waits_for_a_person(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.warehouses["north"].manner = Manner.SILENT
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.SILENT_WAREHOUSE
    world.pick(order, PickState.SHIPPED, tell=True)
    world.settle()
    assert world.exceptions == [] and play.outcome == Outcome.SHIPPED
    (state,) = world.case.exceptions.values()
    assert state.resolved and state.resolved.fact.by.startswith("evidence:")
    assert world.case.closed and world.case.closed.fact.root_cause == "warehouse_silent"


def test_a_label_is_no_departure_and_asks_for_the_goods_to_be_held_back(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.warehouses["north"].believes["fo-1001"] = PickState.UNKNOWN
    world.ask()
    world.settle()
    world.pick(order, PickState.LABELLED, tell=True)
    world.settle()
    leg = world.case.legs["fo-1001"]
    assert leg.attempts[1].requested.fact.physical
    assert play.outcome == Outcome.STOPPED


def test_a_label_after_a_system_cancel_contradicts_it(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.warehouses["north"].manner = Manner.CALLBACK
    world.ask()
    world.later(10)
    world.shipment(order, order.works[0], departed=False, delivery="label-1")
    world.settle()
    assert world.the_exception.cause == Cause.STOP_CONTRADICTED
    assert not world.done("store.cancel") and not world.done("payments.refund")
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED


def test_after_closing_a_shipment_signal_reopens_the_case_as_p1(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED
    world.shipment(order, order.works[0], delivery="leak-1")
    world.shipment(order, order.works[0], delivery="leak-1")
    world.settle()
    item = world.the_exception
    assert (item.cause, item.tier) == (Cause.SHIPPED_AFTER_STOP, Tier.P1)
    assert play.outcome == "" and play.kinds().count("CaseReopened") == 1
    world.answer_all(Resolution.IT_SHIPPED)
    closed = world.case.closed
    assert closed and (closed.fact.outcome, closed.fact.root_cause) == (Outcome.SHIPPED, "shipped_after_stop")
    assert len(world.done("payments.refund")) == 1
    assert world.done("store.return")[0].detail == {"L1": 2}
    assert [x.detail for x in world.done("mail")] == ["outcome_stopped", "outcome_shipped"]


def test_goods_that_leave_after_the_stop_and_before_the_money_are_not_paid_for(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.store.confirms_after = 90
    world.ask()
    world.later(30)
    assert world.case.all_settled
    world.shipment(order, order.works[0], delivery="leak-1")
    world.settle()
    assert world.the_exception.cause == Cause.SHIPPED_AFTER_STOP
    world.answer_all(Resolution.IT_SHIPPED)
    assert play.outcome == Outcome.SHIPPED and not world.done("payments.refund")


@pytest.mark.parametrize("trouble", [Trouble.BUSY, Trouble.DOWN])
def test_goods_that_leave_while_the_order_is_read_for_a_second_try_are_neither_cancelled_nor_voided(
    play: Play, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = play.world
    order = world.order(store_lags=True)
    authorised(order)
    order.cancel_voids = True
    world.faults.on("store.cancel", trouble)
    read, left = world.store.read_order, list[str]()

    def read_while_it_leaves(order_ref: str) -> OrderSnapshot | None:
        found = read(order_ref)
        if world.case.cancel_requested and not left:
            left.append(world.clock.now())
            order.works[0].left_at = left[0]
            world.shipment(order, order.works[0], delivery="left-late")
        return found

    monkeypatch.setattr(world.store, "read_order", read_while_it_leaves)
    world.ask()
    world.settle()
    assert left
    assert world.done("store.cancel") == [] and world.done("payments.void") == []
    assert [x.cause for x in world.exceptions] == [Cause.SHIPPED_AFTER_STOP]
    assert play.violations() == []


def test_goods_that_leave_while_a_refund_is_in_doubt_are_not_paid_for_by_asking_again(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.faults.crash_before.add("payments.move")
    world.ask()
    world.settle()
    assert "MoneyRequested" in play.kinds() and not world.done("payments.refund")
    world.shipment(order, order.works[0], delivery="leak-1")
    world.sweep()
    world.answer_all(Resolution.IT_SHIPPED)
    assert world.the_exception.cause == Cause.MONEY_REFUSED
    assert not world.done("payments.refund")
    world.answer_all(Resolution.NO_REFUND)
    assert play.outcome == Outcome.SHIPPED and not world.done("payments.refund")


def test_a_shipment_that_names_no_leg_is_matched_by_its_lines(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 1, "L2": 1}, works=[Work("a", "north", {"L1": 1}), Work("b", "south", {"L2": 1})])
    captured(order)
    for warehouse in world.warehouses.values():
        warehouse.manner = Manner.SILENT
    world.ask()
    world.later(60)
    world.pick(order, PickState.SHIPPED, "b")
    world.shipment(order, Work("elsewhere", "south", {"L2": 1}, PickState.SHIPPED))
    world.settle()
    assert world.case.legs["b"].outcome == Outcome.SHIPPED and world.case.legs["a"].outcome is None
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L1": 1}


def test_a_shipment_of_an_order_without_a_case_is_nobodys(play: Play) -> None:
    order = play.world.order()
    play.world.pick(order, PickState.SHIPPED, tell=True)
    play.world.settle()
    assert play.world.cases == [] and play.done == []


def test_a_person_may_give_up_the_stop_and_the_goods_may_still_leave(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.warehouses["north"].manner = Manner.SILENT
    world.ask()
    world.settle()
    world.answer_all(Resolution.WITHDRAWN)
    assert play.outcome == Outcome.WITHDRAWN
    world.pick(order, PickState.SHIPPED, tell=True)
    world.settle()
    assert play.outcome == Outcome.WITHDRAWN and world.exceptions == []
    assert not world.done("payments.refund")
