"""The ERP: closed by line, busy, refusing, different, or not there at all. None of it moves money early."""

import pytest

from stopship.application.ports import SalesOrder
from stopship.domain.order import PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, Team
from stopship.domain.resolution import Resolution
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import captured
from tests.fakes.trouble import Trouble
from tests.statemachines.play import Play


def ask(play: Play) -> Order:
    order = play.world.order()
    captured(order)
    play.world.ask()
    play.world.settle()
    return order


def test_a_busy_netsuite_is_tried_again(play: Play) -> None:
    play.world.faults.on("erp.read_sales_order", Trouble.DOWN, times=3)
    ask(play)
    assert play.outcome == Outcome.STOPPED
    assert ("Update NetSuite", "retry 0", "Update NetSuite") in play.machine.edges


def test_a_netsuite_that_stays_busy_is_an_exception_and_no_money_moves(play: Play) -> None:
    play.world.faults.on("erp.update", Trouble.DOWN, times=4)
    ask(play)
    assert play.world.the_exception.cause == Cause.PARTNER_UNAVAILABLE
    assert "erp.update" not in play.done and not play.world.done("payments.refund")
    play.world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED and len(play.world.done("payments.refund")) == 1


def test_an_update_whose_answer_was_lost_leaves_the_same_lines_closed(play: Play) -> None:
    play.world.faults.on("erp.update", Trouble.IN_DOUBT)
    ask(play)
    assert play.outcome == Outcome.STOPPED and play.world.erp.closed == {"1001": {1}}
    assert play.kinds().count("ErpUpdateRequested") == 2 and play.kinds().count("ErpUpdated") == 1


@pytest.mark.parametrize("call", ["erp.read_sales_order", "erp.update"])
def test_an_answer_of_another_shape_is_never_guessed_at(play: Play, call: str) -> None:
    play.world.faults.on(call, Trouble.BROKEN)
    ask(play)
    assert play.world.the_exception.cause == Cause.PARTNER_CONTRACT_BROKEN
    assert not play.world.done("payments.refund")
    play.world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED


def test_a_refused_update_is_finances_and_may_be_done_by_hand(play: Play) -> None:
    play.world.faults.on("erp.update", Trouble.REFUSE)
    ask(play)
    item = play.world.the_exception
    assert (item.cause, item.owner) == (Cause.ERP_REFUSED, Team.FINANCE)
    assert not play.world.done("payments.refund")
    play.world.answer_all(Resolution.DONE_BY_HAND)
    skipped = play.world.case.erp_skipped
    assert skipped and skipped.fact.why == "by_hand" and "erp.update" not in play.done
    assert play.outcome == Outcome.STOPPED


def test_a_sales_order_that_is_missing_or_has_other_lines_is_a_persons(play: Play) -> None:
    play.world.erp.known = False
    ask(play)
    assert play.world.the_exception.cause == Cause.ERP_REFUSED
    play.world.erp.known = True
    play.world.erp.without = {"L1"}
    play.world.answer_all(Resolution.RETRY)
    assert play.world.the_exception.cause == Cause.ERP_LINES_DIFFER
    assert not play.world.done("payments.refund")
    play.world.erp.without = set()
    play.world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED


def test_what_was_fulfilled_is_invoiced_before_the_rest_is_closed(play: Play) -> None:
    play.world.erp.fulfilled = {"L1": 1}
    ask(play)
    assert play.world.the_exception.cause == Cause.INVOICE_BEFORE_CLOSE
    assert play.world.erp.closed == {} and not play.world.done("payments.refund")
    play.world.erp.billed = {"L1": 1}
    play.world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED and play.world.erp.closed == {"1001": {1}}


def test_a_merchant_without_an_erp_needs_none(play: Play) -> None:
    play.world.partners.has_erp = False
    ask(play)
    skipped = play.world.case.erp_skipped
    assert skipped and skipped.fact.why == "no_erp" and play.outcome == Outcome.STOPPED


def test_the_audit_fields_say_who_asked_what_was_proven_and_when(play: Play) -> None:
    ask(play)
    fields = play.world.erp.fields["1001"]
    case = play.world.case
    assert (fields["case_id"], fields["reason"], fields["final_outcome"], fields["ack_level"]) == (
        case.case_id,
        "CUSTOMER_REQUEST",
        "stopped",
        "system_cancelled",
    )
    moments = [fields[x] for x in ("requested_at", "stopship_sent_at", "stopship_acked_at", "final_at")]
    assert moments == sorted(moments) and all(moments)


def test_a_line_that_joins_after_an_update_by_hand_is_closed_in_netsuite(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    captured(world.order(lines={"L1": 2, "L2": 1}, works=works))
    world.faults.on("erp.update", Trouble.REFUSE)
    world.ask(lines={"L1": 2})
    world.settle()
    assert world.the_exception.cause == Cause.ERP_REFUSED
    play.machine.before["Payment action"] = lambda: world.ask(delivery="d-2", lines={"L2": 1})
    world.answer_all(Resolution.DONE_BY_HAND)
    assert [x.detail for x in world.done("erp.update")] == [[2]] and world.erp.closed == {"1001": {2}}
    assert play.outcome == Outcome.STOPPED


def test_a_departure_that_comes_while_netsuite_is_read_closes_no_line(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = play.world
    order = world.order()
    captured(order)
    read = world.erp.read_sales_order

    def read_and_leave(order_ref: str) -> SalesOrder | None:
        found = read(order_ref)
        if not order.works[0].gone:
            world.pick(order, PickState.SHIPPED, tell=True)
        return found

    monkeypatch.setattr(world.erp, "read_sales_order", read_and_leave)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.SHIPPED_AFTER_STOP
    assert world.erp.closed == {} and "ErpUpdateRequested" not in play.kinds()
    assert not world.done("payments.refund") and not world.done("mail")


def test_a_wish_that_comes_while_netsuite_is_read_is_stopped_before_a_line_is_closed(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    captured(world.order(lines={"L1": 2, "L2": 1}, works=works))
    read = world.erp.read_sales_order

    def read_and_ask(order_ref: str) -> SalesOrder | None:
        found = read(order_ref)
        if len(world.case.requests) == 1:
            world.ask(delivery="d-2", lines={"L2": 1})
        return found

    monkeypatch.setattr(world.erp, "read_sales_order", read_and_ask)
    world.ask(lines={"L1": 2})
    world.settle()
    assert [x.detail for x in world.done("erp.update")] == [[1, 2]]
    assert play.outcome == Outcome.STOPPED
