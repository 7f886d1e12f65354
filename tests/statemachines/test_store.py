"""The order where it lives: not known yet, already cancelled, slow to confirm, refusing, and bringing work back."""

from stopship.domain.order import OrderSnapshot, PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, Tier
from stopship.domain.resolution import Resolution
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import authorised, captured
from tests.fakes.trouble import Trouble
from tests.statemachines.play import Play


def test_an_order_that_arrives_after_the_wish_is_parked_and_stopped(play: Play) -> None:
    world = play.world
    order = world.order(known=False)
    captured(order)
    world.ask()
    world.later(130)
    assert play.kinds().count("OrderNotFound") == 3
    order.known = True
    world.settle()
    assert play.outcome == Outcome.STOPPED and "Look again later" in play.states()


def test_an_order_that_never_arrives_is_a_persons_and_ends_when_the_wish_is_taken_back(play: Play) -> None:
    world = play.world
    world.ask("9999")
    world.settle()
    assert world.the_exception.cause == Cause.UNKNOWN_ORDER
    world.answer_all(Resolution.RETRY)
    assert world.the_exception.cause == Cause.UNKNOWN_ORDER
    assert play.kinds().count("OrderNotFound") == 20
    world.answer_all(Resolution.WITHDRAWN)
    assert play.outcome == Outcome.WITHDRAWN and play.done == []


def test_a_wish_for_lines_that_the_order_does_not_have_is_a_persons(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.ask(lines={"L9": 1})
    world.settle()
    assert world.the_exception.cause == Cause.LINES_NOT_IN_ORDER
    assert "north.stop" not in play.done
    world.answer_all(Resolution.WITHDRAWN)
    assert play.outcome == Outcome.WITHDRAWN and not world.done("payments.refund")


def test_lines_that_do_not_exist_do_not_keep_the_others_from_being_stopped(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.partners.first = ["north"]
    world.ask(lines={"L1": 2, "L9": 1})
    world.settle()
    assert world.the_exception.cause == Cause.LINES_NOT_IN_ORDER and order.works[0].held
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2}


def test_a_wish_that_is_taken_back_lets_go_of_the_first_hold(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.partners.first = ["north"]
    world.ask(lines={"L1": 2, "L9": 1})
    world.settle()
    world.answer_all(Resolution.WITHDRAWN)
    assert play.outcome == Outcome.WITHDRAWN
    assert not order.works[0].held and "north.stop" not in play.done and not world.done("payments.refund")


def test_a_cancelled_order_is_still_stopped_wherever_a_warehouse_may_have_it(play: Play) -> None:
    world = play.world
    order = world.order(cancelled=True)
    captured(order)
    order.works[0].listed = False
    world.partners.first = ["north", "south"]
    world.ask()
    world.settle()
    assert set(world.case.legs) == {"all-north"}
    assert "north.stop" in play.done and not world.done("store.cancel")
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2}


def test_a_cancel_that_is_confirmed_later_is_waited_for(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.store.confirms_after = 150
    world.ask()
    world.later(100)
    assert not world.done("store.cancel") and not world.done("payments.refund")
    world.settle()
    assert play.outcome == Outcome.STOPPED and len(world.done("store.cancel")) == 1
    assert play.kinds().count("OrderCancelSubmitted") == 1


def test_a_cancel_that_is_never_confirmed_is_a_persons(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.store.confirms_after = 10**7
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.ORDER_CANCEL_UNCONFIRMED
    assert not world.done("payments.refund")
    world.store.confirms_after = 0
    world.store.confirm_all()
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED


def test_a_cancel_that_is_never_confirmed_can_be_done_by_hand(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.store.confirms_after = 100_000
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.ORDER_CANCEL_UNCONFIRMED
    world.answer_all(Resolution.DONE_BY_HAND)
    assert play.outcome == Outcome.STOPPED and not world.done("store.cancel")
    assert order.refunded_lines == {"L1": 2}


def test_a_cancel_that_is_refused_after_it_was_taken_is_a_persons(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.store.confirms_after = 90
    world.faults.on("store.read_cancel", Trouble.REFUSE)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.ORDER_CANCEL_REFUSED
    assert not world.done("payments.refund")
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED and len(world.done("store.cancel")) == 1


def test_a_refused_cancel_is_a_persons_who_does_it_by_hand(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.faults.on("store.cancel", Trouble.REFUSE)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.ORDER_CANCEL_REFUSED
    assert not world.done("payments.refund") and not world.done("mail")
    order.cancelled, order.cancelled_lines["L1"] = True, 2
    world.answer_all(Resolution.DONE_BY_HAND)
    assert play.outcome == Outcome.STOPPED and not world.done("store.cancel")
    assert world.case.cancelled and not world.case.cancelled.fact.by_us


def test_a_refused_cancel_is_asked_for_again_after_a_retry(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.faults.on("store.cancel", Trouble.REFUSE)
    world.ask()
    world.settle()
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED and len(world.done("store.cancel")) == 1
    assert world.case.cancel_requested and world.case.cancel_requested.fact.attempt == 2


def test_an_order_that_disappears_before_the_cancel_is_a_persons(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)

    def vanish() -> None:
        order.known = False

    play.machine.before["Cancel in order system"] = vanish
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.ORDER_CANCEL_REFUSED and not world.done("store.cancel")
    order.known = True
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED


def test_work_that_comes_back_after_the_cancel_is_stopped_too_and_paid_back_once(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.store.recreates = 1
    world.ask()
    world.settle()
    assert set(world.case.legs) == {"fo-1001", "fo-1001-again0"}
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2}
    assert len(world.done("north.stop")) == 2 and len(world.done("payments.refund")) == 1
    closed = world.case.closed
    assert closed and closed.fact.lines == [{"line_id": "L1", "quantity": 2, "outcome": "stopped"}]


def test_work_that_comes_back_and_ships_is_shipped_and_not_paid_back(play: Play) -> None:
    world = play.world
    order = world.order(store_lags=True)
    captured(order)
    world.store.recreates = 1
    world.store.recreated_state = PickState.SHIPPED
    world.ask()
    world.settle()
    closed = world.case.closed
    assert closed and closed.fact.lines == [{"line_id": "L1", "quantity": 2, "outcome": "shipped"}]
    assert not closed.fact.mixed and not world.done("payments.refund")
    assert world.done("mail")[0].detail == "outcome_shipped"


def test_work_that_comes_back_again_and_again_is_a_p1(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.store.recreates = 5
    world.ask()
    world.settle()
    item = world.the_exception
    assert (item.cause, item.tier) == (Cause.WORK_RECREATED, Tier.P1)
    assert len(world.case.legs) == 4 and not world.done("payments.refund")
    world.answer_all(Resolution.RETRY)
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED and len(world.case.legs) == 6
    assert order.refunded_lines == {"L1": 2}


def test_a_person_who_has_stopped_returning_work_by_hand_lets_the_case_go_on(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.store.recreates = 5
    world.ask()
    world.settle()
    world.orders["1001"].works[-1].keep()
    world.answer_all(Resolution.DONE_BY_HAND)
    assert play.outcome == Outcome.STOPPED and len(world.case.legs) == 4


def test_other_lines_of_the_order_are_no_work_that_came_back(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 3}, works=[Work("a", "north", {"L1": 1}), Work("b", "south", {"L1": 2})])
    captured(order)
    world.ask(lines={"L1": 1})
    world.settle()
    assert set(world.case.legs) == {"a"} and order.refunded_lines == {"L1": 1}
    assert not order.works[1].stopped


def test_a_hold_that_cannot_be_placed_does_not_stand_in_the_way(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.partners.first = ["north"]
    world.store.holds_supported = False
    world.faults.on("north.place_hold", Trouble.DOWN)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED and "store.hold" not in play.done


def test_a_store_that_voids_by_itself_is_not_asked_to_void_again(play: Play) -> None:
    world = play.world
    authorised(world.order(cancel_voids=True))
    world.ask()
    world.settle()
    assert len(world.done("payments.void")) == 1 and world.done("payments.void")[0].key == "by_cancel"
    assert play.outcome == Outcome.STOPPED


def test_a_return_that_only_a_person_can_open_has_no_reference(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.store.opens_returns = False
    world.pick(order, PickState.SHIPPED)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.SHIPPED
    assert [x.fact.reference for x in world.case.returns] == [""]


def two_places(play: Play) -> Order:
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = play.world.order(lines={"L1": 2, "L2": 1}, works=works)
    captured(order)
    return order


def cancelled_by_hand(order: Order, line: str, quantity: int) -> None:
    order.cancelled_lines[line] = quantity
    order.take_out(line, quantity)


def test_a_line_that_joins_after_a_cancel_by_hand_is_cancelled_in_the_store(play: Play) -> None:
    world, order = play.world, two_places(play)
    world.faults.on("store.cancel", Trouble.REFUSE)
    world.ask(lines={"L1": 2})
    world.settle()
    assert world.the_exception.cause == Cause.ORDER_CANCEL_REFUSED
    cancelled_by_hand(order, "L1", 2)
    play.machine.before["Payment action"] = lambda: world.ask(delivery="d-2", lines={"L2": 1})
    world.answer_all(Resolution.DONE_BY_HAND)
    assert [x.detail for x in world.done("store.cancel")] == [{"L2": 1}]
    assert order.cancelled_lines == {"L1": 2, "L2": 1} and order.refunded_lines == {"L1": 2, "L2": 1}
    assert play.outcome == Outcome.STOPPED


def test_a_line_that_joins_and_that_the_store_refuses_is_not_paid_back_on_an_older_word(play: Play) -> None:
    world, order = play.world, two_places(play)
    world.faults.on("store.cancel", Trouble.REFUSE, 2)
    world.ask(lines={"L1": 2})
    world.settle()
    cancelled_by_hand(order, "L1", 2)
    play.machine.before["Payment action"] = lambda: world.ask(delivery="d-2", lines={"L2": 1})
    world.answer_all(Resolution.DONE_BY_HAND)
    assert world.the_exception.cause == Cause.ORDER_CANCEL_REFUSED and play.outcome == ""
    assert not world.done("payments.refund") and not world.done("mail")
    world.answer_all(Resolution.RETRY)
    assert order.cancelled_lines == {"L1": 2, "L2": 1} and play.outcome == Outcome.STOPPED


def test_a_line_that_joins_while_a_cancel_is_not_confirmed_is_not_cancelled_by_the_word_for_the_other(
    play: Play,
) -> None:
    world, order = play.world, two_places(play)
    world.store.confirms_after = 100_000
    world.ask(lines={"L1": 2})
    world.later(60)
    assert world.case.cancel_submitted
    world.ask(delivery="d-2", lines={"L2": 1})
    world.settle()
    assert world.the_exception.cause == Cause.ORDER_CANCEL_UNCONFIRMED
    assert set(world.case.stopped_lines) == {"L1", "L2"}
    cancelled_by_hand(order, "L1", 2)
    world.store.confirms_after = 0
    world.answer_all(Resolution.DONE_BY_HAND)
    assert [x.detail for x in world.done("store.cancel")] == [{"L2": 1}]
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2, "L2": 1}


def test_work_that_comes_back_after_a_cancel_by_hand_is_stopped_too(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.faults.on("store.cancel", Trouble.REFUSE)
    world.ask()
    world.settle()
    order.works[0].listed = False
    order.works.append(Work("fo-new", "south", {"L1": 2}))
    world.answer_all(Resolution.DONE_BY_HAND)
    assert order.works[-1].kept == {"L1": 2} and len(world.done("south.stop")) == 1
    assert [x.detail for x in world.done("store.cancel")] == [{"L1": 2}]
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2}


def test_a_line_that_joins_after_returning_work_was_left_to_a_person_is_cancelled_in_the_store(play: Play) -> None:
    world, order = play.world, two_places(play)
    world.store.recreates = 4
    world.ask(lines={"L1": 2})
    world.settle()
    assert world.the_exception.cause == Cause.WORK_RECREATED
    order.works[-1].keep()
    play.machine.before["Payment action"] = lambda: world.ask(delivery="d-2", lines={"L2": 1})
    world.answer_all(Resolution.DONE_BY_HAND)
    assert order.cancelled_lines.get("L2") == 1
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2, "L2": 1}


def test_a_word_on_returning_work_is_no_cancel_by_hand(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.store.recreates = 3
    entered: list[int] = []

    def come_back_at_the_fourth() -> None:
        entered.append(len(entered) + 1)
        if entered[-1] == 4:
            order.works.append(Work("late", "north", {"L1": 2}))
        else:
            play.machine.before["Cancel in order system"] = come_back_at_the_fourth

    play.machine.before["Cancel in order system"] = come_back_at_the_fourth
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.WORK_RECREATED and len(world.done("store.cancel")) == 3
    order.works[-1].keep()
    world.answer_all(Resolution.DONE_BY_HAND)
    assert len(world.done("store.cancel")) == 4 and world.case.cancelled and world.case.cancelled.fact.by_us
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2}


def test_goods_that_leave_while_the_order_is_read_for_its_cancel_are_not_cancelled(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    read, left = world.store.read_order, []

    def leave_first(ref: str) -> OrderSnapshot | None:
        found = read(ref)
        if not left:
            left.append(ref)
            world.pick(order, PickState.SHIPPED)
            world.shipment(order, order.works[0])
        return found

    def watch() -> None:
        world.store.read_order = leave_first  # type: ignore[method-assign]

    play.machine.before["Cancel in order system"] = watch
    world.ask()
    world.settle()
    assert left and world.the_exception.cause == Cause.SHIPPED_AFTER_STOP
    assert not world.done("store.cancel") and not order.cancelled and "OrderCancelRequested" not in play.kinds()
    assert not world.done("payments.refund")


def test_a_wish_that_joins_while_the_order_is_read_for_its_cancel_is_stopped_before_it(play: Play) -> None:
    world, order = play.world, two_places(play)
    read, asked = world.store.read_order, []

    def ask_first(ref: str) -> OrderSnapshot | None:
        found = read(ref)
        if not asked:
            asked.append(ref)
            world.ask(delivery="d-2", lines={"L2": 1})
        return found

    def watch() -> None:
        world.store.read_order = ask_first  # type: ignore[method-assign]

    play.machine.before["Cancel in order system"] = watch
    world.ask(lines={"L1": 2})
    world.settle()
    assert asked and [x.detail for x in world.done("store.cancel")] == [{"L1": 2, "L2": 1}]
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2, "L2": 1}
