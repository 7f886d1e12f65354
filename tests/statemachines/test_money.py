"""Money: after proof, once, as much as is still there; and what happens when the bank is slow, says no, or was faster."""

from decimal import Decimal

import pytest

from stopship.domain.errors import InvalidInput
from stopship.domain.money import Transaction, TransactionKind, TransactionStatus
from stopship.domain.order import PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, Team
from stopship.domain.resolution import Resolution
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import Manner, authorised, capture_authorised, captured
from tests.fakes.trouble import Trouble
from tests.statemachines.play import Play


def two_places(play: Play) -> Order:
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = play.world.order(lines={"L1": 2, "L2": 1}, works=works)
    captured(order)
    return order


def settled(play: Play) -> str:
    money = play.world.case.money_settled
    return money.fact.why if money else ""


def test_reserved_money_is_let_go_of_not_refunded(play: Play) -> None:
    authorised(play.world.order())
    play.world.ask()
    play.world.settle()
    assert settled(play) == "voided" and len(play.world.done("payments.void")) == 1
    assert not play.world.done("payments.refund")


def test_reserved_money_stays_reserved_while_part_of_the_order_goes_on(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 2, "L2": 1}, works=[Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})])
    authorised(order)
    world.ask(lines={"L2": 1})
    world.settle()
    assert settled(play) == "not_captured"
    assert not world.done("payments.void") and not world.done("payments.refund")


def test_money_that_is_captured_between_reading_and_voiding_is_refunded(play: Play) -> None:
    world = play.world
    order = world.order()
    authorised(order)
    world.faults.on("payments.move", Trouble.DOWN)
    play.machine.before["Payment action"] = lambda: world.schedule(1, lambda: capture_authorised(order))
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED and settled(play) == "refunded"
    assert not world.done("payments.void") and len(world.done("payments.refund")) == 1


def test_a_void_that_fails_while_the_reservation_stands_is_finances(play: Play) -> None:
    world = play.world
    authorised(world.order())
    world.faults.on("payments.move", Trouble.REFUSE)
    world.ask()
    world.settle()
    item = world.the_exception
    assert (item.cause, item.owner) == (Cause.MONEY_FAILED, Team.FINANCE)
    assert not world.done("payments.void") and not world.done("mail")
    world.answer_all(Resolution.RETRY)
    assert settled(play) == "voided" and len(world.done("payments.void")) == 1
    assert [type(m.moved) is type(None) for m in world.case.moves.values()] == [True, False]


def test_a_pending_refund_is_waited_for_and_never_asked_twice(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.payments.pending_for = 300
    world.ask()
    world.settle()
    assert settled(play) == "refunded" and len(world.done("payments.refund")) == 1
    assert [m.moved.fact.status for m in world.case.moves.values() if m.moved] == ["done"]


def test_a_refund_that_stays_pending_is_finances_and_closes_when_it_is_done(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.payments.never = True
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_PENDING and not world.done("mail")
    world.payments.never = False
    world.answer_all(Resolution.RETRY)
    assert settled(play) == "refunded" and len(world.done("payments.refund")) == 1


def test_a_refund_that_fails_is_tried_again_only_by_a_person_and_under_a_new_key(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.payments.fails = 1
    world.payments.pending_for = 60
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_FAILED
    assert not world.done("payments.refund") and not world.done("mail")
    world.answer_all(Resolution.RETRY)
    assert settled(play) == "refunded" and len(world.done("payments.refund")) == 1
    assert len(world.case.moves) == 2


def test_a_refund_whose_answer_was_lost_is_done_once(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.faults.on("payments.move", Trouble.IN_DOUBT, times=2)
    world.ask()
    world.settle()
    assert settled(play) == "refunded" and len(world.done("payments.refund")) == 1


def test_what_somebody_else_has_paid_back_is_not_paid_again(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    order.transactions.append(
        Transaction("r-1", TransactionKind.REFUND, TransactionStatus.SUCCESS, order.total, order.currency, "sale-0")
    )
    order.refunded_lines["L1"] = 2
    world.ask()
    world.settle()
    assert settled(play) == "paid_back_by_others" and not world.done("payments.refund")
    assert play.outcome == Outcome.STOPPED


def test_a_line_that_was_partly_paid_back_by_hand_is_finances(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    order.refunded_lines["L1"] = 1
    half = Transaction("r-1", TransactionKind.REFUND, TransactionStatus.SUCCESS, order.price, order.currency, "sale-0")
    order.transactions.append(half)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_REFUSED
    assert not world.done("payments.refund")
    world.answer_all(Resolution.NO_REFUND)
    assert settled(play) == "no_refund_by_person" and not world.done("payments.refund")


def test_an_open_dispute_keeps_the_money_where_it_is(play: Play) -> None:
    world = play.world
    order = world.order(dispute=True)
    captured(order)
    world.ask()
    world.settle()
    assert (world.the_exception.cause, world.the_exception.tier) == (Cause.DISPUTE_OPEN, "P1")
    with pytest.raises(InvalidInput):
        world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    world.answer_all(Resolution.RETRY)
    assert world.the_exception.cause == Cause.DISPUTE_OPEN and not world.done("payments.refund")
    world.answer_all(Resolution.DONE_BY_HAND)
    assert settled(play) == "by_hand" and play.outcome == Outcome.STOPPED


def test_shipped_lines_are_paid_back_only_when_two_people_say_so(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.pick(order, PickState.SHIPPED, "b")
    world.payments.fails = 1
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_FAILED and order.refunded_lines == {}
    world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert order.refunded_lines == {"L1": 2, "L2": 1} and len(world.done("payments.refund")) == 1
    assert play.outcome == Outcome.SHIPPED


def test_two_cancels_of_pieces_of_the_same_line_are_each_paid_back(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 3}, works=[Work("a", "north", {"L1": 1}), Work("b", "south", {"L1": 2})])
    captured(order)
    world.ask(lines={"L1": 1})
    world.settle()
    assert order.refunded_lines == {"L1": 1}
    world.ask(delivery="d-2", lines={"L1": 1})
    world.settle()
    assert order.refunded_lines == {"L1": 2} and len(world.cases) == 2
    assert sum(Decimal(x.detail) for x in world.done("payments.refund")) == 2 * order.price


def test_nothing_is_moved_where_the_channel_owns_the_money(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.partners.has_payments = False
    world.ask()
    world.settle()
    assert settled(play) == "order_system_pays" and not world.done("payments.refund")


def test_an_order_that_was_never_paid_needs_no_money(play: Play) -> None:
    play.world.order()
    play.world.ask()
    play.world.settle()
    assert settled(play) == "voided" and not play.world.done("payments.refund")


def test_free_lines_have_nothing_to_refund(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 1}), Work("b", "north", {"L2": 1})]
    captured(world.order(lines={"L1": 1, "L2": 1}, works=works, price=Decimal(0)), Decimal(5))
    world.ask(lines={"L2": 1})
    world.settle()
    assert settled(play) == "nothing_to_refund" and not world.done("payments.refund")


def test_a_quote_of_nothing_for_a_whole_order_that_was_paid_is_finances(play: Play) -> None:
    world = play.world
    captured(world.order(price=Decimal(0)), Decimal(5))
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_REFUSED and not world.done("payments.refund")
    world.answer_all(Resolution.NO_REFUND)
    assert play.outcome == Outcome.STOPPED


def test_no_money_moves_before_the_last_leg_is_proven(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.warehouses["south"].manner = Manner.SILENT
    world.ask()
    world.settle()
    assert world.case.legs["a"].outcome == Outcome.STOPPED and order.refunded_lines == {}
    world.answer_all(Resolution.IT_SHIPPED)
    assert order.refunded_lines == {"L1": 2} and play.outcome == Outcome.SHIPPED


@pytest.mark.parametrize("word", [Resolution.DONE_BY_HAND, Resolution.NO_REFUND])
def test_a_line_that_joins_after_a_persons_word_on_the_money_is_paid_back_alone(play: Play, word: Resolution) -> None:
    world, order = play.world, two_places(play)
    world.payments.fails = 1
    world.ask(lines={"L1": 2})
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_FAILED
    play.machine.before["Close the loop"] = lambda: world.ask(delivery="d-2", lines={"L2": 1})
    world.answer_all(word)
    assert order.refunded_lines == {"L2": 1}
    assert [x.detail for x in world.done("payments.refund")] == ["10.00"]
    assert settled(play) == "refunded_in_part" and play.outcome == Outcome.STOPPED


def test_a_word_on_the_money_stands_when_the_same_goods_are_stopped_once_more(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.payments.fails = 1
    world.ask()
    world.settle()
    world.answer_all(Resolution.DONE_BY_HAND)
    world.pick(order, PickState.SHIPPED)
    world.shipment(order, order.works[0])
    world.settle()
    assert world.the_exception.cause == Cause.SHIPPED_AFTER_STOP
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert settled(play) == "by_hand" and not world.done("payments.refund")


def test_a_pending_refund_that_a_person_saw_to_is_not_asked_for_again_when_a_line_joins(play: Play) -> None:
    world, order = play.world, two_places(play)
    world.payments.never = True
    world.ask(lines={"L1": 2})
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_PENDING
    world.payments.never = False
    play.machine.before["Close the loop"] = lambda: world.ask(delivery="d-2", lines={"L2": 1})
    world.answer_all(Resolution.DONE_BY_HAND)
    assert order.refunded_lines == {"L2": 1} and len(world.done("payments.refund")) == 1
    assert play.outcome == Outcome.STOPPED
