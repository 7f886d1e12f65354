"""An order that the desk itself cancels because nobody paid: as long as nobody pays, and no longer."""

import pytest

from stopship.domain.money import Transaction, TransactionKind, TransactionStatus
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause
from stopship.domain.request import Reason, Requester
from stopship.domain.resolution import Resolution
from tests.fakes.order_book import Order
from tests.fakes.partners import captured
from tests.statemachines.play import Play


def overdue(play: Play, delivery: str = "1001:77") -> None:
    more = {"reason": Reason.PAYMENT_TIMEOUT, "requester": Requester.SYSTEM, "source": "payment-timeout"}
    play.world.ask(delivery=delivery, **more)


@pytest.fixture
def order(play: Play) -> Order:
    return play.world.order()


def test_an_order_that_nobody_paid_is_stopped_and_no_money_moves(play: Play, order: Order) -> None:
    overdue(play)
    play.world.settle()
    assert (play.outcome, order.cancelled) == (Outcome.STOPPED, True)
    assert not {"payments.refund", "payments.void"} & set(play.done)


def test_an_attempt_to_pay_that_never_came_through_is_not_waited_for_any_longer(play: Play, order: Order) -> None:
    attempt = Transaction("t", TransactionKind.CAPTURE, TransactionStatus.PENDING, order.total, order.currency)
    order.transactions.append(attempt)
    overdue(play)
    play.world.settle()
    assert (play.outcome, order.cancelled, play.world.exceptions) == (Outcome.STOPPED, True, [])
    assert not {"payments.refund", "payments.void"} & set(play.done)


def test_repeated_sweeps_of_the_same_attempt_act_once(play: Play, order: Order) -> None:
    for _ in range(3):
        overdue(play)
        play.world.settle()
    assert len(play.world.cases) == len(play.world.case.requests) == 1
    assert play.done.count("store.cancel") == 1


def test_an_order_that_is_paid_in_between_goes_on_and_nobody_is_told_anything(play: Play, order: Order) -> None:
    world = play.world
    play.machine.before["Normalize intake"] = lambda: captured(order)
    world.partners.first = ["north"]
    overdue(play)
    world.settle()
    assert (play.outcome, order.cancelled, order.works[0].stopped, order.works[0].held) == (
        Outcome.WITHDRAWN,
        False,
        False,
        False,
    )
    assert {"north.release", "store.release"} <= set(play.done)
    assert not {"north.stop", "store.cancel", "mail", "payments.refund"} & set(play.done)
    (leg,) = world.case.legs.values()
    assert leg.settled and leg.settled.fact.proof["kind"] == "paid"
    assert [m.fact.status for m in world.case.messages.values()] == ["skipped:nobody_asked"]


def test_an_order_that_is_paid_after_its_stop_is_not_cancelled_before_a_person_says_so(
    play: Play, order: Order
) -> None:
    world = play.world
    play.machine.before["Cancel in order system"] = lambda: captured(order)
    overdue(play)
    world.settle()
    item = world.the_exception
    assert (item.cause, item.owner) == (Cause.PAID_AFTER_STOP, "ops")
    assert (order.cancelled, "store.cancel" in play.done, "mail" in play.done) == (False, False, False)
    world.answer_all(Resolution.RETRY)
    assert (play.outcome, order.cancelled) == (Outcome.STOPPED, True)
    assert play.done.count("payments.refund") == play.done.count("store.cancel") == 1


def test_what_was_paid_after_its_stop_may_be_seen_to_by_hand(play: Play, order: Order) -> None:
    play.machine.before["Cancel in order system"] = lambda: captured(order)
    overdue(play)
    play.world.settle()
    play.world.answer_all(Resolution.DONE_BY_HAND)
    assert play.outcome == Outcome.STOPPED
    assert "store.cancel" not in play.done


def test_a_customer_who_asks_for_the_order_that_was_paid_is_heard(play: Play, order: Order) -> None:
    world = play.world
    play.machine.before["Normalize intake"] = lambda: captured(order)
    play.machine.before["Update NetSuite"] = lambda: world.ask(delivery="c-1")
    overdue(play)
    world.settle()
    assert len(world.cases) == 1
    assert (play.outcome, order.cancelled, order.works[0].stopped) == (Outcome.STOPPED, True, True)
    assert play.done.count("payments.refund") == play.done.count("mail") == 1


def test_a_customer_who_asks_as_well_gets_the_paid_order_cancelled(play: Play, order: Order) -> None:
    captured(order)
    world = play.world
    play.machine.before["Normalize intake"] = lambda: world.ask(delivery="c-1")
    overdue(play)
    world.settle()
    assert play.outcome == Outcome.STOPPED
    assert play.done.count("payments.refund") == 1
