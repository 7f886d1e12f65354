"""Legs that are opened again, or found, while the case waits for something else: the machine comes to them, and nothing is answered by that."""

from stopship.application.receive_signal import receive_signal
from stopship.domain.order import PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, Tier
from stopship.domain.request import Reason, Requester
from stopship.domain.resolution import Resolution
from stopship.domain.signal import Signal, SignalKind
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import Manner, captured
from tests.fakes.trouble import Trouble
from tests.fakes.world import CHANNEL, MERCHANT
from tests.statemachines.play import Play

LEG = "fo-1001"


def refused_by_erp(play: Play) -> Order:
    """All is stopped, and the case waits for a person about NetSuite."""
    world = play.world
    order = world.order()
    captured(order)
    world.faults.on("erp.update", Trouble.REFUSE)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.ERP_REFUSED
    return order


def new_work(play: Play, order: Order, lines: dict[str, int]) -> None:
    """The shop puts a new piece of work in place of what was cancelled or taken out elsewhere, and tells it twice."""
    world = play.world
    order.works.append(Work("fo-new", "south", lines))
    order.cancelled = False
    order.cancelled_lines.clear()
    now, topic = world.clock.now(), "fulfillment_orders/cancelled"
    kind = SignalKind.WORK_CHANGED
    told = Signal(MERCHANT, CHANNEL, CHANNEL, topic, "evt-w", "1001", "fo-new", kind, now, now, lines=lines)
    for _ in range(2):
        receive_signal(world.desk, told)
    world.settle()


def causes(play: Play) -> list[str]:
    return sorted(x.cause for x in play.world.exceptions)


def test_a_leak_is_raised_at_once_though_a_person_is_asked_about_the_case(play: Play) -> None:
    world = play.world
    order = refused_by_erp(play)
    erp = world.the_exception
    world.later(60)
    world.pick(order, PickState.SHIPPED, tell=True)
    world.settle()
    (leak,) = [x for x in world.exceptions if x.leg_id == LEG]
    assert (leak.cause, leak.tier) == (Cause.SHIPPED_AFTER_STOP, Tier.P1)
    assert erp in world.exceptions, "it is still the same question, with the same owner and deadline"
    world.answer(leak, Resolution.IT_SHIPPED)
    world.settle()
    assert play.outcome == "" and world.the_exception == erp
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.SHIPPED and not world.done("payments.refund")


def test_new_work_is_stopped_at_once_though_a_person_is_asked_about_the_case(play: Play) -> None:
    world = play.world
    order = refused_by_erp(play)
    erp = world.the_exception
    world.later(60)
    world.faults.on("erp.update", Trouble.REFUSE)
    new_work(play, order, {"L1": 2})
    assert len(world.done("south.stop")) == 1 and len(world.done("north.stop")) == 1
    assert world.the_exception == erp and not world.done("payments.refund")
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED and len(world.done("payments.refund")) == 1


def test_a_leak_is_raised_at_once_though_another_warehouse_owes_its_answer(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = world.order(lines={"L1": 2, "L2": 1}, works=works)
    captured(order)
    world.warehouses["north"].manner = Manner.CALLBACK
    world.warehouses["north"].answers_after = 600
    world.ask()
    world.later(60)
    assert world.case.legs["b"].outcome == Outcome.STOPPED
    world.pick(order, PickState.SHIPPED, "b", tell=True)
    world.later(10)
    assert world.the_exception.cause == Cause.SHIPPED_AFTER_STOP
    assert len(world.done("north.stop")) == 1, "the first is not asked again"
    world.settle()
    assert world.case.legs["a"].outcome == Outcome.STOPPED and world.seconds < 900, "its answer still ends the wait"
    world.answer_all(Resolution.IT_SHIPPED)
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L1": 2}


def test_a_leak_whose_process_died_before_it_told_anybody_is_brought_in_by_the_sweep(play: Play) -> None:
    world = play.world
    order = refused_by_erp(play)
    wake, lost = play.machine.wake, list[str]()
    play.machine.wake = lambda token, _output: bool(lost.append(token))  # type: ignore[method-assign]
    world.pick(order, PickState.SHIPPED, tell=True)
    play.machine.wake = wake  # type: ignore[method-assign]
    world.settle()
    assert lost and causes(play) == [Cause.ERP_REFUSED]
    world.later(3 * 3600)
    world.sweep()
    assert causes(play) == sorted([Cause.ERP_REFUSED, Cause.SHIPPED_AFTER_STOP])
    states = len(play.states())
    for _ in range(3):
        world.sweep()
    assert len(play.states()) == states, "what is taken up is not called again"


def test_an_execution_that_dies_before_it_takes_up_a_leg_is_resumed_and_takes_it_up(play: Play) -> None:
    world = play.world
    order = refused_by_erp(play)
    play.machine.before["Cancel in order system"] = lambda: play.machine.kill(world.case.case_id)
    world.pick(order, PickState.SHIPPED, tell=True)
    world.settle()
    assert causes(play) == [Cause.ERP_REFUSED]
    world.sweep()
    assert causes(play) == sorted([Cause.ERP_REFUSED, Cause.SHIPPED_AFTER_STOP])
    assert world.case.legs_called == [] and not world.done("payments.refund")


def test_while_a_person_is_asked_about_the_wish_itself_new_work_wakes_nobody_and_is_stopped_after_it(
    play: Play,
) -> None:
    world = play.world
    order = world.order(lines={"L1": 2, "L2": 1}, works=[Work("a", "north", {"L1": 2})])
    captured(order)
    world.ask(lines={"L1": 2, "L9": 1})
    world.settle()
    assert world.the_exception.cause == Cause.LINES_NOT_IN_ORDER
    order.works[0].lines = {"L1": 1}
    world.later(60)
    new_work(play, order, {"L1": 1})
    states = len(play.states())
    for _ in range(3):
        world.sweep()
    assert len(play.states()) == states and world.case.legs_called == ["fo-new"]
    world.answer_all(Resolution.RETRY)
    assert len(world.done("north.stop")) == 1 and len(world.done("south.stop")) == 1
    assert "LegsTakenUp" in play.kinds()
    assert [(x.cause, x.leg_id) for x in world.exceptions] == [
        (Cause.STOP_PARTIAL, "a")
    ]  # One of its two is in the south now.
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED


def a_leak_beside_a_leg_whose_warehouse_is_down(play: Play) -> None:
    """One leg waits because nobody can read the north; the south stopped the other, and it leaves all the same."""
    world = play.world
    order = two_places(play)
    world.faults.on("north.read_pick_state", Trouble.DOWN, 10_000)
    world.ask(reason=Reason.STOCKOUT, requester=Requester.OPS)
    world.settle()
    assert world.the_exception.cause == Cause.PARTNER_UNAVAILABLE and world.case.legs["b"].outcome == Outcome.STOPPED
    world.later(60)
    world.pick(order, PickState.SHIPPED, "b", tell=True)
    world.settle()


def two_places(play: Play) -> Order:
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = play.world.order(lines={"L1": 2, "L2": 1}, works=works)
    captured(order)
    return order


def minutes_of_sweeps(play: Play, minutes: int) -> int:
    """How many states were entered in them."""
    before = len(play.states())
    for _ in range(minutes):
        play.world.later(60)
        play.world.sweep()
    return len(play.states()) - before


def test_a_leak_is_raised_at_once_though_the_warehouse_of_another_leg_is_down(play: Play) -> None:
    world = play.world
    a_leak_beside_a_leg_whose_warehouse_is_down(play)
    (leak,) = [x for x in world.exceptions if x.leg_id == "b"]
    assert (leak.cause, leak.tier) == (Cause.SHIPPED_AFTER_STOP, Tier.P1)
    assert [x.cause for x in world.exceptions if x.leg_id == "a"] == [Cause.PARTNER_UNAVAILABLE]
    calls = world.faults.calls.count("north.read_pick_state")
    assert minutes_of_sweeps(play, 60) == 0, "nobody is woken for what is taken up"
    assert world.faults.calls.count("north.read_pick_state") == calls
    assert "payments.refund" not in play.done


def test_an_erp_that_does_not_answer_is_on_record_once_however_often_a_leg_waits_anew(play: Play) -> None:
    world = play.world
    world.faults.on("erp.read_sales_order", Trouble.DOWN, 10_000)
    a_leak_beside_a_leg_whose_warehouse_is_down(play)
    world.ask(delivery="again", reason=Reason.STOCKOUT, requester=Requester.OPS)
    world.settle()
    assert world.faults.calls.count("erp.read_sales_order") > 1
    assert play.kinds().count("ErpHoldAnswered") == 1 and "erp.hold" not in play.done


def test_a_leak_is_a_leak_though_its_own_warehouse_is_down(play: Play) -> None:
    world = play.world
    order = refused_by_erp(play)
    calls = world.faults.calls.count("north.read_pick_state")
    world.faults.on("north.read_pick_state", Trouble.DOWN, 10_000)
    world.pick(order, PickState.SHIPPED, tell=True)
    world.settle()
    assert causes(play) == sorted([Cause.ERP_REFUSED, Cause.SHIPPED_AFTER_STOP])
    assert world.faults.calls.count("north.read_pick_state") == calls, "nothing that it says would change that"
    assert not world.done("payments.refund")


def a_leak_behind_a_wish_that_cannot_be_read(play: Play) -> Order:
    """Somebody asks for more, and the shop shows the order to nobody any more."""
    world = play.world
    order = two_places(play)
    world.faults.on("erp.update", Trouble.REFUSE)
    world.ask(lines={"L1": 2})
    world.settle()
    world.faults.on("store.read_order", Trouble.REFUSE, 10_000)
    world.ask(delivery="more")
    world.settle()
    world.later(3600)
    world.sweep()
    assert world.case.wishes_unread
    world.pick(order, PickState.SHIPPED, "a", tell=True)
    world.settle()
    return order


def test_a_leak_is_raised_at_once_though_a_wish_cannot_be_read(play: Play) -> None:
    world = play.world
    a_leak_behind_a_wish_that_cannot_be_read(play)
    (leak,) = [x for x in world.exceptions if x.leg_id == "a"]
    assert (leak.cause, leak.tier) == (Cause.SHIPPED_AFTER_STOP, Tier.P1)
    assert any(not x.leg_id for x in world.exceptions), "somebody is still asked about the wish"
    assert minutes_of_sweeps(play, 60) == 0
    assert "south.stop" not in play.done and "payments.refund" not in play.done


def test_an_order_that_can_be_read_again_is_read_although_a_person_is_asked_about_a_leak(play: Play) -> None:
    world = play.world
    a_leak_behind_a_wish_that_cannot_be_read(play)
    world.faults.clear("store.read_order")
    (unread,) = [x for x in world.exceptions if not x.leg_id]
    world.answer(unread, Resolution.RETRY)
    world.sweep()
    assert not world.case.wishes_unread and world.case.legs["b"].outcome == Outcome.STOPPED
    assert [x.cause for x in world.exceptions] == [Cause.SHIPPED_AFTER_STOP], "the leak waits for its own answer"
    world.answer_all(Resolution.IT_SHIPPED)
    assert play.outcome == Outcome.SHIPPED and world.orders["1001"].refunded_lines == {"L2": 1}


def test_a_wish_is_read_at_once_while_a_person_is_asked_about_a_leak(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.faults.on("erp.update", Trouble.REFUSE)
    world.ask(lines={"L1": 2})
    world.settle()
    world.pick(order, PickState.SHIPPED, "a", tell=True)
    world.settle()
    assert causes(play) == sorted([Cause.ERP_REFUSED, Cause.SHIPPED_AFTER_STOP])
    world.ask(delivery="more")
    world.settle()
    assert not world.case.wishes_unread and world.case.legs["b"].outcome == Outcome.STOPPED
    assert causes(play) == sorted([Cause.ERP_REFUSED, Cause.SHIPPED_AFTER_STOP])


def a_wish_for_a_line_that_the_order_does_not_have(play: Play) -> Order:
    """A person wants the rest to be stopped all the same, and it is."""
    world = play.world
    order = world.order()
    captured(order)
    world.faults.on("erp.update", Trouble.REFUSE)
    world.ask(lines={"L1": 2, "L9": 1})
    world.settle()
    assert world.the_exception.cause == Cause.LINES_NOT_IN_ORDER
    world.answer_all(Resolution.RETRY)
    assert world.the_exception.cause == Cause.ERP_REFUSED
    return order


def test_a_leak_lies_behind_no_question_about_the_lines(play: Play) -> None:
    world = play.world
    order = a_wish_for_a_line_that_the_order_does_not_have(play)
    world.answer_all(Resolution.DONE_BY_HAND)
    assert world.case.closed
    world.pick(order, PickState.SHIPPED, tell=True)
    world.settle()
    assert (world.the_exception.cause, world.the_exception.tier) == (Cause.SHIPPED_AFTER_STOP, Tier.P1)
    assert play.kinds().count("MoneyMoved") == 1, "it was paid before it left, and not again"


def test_who_has_answered_about_the_lines_is_not_asked_again_by_a_resumed_execution(play: Play) -> None:
    world = play.world
    a_wish_for_a_line_that_the_order_does_not_have(play)
    world.faults.on("erp.update", Trouble.REFUSE)
    world.answer_all(Resolution.RETRY)
    play.machine.kill(world.case.case_id)
    world.sweep()
    assert world.the_exception.cause == Cause.ERP_REFUSED
    world.answer_all(Resolution.DONE_BY_HAND)
    assert play.outcome == Outcome.STOPPED
    assert [x.opened.fact.cause for x in world.case.exceptions.values()].count(Cause.LINES_NOT_IN_ORDER) == 1


def test_a_leak_goes_before_the_question_about_lines_that_an_execution_died_with(play: Play) -> None:
    """The line was asked for when the first leg was stopped; the execution that starts over comes to that question first."""
    world = play.world
    order = refused_by_erp(play)
    world.ask(delivery="more", lines={"L9": 1})
    world.settle()
    play.machine.kill(world.case.case_id)
    world.sweep()
    world.pick(order, PickState.SHIPPED, tell=True)
    world.settle()
    assert Cause.SHIPPED_AFTER_STOP in causes(play)
    assert minutes_of_sweeps(play, 30) == 0
    assert not world.done("payments.refund")
