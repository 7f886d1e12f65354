"""A warehouse speaks up after its leg has had its end: what it says is decided on, before and after the money."""

from dataclasses import replace

import pytest

from stopship.application.receive_signal import receive_signal
from stopship.domain.order import AckLevel, PickState, StopAnswer
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, Tier
from stopship.domain.resolution import Resolution
from stopship.domain.signal import Signal, SignalKind
from tests.fakes.order_book import Order
from tests.fakes.partners import Manner, captured
from tests.fakes.trouble import Trouble
from tests.fakes.world import CHANNEL, MERCHANT
from tests.statemachines.play import Play

LEG = "fo-1001"


def silent(play: Play, word: Resolution, *, waits: bool = False) -> Order:
    """Its warehouse said nothing, and a person knew the end; the case is closed, or ``waits`` for NetSuite."""
    world = play.world
    order = world.order()
    captured(order)
    world.warehouses["north"].manner = Manner.SILENT
    if waits:
        world.faults.on("erp.update", Trouble.REFUSE)
    world.ask()
    world.settle()
    world.answer_all(word)
    return order


def confirming(play: Play) -> Order:
    """Cancelled in the warehouse's system before anybody picked it; the shop has yet to confirm the order's cancel."""
    world = play.world
    order = world.order()
    captured(order)
    world.store.confirms_after = 90
    world.ask()
    world.later(30)
    assert world.case.all_settled and not world.done("payments.refund")
    return order


def late_word(play: Play, level: AckLevel, state: PickState = PickState.UNKNOWN, **more: object) -> None:
    """It comes twice, as from a queue."""
    world = play.world
    door = world.case.legs[LEG].attempts[1].requested.fact.callback_id
    answer = StopAnswer(level, "north", state, world.clock.now(), **more)  # type: ignore[arg-type]
    for _ in range(2):
        world.callback(f"https://desk.example/acme/{door}", answer)
    world.settle()


def progress(play: Play) -> None:
    now = play.world.clock.now()
    topic = "fulfillment_orders/progress_reported"
    kind = SignalKind.PROGRESS_SEEN
    told = Signal(MERCHANT, CHANNEL, CHANNEL, topic, "evt-p", "1001", LEG, kind, now, now, state=PickState.PICKING)
    for _ in range(2):
        receive_signal(play.world.desk, told)


def mails(play: Play) -> list[object]:
    return [x.detail for x in play.world.done("mail")]


def test_a_late_no_after_a_persons_word_stops_the_money(play: Play) -> None:
    world = play.world
    silent(play, Resolution.THEY_STOPPED_IT, waits=True)
    assert world.the_exception.cause == Cause.ERP_REFUSED
    late_word(play, AckLevel.REJECTED, reason="too_late")
    assert play.kinds().count("LegReopened") == 1
    assert {x.cause for x in world.exceptions} == {Cause.ERP_REFUSED, Cause.STOP_REJECTED}
    (erp,) = [x for x in world.exceptions if x.cause == Cause.ERP_REFUSED]
    world.answer(erp, Resolution.RETRY)
    world.settle()
    assert world.the_exception.cause == Cause.STOP_REJECTED
    assert not world.done("payments.refund") and not mails(play)
    world.answer_all(Resolution.IT_SHIPPED)
    assert play.outcome == Outcome.SHIPPED and not world.done("payments.refund")


def test_a_late_no_of_a_fulfillment_service_reopens_too(play: Play) -> None:
    world = play.world
    silent(play, Resolution.THEY_STOPPED_IT)
    now, kind = world.clock.now(), SignalKind.STOP_ANSWERED
    told = Signal(MERCHANT, CHANNEL, CHANNEL, "rejected", "evt-s", "1001", LEG, kind, now, now, reference="north")
    for _ in range(2):
        receive_signal(world.desk, replace(told, state=AckLevel.REJECTED))
    world.settle()
    assert world.the_exception.cause == Cause.STOP_REJECTED
    assert play.kinds().count("CaseReopened") == 1 and play.outcome == ""


def test_a_late_no_is_acted_on_though_its_process_died_at_once(play: Play) -> None:
    world = play.world
    silent(play, Resolution.THEY_STOPPED_IT)
    start = play.machine.start
    play.machine.start = lambda *_: ""  # type: ignore[method-assign]
    late_word(play, AckLevel.REJECTED, reason="too_late")
    play.machine.start = start  # type: ignore[method-assign]
    assert play.kinds().count("CaseReopened") == 1
    late_word(play, AckLevel.REJECTED, reason="too_late")
    assert world.the_exception.cause == Cause.STOP_REJECTED


def test_after_a_late_no_a_persons_later_word_wins(play: Play) -> None:
    world = play.world
    silent(play, Resolution.THEY_STOPPED_IT, waits=True)
    late_word(play, AckLevel.REJECTED, reason="too_late")
    world.answer_all(Resolution.RETRY)
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED and len(world.done("payments.refund")) == 1


@pytest.mark.parametrize("waits", [True, False])
def test_a_late_no_that_says_it_left_is_a_leak(play: Play, waits: bool) -> None:
    world = play.world
    order = silent(play, Resolution.THEY_STOPPED_IT, waits=waits)
    assert play.outcome == ("" if waits else Outcome.STOPPED)
    world.pick(order, PickState.SHIPPED)
    late_word(play, AckLevel.REJECTED, PickState.SHIPPED, reason="too_late")
    (leak,) = [x for x in world.exceptions if x.leg_id]
    assert (leak.cause, leak.tier) == (Cause.SHIPPED_AFTER_STOP, Tier.P1)
    assert play.outcome == "" and play.kinds().count("CaseReopened") == (0 if waits else 1)
    assert len(world.done("payments.refund")) == (0 if waits else 1)
    world.answer(leak, Resolution.IT_SHIPPED)
    world.settle()
    world.answer_all(Resolution.DONE_BY_HAND)
    assert play.outcome == Outcome.SHIPPED and len(world.done("store.return")) == 1
    assert len(world.done("payments.refund")) == (0 if waits else 1)


def test_a_late_no_after_closing_is_asked_about_and_pays_nothing_twice(play: Play) -> None:
    world = play.world
    silent(play, Resolution.THEY_STOPPED_IT)
    late_word(play, AckLevel.REJECTED, reason="too_late")
    assert world.the_exception.cause == Cause.STOP_REJECTED and play.outcome == ""
    lock = world.ledger.lock_of(MERCHANT, CHANNEL, "1001")
    assert lock and lock.active, "a wish joins the reopened case"
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED and len(world.done("payments.refund")) == 1


def test_a_late_word_that_only_a_part_was_stopped_is_asked_about(play: Play) -> None:
    world = play.world
    silent(play, Resolution.THEY_STOPPED_IT, waits=True)
    late_word(play, AckLevel.PHYSICALLY_STOPPED, PickState.PICKED, stopped_lines={"L1": 1}, partial=True)
    assert {x.cause for x in world.exceptions} == {Cause.ERP_REFUSED, Cause.STOP_PARTIAL}
    assert not world.done("payments.refund")


def test_a_late_yes_to_a_persons_word_that_it_was_stopped_changes_nothing(play: Play) -> None:
    silent(play, Resolution.THEY_STOPPED_IT)
    late_word(play, AckLevel.PHYSICALLY_STOPPED, PickState.PICKED)
    assert "LegReopened" not in play.kinds() and play.outcome == Outcome.STOPPED
    assert len(mails(play)) == 1


@pytest.mark.parametrize("word", [Resolution.WITHDRAWN, Resolution.LET_IT_SHIP, Resolution.IT_SHIPPED])
def test_a_late_no_to_what_was_not_to_be_stopped_any_more_changes_nothing(play: Play, word: Resolution) -> None:
    world = play.world
    silent(play, word)
    ended = play.outcome
    late_word(play, AckLevel.REJECTED, reason="too_late")
    assert play.outcome == ended and "LegReopened" not in play.kinds()
    assert world.exceptions == [] and not world.done("payments.refund")


def test_goods_that_were_said_to_have_shipped_and_are_held_back_are_paid_for(play: Play) -> None:
    world = play.world
    order = silent(play, Resolution.IT_SHIPPED, waits=True)
    order.works[0].keep()
    late_word(play, AckLevel.PHYSICALLY_STOPPED, PickState.PICKED)
    assert world.case.legs[LEG].outcome == Outcome.STOPPED
    assert world.the_exception.cause == Cause.ERP_REFUSED, "it is still its owner's"
    world.answer_all(Resolution.DONE_BY_HAND)
    assert play.outcome == Outcome.STOPPED and len(world.done("payments.refund")) == 1
    assert not world.done("store.return") and mails(play) == ["outcome_stopped"]


def test_goods_for_which_a_return_was_opened_and_that_are_held_back_are_paid_for_on_a_persons_word(play: Play) -> None:
    world = play.world
    order = silent(play, Resolution.IT_SHIPPED)
    assert play.outcome == Outcome.SHIPPED and len(world.done("store.return")) == 1
    order.works[0].keep()
    late_word(play, AckLevel.PHYSICALLY_STOPPED, PickState.PICKED)
    assert world.the_exception.cause == Cause.STOP_CONTRADICTED and play.outcome == ""
    assert not world.done("payments.refund")
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED and len(world.done("payments.refund")) == 1
    assert mails(play) == ["outcome_shipped", "outcome_stopped"]


def test_goods_that_left_and_are_said_to_be_held_back_are_not_paid_for(play: Play) -> None:
    world = play.world
    order = silent(play, Resolution.IT_SHIPPED)
    world.pick(order, PickState.SHIPPED, tell=True)
    late_word(play, AckLevel.PHYSICALLY_STOPPED, PickState.PICKED)
    assert play.outcome == Outcome.SHIPPED and "LegReopened" not in play.kinds()
    assert not world.done("payments.refund") and world.exceptions == []


def test_a_label_after_a_system_cancel_that_has_ended_its_leg_stops_the_money(play: Play) -> None:
    world = play.world
    order = confirming(play)
    world.shipment(order, order.works[0], departed=False, delivery="label-1")
    world.settle()
    assert world.the_exception.cause == Cause.STOP_CONTRADICTED and world.the_exception.leg_id == LEG
    assert not world.done("payments.refund") and not mails(play)
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED and len(world.done("payments.refund")) == 1


def test_work_that_begins_after_a_system_cancel_has_ended_its_leg_stops_the_money(play: Play) -> None:
    world = play.world
    confirming(play)
    progress(play)
    world.settle()
    assert world.the_exception.cause == Cause.STOP_CONTRADICTED and world.the_exception.leg_id == LEG
    assert not world.done("payments.refund") and not mails(play)
    world.answer_all(Resolution.IT_SHIPPED)
    assert play.outcome == Outcome.SHIPPED and not world.done("payments.refund")


def test_a_label_after_closing_is_told_beside_the_case(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED
    for delivery in ("label-1", "label-2"):
        world.shipment(order, order.works[0], departed=False, delivery=delivery)
    world.settle()
    assert world.the_exception.cause == Cause.STOP_CONTRADICTED
    assert play.outcome == Outcome.STOPPED and len(mails(play)) == 1


def test_a_label_of_goods_that_lie_held_back_contradicts_nothing(play: Play) -> None:
    world = play.world
    order = silent(play, Resolution.THEY_STOPPED_IT)
    world.shipment(order, order.works[0], departed=False, delivery="label-1")
    world.settle()
    assert "LegReopened" not in play.kinds()
    assert world.exceptions == [] and play.outcome == Outcome.STOPPED
