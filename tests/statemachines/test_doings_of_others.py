"""What others do while a case is open, or after it: they dispute, take back, move work, let go of holds, take money. Told twice, late, or not."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from stopship.application.ports import StopCommand
from stopship.application.receive_signal import receive_signal
from stopship.domain.errors import InvalidInput
from stopship.domain.money import RefundQuote, Transaction, TransactionKind, TransactionStatus
from stopship.domain.order import AckLevel, PickState, StopAnswer
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, Team, Tier
from stopship.domain.resolution import Resolution
from stopship.domain.signal import Signal, SignalKind
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import FakeWarehouse, Manner, authorised, capture_authorised, captured
from tests.fakes.trouble import Crash, Trouble
from tests.fakes.world import CHANNEL, MERCHANT
from tests.statemachines.play import Play

SERVICE = "fulfillment-service"


def told(play: Play, kind: SignalKind, delivery: str = "s-1", **more: Any) -> Signal:
    now = play.world.clock.now()
    first = Signal(MERCHANT, CHANNEL, CHANNEL, str(kind), delivery, "1001", "", kind, now, now, reference="r-1")
    return replace(first, **more)


def tell(play: Play, kind: SignalKind, delivery: str = "s-1", **more: Any) -> str:
    """And once more, as senders do."""
    signal = told(play, kind, delivery, **more)
    receive_signal(play.world.desk, signal)
    case_id = receive_signal(play.world.desk, signal)
    play.world.settle()
    return case_id


def waiting(play: Play, **more: Any) -> Order:
    """A case whose warehouse takes its time."""
    order = play.world.order(**more)
    captured(order)
    for warehouse in play.world.warehouses.values():
        warehouse.manner = Manner.CALLBACK
    play.world.ask()
    play.world.later(5)
    return order


def stopped(play: Play) -> Order:
    order = play.world.order()
    captured(order)
    play.world.ask()
    play.world.settle()
    assert play.outcome == Outcome.STOPPED
    return order


def move(order: Order, warehouse: str, name: str = "fo-2", state: PickState = PickState.RELEASED) -> Work:
    """The store shows the work at another place; whoever had it may know nothing of that."""
    old = order.works[0]
    old.listed = False
    new = Work(name, warehouse, dict(old.lines), state)
    order.works.append(new)
    return new


# ---------------------------------------------------------------------------------------------- disputes


def test_a_dispute_that_opens_before_the_money_holds_it_and_its_end_lets_it_go(play: Play) -> None:
    world = play.world
    waiting(play)
    tell(play, SignalKind.DISPUTE_SEEN, state="open")
    item = world.the_exception
    assert (item.cause, item.tier, item.owner) == (Cause.DISPUTE_OPEN, Tier.P1, Team.FINANCE)
    assert not world.done("payments.refund") and play.kinds().count("DisputeSeen") == 1
    tell(play, SignalKind.DISPUTE_SEEN, "s-2", state="open")
    assert play.kinds().count("DisputeSeen") == 1 and len(world.exceptions) == 1
    tell(play, SignalKind.DISPUTE_SEEN, "s-3", state="won")
    assert play.outcome == Outcome.STOPPED and len(world.done("payments.refund")) == 1


def test_a_dispute_that_is_lost_has_paid_the_customer_already(play: Play) -> None:
    world = play.world
    waiting(play)
    tell(play, SignalKind.DISPUTE_SEEN, state="lost")
    assert world.the_exception.cause == Cause.DISPUTE_OPEN
    with pytest.raises(InvalidInput):
        world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    world.answer_all(Resolution.RETRY)
    assert world.the_exception.cause == Cause.DISPUTE_OPEN and not world.done("payments.refund")
    world.answer_all(Resolution.NO_REFUND)
    assert play.outcome == Outcome.STOPPED and not world.done("payments.refund")


def test_a_refund_in_doubt_is_not_asked_for_again_while_a_dispute_is_open(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.faults.crash_before.add("payments.move")
    world.ask()
    world.settle()
    assert "MoneyRequested" in play.kinds() and not world.done("payments.refund")
    tell(play, SignalKind.DISPUTE_SEEN, state="open")
    world.sweep()
    assert {x.cause for x in world.exceptions} == {Cause.DISPUTE_OPEN} and not world.done("payments.refund")
    tell(play, SignalKind.DISPUTE_SEEN, "s-2", state="won")
    assert len(world.done("payments.refund")) == 1 and play.outcome == Outcome.STOPPED
    world.answer_all(Resolution.DONE_BY_HAND)


def test_a_dispute_after_the_refund_is_finances_at_once_and_once(play: Play) -> None:
    world = play.world
    stopped(play)
    for delivery, state in (("s-1", "open"), ("s-2", "open"), ("s-3", "lost")):
        tell(play, SignalKind.DISPUTE_SEEN, delivery, state=state)
    item = world.the_exception
    assert (item.cause, item.tier, item.owner) == (Cause.DISPUTE_OPEN, Tier.P1, Team.FINANCE)
    assert len(world.done("payments.refund")) == 1
    world.answer_all(Resolution.DONE_BY_HAND)
    assert world.exceptions == [] and world.sweep()


def test_a_dispute_of_an_order_without_a_case_is_the_banks_alone(play: Play) -> None:
    play.world.order()
    assert tell(play, SignalKind.DISPUTE_SEEN, state="open") == ""
    assert play.world.exceptions == []


# ---------------------------------------------------------------------------------------------- holds


def test_our_hold_that_somebody_lets_go_of_is_placed_again_while_the_leg_waits(play: Play) -> None:
    waiting(play)
    tell(play, SignalKind.HOLD_RELEASED, leg_id="fo-1001", origin_key="hold-fo-1001")
    assert play.done.count("store.hold") == 2 and play.kinds().count("HoldReleased") == 1
    keys = [x.key for x in play.world.done("store.hold")]
    assert len(set(keys)) == 2
    assert play.outcome == Outcome.STOPPED and play.world.exceptions == []


def test_another_apps_hold_that_is_let_go_is_not_ours(play: Play) -> None:
    waiting(play)
    tell(play, SignalKind.HOLD_RELEASED, leg_id="fo-1001", origin_key="fraud-app")
    assert play.done.count("store.hold") == 1 and "HoldReleased" not in play.kinds()
    assert play.kinds().count("EchoIgnored") == 1


def test_who_always_lets_go_of_our_hold_is_somebody_to_talk_to(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.warehouses["north"].manner = Manner.SILENT
    world.ask()
    world.later(5)
    for n in range(5):
        tell(play, SignalKind.HOLD_RELEASED, f"s-{n}", leg_id="fo-1001")
    assert play.done.count("store.hold") == 4
    lost = [x for x in world.exceptions if x.cause == Cause.HOLD_LOST]
    assert [(x.tier, x.owner) for x in lost] == [(Tier.P1, Team.WAREHOUSE)]
    world.answer(lost[0], Resolution.DONE_BY_HAND)
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED


def test_a_hold_that_cannot_be_placed_again_needs_the_telephone(play: Play) -> None:
    world = play.world
    waiting(play)
    world.faults.on("store.place_hold", Trouble.REFUSE)
    tell(play, SignalKind.HOLD_RELEASED, leg_id="fo-1001")
    lost = [x for x in world.exceptions if x.cause == Cause.HOLD_LOST]
    assert len(lost) == 1 and play.done.count("store.hold") == 1
    world.answer(lost[0], Resolution.DONE_BY_HAND)
    assert play.outcome == Outcome.STOPPED


def test_a_process_that_dies_between_the_word_and_the_hold_places_it_when_the_word_comes_again(play: Play) -> None:
    world = play.world
    waiting(play)
    world.faults.crash_before.add("store.place_hold")
    signal = told(play, SignalKind.HOLD_RELEASED, leg_id="fo-1001")
    with pytest.raises(Crash):
        receive_signal(world.desk, signal)
    assert play.done.count("store.hold") == 1
    receive_signal(world.desk, signal)
    assert play.done.count("store.hold") == 2
    world.settle()
    assert play.outcome == Outcome.STOPPED


def test_a_hold_of_a_case_that_is_over_stays_where_it_is(play: Play) -> None:
    stopped(play)
    tell(play, SignalKind.HOLD_RELEASED, leg_id="fo-1001")
    assert play.done.count("store.hold") == 1 and play.world.exceptions == []


# ---------------------------------------------------------------------------------------------- work elsewhere


def test_work_that_was_moved_is_held_at_once_and_stopped_at_both_places(play: Play) -> None:
    world = play.world
    order = waiting(play)
    move(order, "south")
    world.later(20)
    receive_signal(world.desk, told(play, SignalKind.WORK_CHANGED, leg_id="fo-2"))
    assert [x.detail for x in world.done("store.hold")] == ["fo-1001", "fo-2"]
    assert world.case.legs["fo-2"].planned.fact.recreated == {"L1": 2}
    world.settle()
    assert [x.subject for x in world.done("south.stop")] == ["1001"] and len(world.done("north.stop")) == 1
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2}
    assert len(world.done("payments.refund")) == 1


def test_work_that_was_moved_and_ships_from_there_is_not_paid_for(play: Play) -> None:
    world = play.world
    order = waiting(play)
    move(order, "south")
    receive_signal(world.desk, told(play, SignalKind.WORK_CHANGED, leg_id="fo-2"))
    world.pick(order, PickState.SHIPPED, "fo-2")
    world.settle()
    assert {x: leg.outcome for x, leg in world.case.legs.items()} == {
        "fo-1001": Outcome.STOPPED,
        "fo-2": Outcome.SHIPPED,
    }
    assert play.outcome == Outcome.SHIPPED and not world.done("payments.refund")
    assert world.done("store.return")[0].detail == {"L1": 2}


def test_a_move_that_nobody_told_of_is_found_before_the_cancel(play: Play) -> None:
    world = play.world
    order = waiting(play)
    move(order, "south")
    world.settle()
    assert len(world.done("south.stop")) == 1 and play.outcome == Outcome.STOPPED
    stops = [i for i, what in enumerate(play.done) if what == "south.stop"]
    assert stops[0] < play.done.index("store.cancel")
    assert order.refunded_lines == {"L1": 2}


def test_a_part_that_was_split_off_is_a_piece_of_work_of_its_own(play: Play) -> None:
    world = play.world
    order = waiting(play)
    order.works[0].lines = {"L1": 1}
    order.works.append(Work("fo-2", "south", {"L1": 1}))
    tell(play, SignalKind.WORK_CHANGED, leg_id="fo-2")
    leg = world.case.legs["fo-2"]
    assert (dict(leg.plan.lines), dict(leg.planned.fact.recreated)) == ({"L1": 1}, {"L1": 1})
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2}


def test_work_that_was_merged_is_stopped_where_it_went(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 1}), Work("b", "north", {"L2": 1})]
    order = waiting(play, lines={"L1": 1, "L2": 1}, works=works)
    order.works[1].listed = False
    order.works[0].lines = {"L1": 1, "L2": 1}
    tell(play, SignalKind.WORK_CHANGED, leg_id="a")
    assert dict(world.case.legs["a~2"].plan.lines) == {"L2": 1}
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 1, "L2": 1}


def test_lines_that_somebody_else_took_off_are_no_work_elsewhere(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L1": 2})]
    order = world.order(lines={"L1": 4}, works=works)
    captured(order)
    world.warehouses["north"].manner = Manner.CALLBACK
    world.ask(lines={"L1": 2})
    world.later(5)
    order.cancelled_lines["L1"] = 1
    order.works[0].taken_out["L1"] = 1
    world.later(20)
    receive_signal(world.desk, told(play, SignalKind.ORDER_CHANGED, digest="new"))
    assert set(world.case.legs) == {"a"}
    read = world.case.order
    assert read and read.fact.lines[0]["cancelled"] == 1
    world.settle()
    world.answer_all(Resolution.DONE_BY_HAND)


def test_work_that_comes_back_after_everything_is_over_opens_the_case_again(play: Play) -> None:
    world = play.world
    order = stopped(play)
    order.cancelled = False
    order.works.append(Work("fo-9", "south", {"L1": 2}))
    tell(play, SignalKind.WORK_CHANGED, leg_id="fo-9")
    assert play.kinds().count("CaseReopened") == 1 and len(world.done("south.stop")) == 1
    assert play.outcome == Outcome.STOPPED and len(world.done("payments.refund")) == 1


def test_work_that_goes_from_place_to_place_is_a_persons_after_three_times(play: Play) -> None:
    world = play.world
    order = waiting(play)
    for n in range(2, 7):
        order.works[-1].listed = False
        order.works.append(Work(f"fo-{n}", "south", {"L1": 2}))
        receive_signal(world.desk, told(play, SignalKind.WORK_CHANGED, f"s-{n}", leg_id=f"fo-{n}"))
    assert list(world.case.legs) == ["fo-1001", "fo-2", "fo-3", "fo-4"]
    world.settle()
    assert world.the_exception.cause == Cause.WORK_RECREATED and not world.done("payments.refund")
    world.answer_all(Resolution.RETRY)
    assert "fo-6" in world.case.legs and play.outcome == Outcome.STOPPED


def test_a_word_about_a_case_that_was_opened_again_is_followed(play: Play) -> None:
    world = play.world
    order = stopped(play)
    world.shipment(order, order.works[0], delivery="leak-1")
    world.settle()
    tell(play, SignalKind.DISPUTE_SEEN, state="open")
    assert {x.cause for x in world.exceptions} == {Cause.SHIPPED_AFTER_STOP, Cause.DISPUTE_OPEN}
    for item in world.exceptions:
        word = Resolution.IT_SHIPPED if item.leg_id else Resolution.DONE_BY_HAND
        world.answer(item, word)
    world.settle()


# ---------------------------------------------------------------------------------------------- changes


def test_a_message_without_a_change_is_recorded_once_at_most(play: Play) -> None:
    world = play.world
    waiting(play)
    world.later(10)
    tell(play, SignalKind.ORDER_CHANGED, "s-1", digest="same")
    seen, reads = play.kinds().count("OrderChangeSeen"), play.kinds().count("OrderRead")
    for n in range(2, 6):
        tell(play, SignalKind.ORDER_CHANGED, f"s-{n}", digest="same")
    assert (seen, play.kinds().count("OrderChangeSeen"), play.kinds().count("OrderRead")) == (1, 1, reads)


def test_a_change_from_before_the_reading_is_known_already(play: Play) -> None:
    waiting(play)
    tell(play, SignalKind.ORDER_CHANGED, digest="old", occurred_at="2020-01-01T00:00:00.000000Z")
    assert "OrderChangeSeen" not in play.kinds()


def test_our_own_cancel_that_comes_back_as_a_change_changes_nothing(play: Play) -> None:
    world = play.world
    stopped(play)
    tell(play, SignalKind.ORDER_CHANGED, digest="after")
    assert play.kinds()[-1] == "EchoIgnored" and len(world.case.legs) == 1


def test_a_wish_that_came_with_the_change_is_planned_by_the_machine(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 1}), Work("b", "south", {"L2": 1})]
    order = world.order(lines={"L1": 1, "L2": 1}, works=works)
    captured(order)
    world.warehouses["north"].manner = Manner.CALLBACK
    world.ask(lines={"L1": 1})
    world.later(5)
    world.ask(delivery="d-2", lines={"L2": 1})
    tell(play, SignalKind.ORDER_CHANGED, digest="new")
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 1, "L2": 1}


def test_an_order_that_is_deleted_under_a_case_is_shown_to_a_person(play: Play) -> None:
    world = play.world
    order = waiting(play)
    order.known = False
    receive_signal(world.desk, told(play, SignalKind.ORDER_CHANGED, digest="deleted"))
    assert Cause.UNKNOWN_ORDER in {x.cause for x in world.exceptions}
    order.known = True
    world.settle()
    for item in world.exceptions:
        world.answer(item, Resolution.RETRY)
    world.settle()


# ---------------------------------------------------------------------------------------------- services


def serviced(play: Play, manner: Manner = Manner.SILENT) -> Order:
    """Work at a fulfillment service, which takes a request and answers by the order system."""
    world = play.world
    world.warehouses[SERVICE] = FakeWarehouse(world, SERVICE, manner)
    order = world.order(works=[Work("fo-1001", SERVICE, {"L1": 2})])
    captured(order)
    world.ask()
    world.later(5)
    return order


def test_a_services_yes_ends_the_wait_and_is_read_back(play: Play) -> None:
    world = play.world
    order = serviced(play)
    world.later(30)
    order.works[0].keep()
    tell(play, SignalKind.STOP_ANSWERED, leg_id="fo-1001", reference=SERVICE, state="system_cancelled")
    assert world.seconds < 120 and play.kinds().count("AcknowledgementReceived") == 1
    assert play.outcome == Outcome.STOPPED and "CallbackRefused" not in play.kinds()


def test_a_services_no_is_the_warehouse_teams(play: Play) -> None:
    world = play.world
    serviced(play)
    tell(play, SignalKind.STOP_ANSWERED, leg_id="fo-1001", reference=SERVICE, state="rejected")
    assert world.the_exception.cause == Cause.STOP_REJECTED and not world.done("payments.refund")
    world.answer_all(Resolution.IT_SHIPPED)


def test_a_services_answer_that_comes_after_the_deadline_ends_the_exception(play: Play) -> None:
    world = play.world
    order = serviced(play)
    world.settle()
    assert world.the_exception.cause == Cause.SILENT_WAREHOUSE
    order.works[0].keep()
    tell(play, SignalKind.STOP_ANSWERED, leg_id="fo-1001", reference=SERVICE, state="system_cancelled")
    assert world.exceptions == [] and play.outcome == Outcome.STOPPED
    (answer,) = world.case.legs["fo-1001"].attempts[1].answers
    assert answer.fact.late


def test_an_answer_of_a_service_to_somebody_elses_request_is_none_of_the_legs(play: Play) -> None:
    waiting(play)
    tell(play, SignalKind.STOP_ANSWERED, leg_id="fo-1001", reference=SERVICE, state="system_cancelled")
    answers = play.world.case.legs["fo-1001"].attempts[1].answers
    assert [x.fact.source for x in answers] == ["north"]


class Rereadable(FakeWarehouse):
    """Its answer stands where it can be read again."""

    said: AckLevel = AckLevel.ACCEPTED

    def read_answer(self, command: StopCommand) -> StopAnswer:
        return self.world.call(f"{self.name}.read_answer", lambda: StopAnswer(self.said, self.name))


@pytest.mark.parametrize("said", [AckLevel.SYSTEM_CANCELLED, AckLevel.REJECTED, AckLevel.ACCEPTED])
def test_an_answer_whose_message_was_lost_is_found_before_the_silence(play: Play, said: AckLevel) -> None:
    world = play.world
    service = Rereadable(world, SERVICE, Manner.SILENT)
    world.warehouses[SERVICE] = service
    order = world.order(works=[Work("fo-1001", SERVICE, {"L1": 2})])
    captured(order)
    world.ask()
    world.later(5)
    service.said = said
    if said is AckLevel.SYSTEM_CANCELLED:
        order.works[0].keep()
    world.settle()
    assert ("SilenceRecorded" in play.kinds()) == (said is AckLevel.ACCEPTED)
    if said is AckLevel.SYSTEM_CANCELLED:
        assert play.outcome == Outcome.STOPPED and world.exceptions == []
        return
    expected = Cause.STOP_REJECTED if said is AckLevel.REJECTED else Cause.SILENT_WAREHOUSE
    assert world.the_exception.cause == expected
    world.answer_all(Resolution.IT_SHIPPED)


def test_work_that_is_reported_to_have_begun_after_its_stop_contradicts_it(play: Play) -> None:
    world = play.world
    stopped(play)
    for delivery in ("s-1", "s-2"):
        tell(play, SignalKind.PROGRESS_SEEN, delivery, leg_id="fo-1001", state="picking")
    assert world.the_exception.cause == Cause.STOP_CONTRADICTED
    world.answer_all(Resolution.DONE_BY_HAND)
    assert world.exceptions == []


def test_work_that_is_reported_to_have_begun_is_stopped_only_by_hands(play: Play) -> None:
    world = play.world
    waiting(play)
    tell(play, SignalKind.PROGRESS_SEEN, leg_id="fo-1001", state="picking")
    assert world.the_exception.cause == Cause.STOP_CONTRADICTED and not world.done("payments.refund")
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED


# ---------------------------------------------------------------------------------------------- money and returns


def test_money_that_is_taken_for_an_order_that_was_cancelled_unpaid_is_finances(play: Play) -> None:
    world = play.world
    order = world.order(cancel_voids=False)
    authorised(order)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED
    order.transactions[:] = order.transactions[:1]
    capture_authorised(order)
    for delivery, state in (("s-1", "capture"), ("s-2", "paid")):
        tell(play, SignalKind.PAYMENT_SEEN, delivery, state=state)
    assert (world.the_exception.cause, world.the_exception.tier) == (Cause.CAPTURED_AFTER_CANCEL, Tier.P1)
    world.answer_all(Resolution.DONE_BY_HAND)


@pytest.mark.parametrize("owed", [True, False])
def test_money_that_is_taken_for_lines_that_were_cancelled_is_finances_and_for_the_others_nobodys(
    play: Play, owed: bool
) -> None:
    world = play.world
    order = world.order(lines={"L1": 2, "L2": 1}, works=[Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})])
    authorised(order)
    world.ask(lines={"L1": 2})
    world.settle()
    assert play.outcome == Outcome.STOPPED
    capture_authorised(order)
    if not owed:
        world.payments.quote = lambda _, lines: RefundQuote(Decimal(0), order.currency, lines)  # type: ignore[method-assign]
    tell(play, SignalKind.PAYMENT_SEEN, "s-1", state="capture")
    assert [x.cause for x in world.exceptions] == [Cause.CAPTURED_AFTER_CANCEL] * owed
    assert not world.done("payments.refund")


def test_a_payment_that_comes_after_a_person_has_ended_the_money_is_finances(play: Play) -> None:
    world = play.world
    order = world.order()
    pending = Transaction("t", TransactionKind.CAPTURE, TransactionStatus.PENDING, order.total, order.currency)
    order.transactions.append(pending)
    world.ask()
    world.settle()
    world.answer_all(Resolution.NO_REFUND)
    order.transactions[0] = replace(pending, status=TransactionStatus.SUCCESS)
    tell(play, SignalKind.PAYMENT_SEEN, state="paid")
    assert world.the_exception.cause == Cause.CAPTURED_AFTER_CANCEL and not world.done("payments.refund")


def test_money_that_the_payment_system_does_not_show_disturbs_nobody(play: Play) -> None:
    order = play.world.order()
    authorised(order)
    play.world.ask()
    play.world.settle()
    tell(play, SignalKind.PAYMENT_SEEN, state="capture")
    assert play.world.exceptions == [] and play.kinds().count("PaymentSeen") == 1


def test_a_void_of_ours_that_comes_back_is_ignored(play: Play) -> None:
    authorised(play.world.order())
    play.world.ask()
    play.world.settle()
    (record,) = play.world.case.moves.values()
    assert record.moved
    tell(play, SignalKind.PAYMENT_SEEN, state="void", reference=record.moved.fact.reference)
    assert play.kinds()[-1] == "EchoIgnored"


def test_somebody_elses_refund_is_seen_and_never_acted_on(play: Play) -> None:
    order = stopped(play)
    before = list(play.done)
    tell(play, SignalKind.REFUND_SEEN, lines={"L1": 1}, reference="r-9")
    assert play.kinds()[-1] == "PaymentSeen" and play.done == before
    assert order.refunded_lines == {"L1": 2}


def test_a_line_that_comes_back_by_somebodys_return_is_not_paid_by_the_case_as_well(play: Play) -> None:
    world = play.world
    order = world.order(works=[Work("a", "north", {"L1": 1}), Work("b", "south", {"L1": 1})])
    captured(order)
    world.pick(order, PickState.SHIPPED, "b")
    world.warehouses["north"].manner = Manner.CALLBACK
    world.ask()
    world.later(5)
    tell(play, SignalKind.RETURN_SEEN, state="active", lines={"L1": 2})
    assert world.the_exception.cause == Cause.MONEY_REFUSED and not world.done("payments.refund")
    tell(play, SignalKind.RETURN_SEEN, "s-2", state="ended", lines={"L1": 2})
    world.answer_all(Resolution.RETRY)
    assert order.refunded_lines["L1"] == 1 and len(world.done("payments.refund")) == 1


def test_the_end_of_a_return_lets_a_refused_cancel_be_tried_again(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.faults.on("store.cancel", Trouble.REFUSE)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.ORDER_CANCEL_REFUSED
    tell(play, SignalKind.RETURN_SEEN, state="active", lines={})
    assert world.the_exception.cause == Cause.ORDER_CANCEL_REFUSED
    tell(play, SignalKind.RETURN_SEEN, "s-2", state="ended", lines={})
    assert world.exceptions == [] and play.outcome == Outcome.STOPPED


def test_our_own_return_that_comes_back_is_ignored(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.pick(order, PickState.SHIPPED)
    world.ask()
    world.settle()
    (opened,) = world.case.returns
    tell(play, SignalKind.RETURN_SEEN, state="active", lines={"L1": 2}, reference=opened.fact.reference)
    assert play.kinds()[-1] == "EchoIgnored" and world.case.claimed_by_returns == {}
