"""What has left and may be brought back: the carrier is asked once, and only its tracking, or a person, says what became of it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from stopship.application.record import Step
from stopship.application.sweep_cases import sweep_cases
from stopship.application.view_case import view_case
from stopship.domain.carrier import CarrierState, Parcel
from stopship.domain.events import InterceptEnded
from stopship.domain.instant import seconds_between
from stopship.domain.money import PaymentSnapshot
from stopship.domain.order import PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, Tier
from stopship.domain.resolution import Resolution, allowed
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import Manner, captured
from tests.fakes.trouble import Crash, Trouble
from tests.fakes.world import MERCHANT, World
from tests.statemachines.play import Play

AUTOMATIC = '[intercept]\nmode = "automatic"\n'
LONG = 15 * 86_400.0


def dear(world: World, **more: Any) -> Order:
    """Two pieces for 120.00, paid for."""
    order = world.order(**{"price": Decimal("60.00"), **more})
    captured(order)
    return order


def left(world: World, **more: Any) -> Order:
    """It left with UPS, and the store tells the tracking number."""
    order = dear(world, store_lags=True)
    world.pick(order, PickState.SHIPPED)
    world.send(order, **more)
    return order


def number(order: Order) -> str:
    return order.parcels[0].number


def shown(play: Play) -> tuple[str, str]:
    """What a person sees of the only leg's way."""
    case = play.world.case
    (leg,) = view_case(MERCHANT, case.case_id, play.world.ledger.load(MERCHANT, case.case_id))["legs"]
    return leg["carrier"], leg["intercept"]


def days_pass(world: World, days: float) -> None:
    world.later(days * 86_400)


# ---------------------------------------------------------------------------------------------- automatic


def test_it_left_with_ups_is_intercepted_on_the_way_comes_back_and_is_refunded_once(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    order = left(world)
    world.ask()
    world.later(60)
    assert [x.detail for x in world.done("ups.intercept")] == ["customer_request"]
    assert play.outcome == "" and not world.done("payments.refund") and not world.done("mail")
    days_pass(world, 2)
    assert play.outcome == "" and not world.done("payments.refund")
    assert shown(play) == ("in_transit", "pending")
    world.ups.deliver(number(order))
    days_pass(world, 1)
    assert play.outcome == Outcome.SHIPPED and shown(play) == ("returned", "returned")
    assert len(world.done("payments.refund")) == 1 and order.refunded_lines == {"L1": 2}
    assert not world.done("store.return") and not world.done("store.cancel")
    assert [x.detail for x in world.done("mail")] == ["outcome_came_back"]
    assert world.exceptions == [] and len(world.done("ups.intercept")) == 1


def test_what_had_left_before_anybody_looked_can_be_brought_back_too(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    order = dear(world)
    world.pick(order, PickState.SHIPPED)
    world.send(order)
    world.ask()
    world.later(60)
    assert list(world.case.legs) == ["left"] and len(world.done("ups.intercept")) == 1
    world.ups.deliver(number(order))
    days_pass(world, 1)
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L1": 2}
    assert not world.done("store.return")


def test_the_warehouse_tells_the_parcels_that_the_store_does_not(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    order = left(world)
    world.warehouses["north"].tells, order.parcels = order.parcels, []
    world.ask()
    world.later(60)
    assert len(world.done("ups.intercept")) == 1
    (parcel,) = world.warehouses["north"].tells
    world.ups.deliver(parcel.number)
    days_pass(world, 1)
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L1": 2}


def by_sku(order: Order, *skus: str) -> Parcel:
    """The order's only parcel, as a warehouse tells it that does not know the order's lines."""
    (parcel,) = order.parcels
    return replace(parcel, lines={}, skus=dict.fromkeys(skus, 2))


@pytest.mark.parametrize(("skus", "asked"), [(["sku-L1"], 1), (["sku-of-nobody"], 0), (["sku-L1", "sku-of-nobody"], 0)])
def test_a_warehouse_that_knows_goods_by_sku_tells_parcels_only_where_each_is_one_lines(
    play: Play, skus: list[str], asked: int
) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    order = left(world)
    world.warehouses["north"].tells, order.parcels = [by_sku(order, *skus)], []
    world.ask()
    world.later(60)
    assert len(world.done("ups.intercept")) == asked
    assert not world.done("payments.refund")


def test_a_label_whose_goods_are_told_by_sku_is_voided_before_the_stop(play: Play) -> None:
    world = play.world
    order = dear(world)
    world.pick(order, PickState.LABELLED)
    world.send(order, state=CarrierState.LABELLED)
    world.warehouses["north"].tells, order.parcels = [by_sku(order, "sku-L1")], []
    world.ask()
    world.settle()
    assert len(world.done("ups.void")) == 1
    assert play.done.index("ups.void") < play.done.index("north.stop")


def test_a_request_that_was_taken_and_not_carried_out_is_a_shipment_with_a_return_and_no_refund(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    world.ups.completes = False
    order = left(world)
    world.ask()
    world.later(60)
    world.ups.deliver(number(order))
    days_pass(world, 1)
    assert play.outcome == Outcome.SHIPPED
    assert not world.done("payments.refund") and len(world.done("store.return")) == 1
    assert [x.detail for x in world.done("mail")] == ["outcome_shipped"]
    assert len(world.done("ups.intercept")) == 1


def test_what_is_not_eligible_is_a_shipment_at_once(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    world.ups.eligible = False
    left(world)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.SHIPPED and world.seconds < 60
    assert not world.done("ups.intercept") and len(world.done("store.return")) == 1


@pytest.mark.parametrize("state", [CarrierState.OUT_FOR_DELIVERY, CarrierState.DELIVERED])
def test_it_is_too_late_once_it_is_out_for_delivery(state: CarrierState) -> None:
    play = Play()
    world = play.world
    world.policies.override = AUTOMATIC
    left(world, state=state)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.SHIPPED and not world.done("ups.intercept")
    assert play.violations() == []


def test_a_parcel_that_is_back_already_is_paid_for_without_asking(play: Play) -> None:
    world = play.world
    order = left(world, state=CarrierState.RETURNED)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L1": 2}
    assert not world.done("ups.intercept") and not world.done("store.return")


def test_a_price_beyond_the_policys_share_is_not_paid(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    world.ups.cost = Decimal("36.01")
    left(world)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.SHIPPED and not world.done("ups.intercept")


def test_a_box_that_holds_more_than_was_asked_for_is_left_alone(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    works = [Work("a", "north", {"L1": 2, "L2": 2})]
    order = dear(world, lines={"L1": 2, "L2": 2}, works=works, store_lags=True)
    world.pick(order, PickState.SHIPPED)
    world.send(order)
    world.ask(lines={"L1": 2})
    world.settle()
    assert play.outcome == Outcome.SHIPPED and not world.done("ups.intercept")


def test_goods_below_the_limit_ask_nobody_anything(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    order = world.order(store_lags=True)
    captured(order)
    world.pick(order, PickState.SHIPPED)
    world.send(order)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.SHIPPED
    assert not {"store.parcels", "ups.track", "ups.offer"} & set(world.faults.calls)


def test_the_money_of_what_was_stopped_does_not_wait_for_what_comes_back(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 2})]
    order = dear(world, lines={"L1": 2, "L2": 2}, works=works, store_lags=True)
    world.pick(order, PickState.SHIPPED, "b")
    world.send(order, "b")
    world.ask()
    world.later(120)
    assert order.refunded_lines == {"L1": 2} and play.outcome == "" and not world.done("mail")
    world.ups.deliver(number(order))
    days_pass(world, 1)
    assert order.refunded_lines == {"L1": 2, "L2": 2} and len(world.done("payments.refund")) == 2
    assert play.outcome == Outcome.SHIPPED
    assert [x.detail for x in world.done("mail")] == ["outcome_came_back"]


def test_what_comes_back_after_money_was_paid_by_hand_is_paid_for_too(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = world.order(lines={"L1": 2, "L2": 1}, works=works, price=Decimal("500.00"))
    captured(order)
    world.pick(order, PickState.SHIPPED, "b")
    world.send(order, "b")
    world.payments.fails = 1
    world.ask()
    world.later(120)
    assert world.the_exception.cause == Cause.MONEY_FAILED
    world.answer(world.the_exception, Resolution.DONE_BY_HAND)
    world.later(120)
    assert order.refunded_lines == {}
    world.ups.deliver("1Zb")
    days_pass(world, 2)
    assert order.refunded_lines == {"L2": 1} and len(world.done("payments.refund")) == 1
    assert world.case.closed is not None


def test_goods_that_come_back_while_the_money_is_looked_at_are_paid_for_too(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 2})]
    order = dear(world, lines={"L1": 2, "L2": 2}, works=works, store_lags=True)
    world.pick(order, PickState.SHIPPED, "b")
    world.send(order, "b")
    real = world.payments.read

    def read(order_ref: str) -> PaymentSnapshot:
        snapshot = real(order_ref)
        if order.refunded_lines and world.case.on_their_way_back:
            world.ups.states[number(order)] = CarrierState.RETURNED
            step = Step()
            step.add(InterceptEnded("b", "returned", "ups", []))
            world.desk.cases.record(MERCHANT, world.case.case_id, lambda _: step)
        return snapshot

    world.payments.read = read  # type: ignore[method-assign]
    world.ask()
    world.settle()
    assert order.refunded_lines == {"L1": 2, "L2": 2} and len(world.done("payments.refund")) == 2
    assert play.kinds().count("MoneySettled") == 1


def test_one_box_of_two_that_is_delivered_makes_it_a_shipment(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    world.ups.cost = Decimal("10.00")
    order = left(world)
    world.send(order, number="1Zsecond")
    world.ask()
    world.later(60)
    assert len(world.done("ups.intercept")) == 2
    world.ups.deliver(number(order))
    world.ups.states["1Zsecond"] = CarrierState.DELIVERED
    days_pass(world, 1)
    assert play.outcome == Outcome.SHIPPED and not world.done("payments.refund")
    assert len(world.done("store.return")) == 1


def test_where_one_box_of_two_cannot_come_back_the_other_is_not_asked_for_any_more(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    world.ups.cost = Decimal("10.00")
    left(world)
    world.send(world.orders["1001"], number="1Zsecond")
    world.ups.refuses.add("1Zsecond")
    world.faults.on("ups.cancel_intercept", Trouble.IN_DOUBT)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.SHIPPED and world.ups.asked == set()
    assert (len(world.done("ups.intercept")), len(world.done("ups.cancel"))) == (1, 1)
    assert len(world.done("store.return")) == 1 and not world.done("payments.refund")


# ---------------------------------------------------------------------------------------------- a person


def test_a_person_is_asked_with_price_value_and_deadline_and_may_say_yes(play: Play) -> None:
    world = play.world
    order = left(world)
    world.ask()
    world.settle()
    item = world.the_exception
    assert (item.cause, item.tier, item.owner) == (Cause.CARRIER_INTERCEPT, Tier.P1, "ops")
    assert seconds_between(item.opened_at, item.deadline) == 3600
    (state,) = world.case.exceptions.values()
    detail = state.opened.fact.detail
    assert "18.50 EUR" in detail and "120.00 EUR" in detail and "in_transit" in detail
    assert number(order) not in detail and order.parcels[0].sha256[:12] in detail
    assert not world.done("ups.intercept")
    world.answer(item, Resolution.INTERCEPT)
    world.later(60)
    assert len(world.done("ups.intercept")) == 1
    (asked,) = world.case.legs["fo-1001"].intercepts.values()
    assert asked.requested.fact.by == "ann"
    world.ups.deliver(number(order))
    days_pass(world, 1)
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L1": 2}


def test_a_person_may_let_it_go(play: Play) -> None:
    world = play.world
    left(world)
    world.ask()
    world.settle()
    world.answer_all(Resolution.IT_SHIPPED)
    assert play.outcome == Outcome.SHIPPED and not world.done("ups.intercept")
    assert len(world.done("store.return")) == 1 and not world.done("payments.refund")


def test_what_changed_while_a_person_thought_is_read_again(play: Play) -> None:
    world = play.world
    order = left(world)
    world.ask()
    world.settle()
    world.ups.states[number(order)] = CarrierState.OUT_FOR_DELIVERY
    world.answer_all(Resolution.INTERCEPT)
    assert play.outcome == Outcome.SHIPPED and not world.done("ups.intercept")
    assert len(world.done("store.return")) == 1


def test_a_carrier_that_only_people_can_ask_is_a_guided_task(play: Play) -> None:
    world = play.world
    order = left(world, carrier="usps")
    world.ask()
    world.settle()
    (state,) = world.case.exceptions.values()
    detail = state.opened.fact.detail
    assert "USPS must be asked by hand: https://" in detail and "out for delivery" in detail
    assert number(order) not in detail
    world.answer_all(Resolution.INTERCEPT)
    item = world.the_exception
    assert (item.cause, item.leg_id) == (Cause.INTERCEPT_UNRESOLVED, "")
    assert not world.done("payments.refund") and play.outcome == ""
    world.answer_all(Resolution.RETRY)
    assert world.the_exception.cause == Cause.INTERCEPT_UNRESOLVED and not world.done("payments.refund")
    world.answer_all(Resolution.CAME_BACK)
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L1": 2}
    assert not world.done("store.return")


@pytest.mark.parametrize(
    "more",
    [{"told": CarrierState.DELIVERED}, {"told": CarrierState.OUT_FOR_DELIVERY}, {"days_ago": 14.1}],
    ids=["delivered", "out for delivery", "sent long ago"],
)
def test_nobody_is_troubled_by_hand_for_what_the_store_knows_to_be_too_late(more: dict[str, Any]) -> None:
    play = Play()
    left(play.world, carrier="usps", **more)
    play.world.ask()
    play.world.settle()
    assert play.outcome == Outcome.SHIPPED and play.world.exceptions == []
    assert len(play.world.done("store.return")) == 1 and play.violations() == []


def test_the_stores_word_moves_no_money(play: Play) -> None:
    world = play.world
    left(world, carrier="usps", told=CarrierState.IN_TRANSIT, days_ago=13.9)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.CARRIER_INTERCEPT
    world.answer_all(Resolution.INTERCEPT)
    assert world.the_exception.cause == Cause.INTERCEPT_UNRESOLVED and not world.done("payments.refund")


def test_of_two_parcels_on_their_way_back_the_first_is_paid_for_before_the_second_is_there(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 2})]
    order = dear(world, lines={"L1": 2, "L2": 2}, works=works, store_lags=True)
    for name in ("a", "b"):
        world.pick(order, PickState.SHIPPED, name)
        world.send(order, name)
    world.ask()
    world.later(60)
    world.ups.states["1Za"] = CarrierState.RETURNED
    days_pass(world, 1)
    assert order.refunded_lines == {"L1": 2} and world.exceptions == [] and play.outcome == ""
    world.ups.states["1Zb"] = CarrierState.RETURNED
    days_pass(world, 1)
    assert order.refunded_lines == {"L1": 2, "L2": 2} and len(world.done("payments.refund")) == 2
    assert play.outcome == Outcome.SHIPPED


def test_of_two_parcels_that_people_follow_a_word_ends_the_one_that_was_asked_about(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 2})]
    order = dear(world, lines={"L1": 2, "L2": 2}, works=works, store_lags=True)
    for name in ("a", "b"):
        world.pick(order, PickState.SHIPPED, name)
        world.send(order, name, carrier="usps")
    world.ask()
    world.settle()
    world.answer_all(Resolution.INTERCEPT)
    (asked,) = [x.opened.fact for x in world.case.open_exceptions]
    assert asked.cause == Cause.INTERCEPT_UNRESOLVED and asked.detail.startswith("leg a:")
    world.answer_all(Resolution.CAME_BACK)
    assert [leg.plan.leg_id for leg in world.case.on_their_way_back] == ["b"]
    (asked,) = [x.opened.fact for x in world.case.open_exceptions]
    assert asked.detail.startswith("leg b:")
    world.answer_all(Resolution.IT_SHIPPED)
    assert order.refunded_lines == {"L1": 2}


def test_a_person_may_say_that_it_was_delivered_all_the_same(play: Play) -> None:
    world = play.world
    left(world, carrier="fedex")
    world.ask()
    world.settle()
    world.answer_all(Resolution.INTERCEPT)
    world.answer_all(Resolution.IT_SHIPPED)
    assert play.outcome == Outcome.SHIPPED and not world.done("payments.refund")
    assert len(world.done("store.return")) == 1


def test_a_person_may_vouch_that_the_goods_are_back(play: Play) -> None:
    world = play.world
    order = left(world, carrier="fedex")
    world.ask()
    world.settle()
    world.answer_all(Resolution.CAME_BACK)
    leg = world.case.legs["fo-1001"]
    assert leg.settled and leg.settled.fact.proof["kind"] == "human_returned"
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L1": 2}


def test_what_was_sent_under_another_account_a_person_asks_for_and_the_desk_follows(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    order = left(world)
    world.ups.foreign.add(number(order))
    world.ask()
    world.settle()
    (state,) = world.case.exceptions.values()
    assert "UPS must be asked by hand (another_account)" in state.opened.fact.detail
    world.answer(world.the_exception, Resolution.INTERCEPT)
    days_pass(world, 1)
    assert world.exceptions == [] and shown(play) == ("in_transit", "pending") and not world.done("ups.intercept")
    world.ups.states[number(order)] = CarrierState.RETURNED
    days_pass(world, 1)
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L1": 2}


def test_a_label_of_another_account_is_nobodys_to_void(play: Play) -> None:
    world = play.world
    order = dear(world)
    world.pick(order, PickState.LABELLED)
    world.send(order, state=CarrierState.LABELLED)
    world.ups.foreign.add(number(order))
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED and not world.done("ups.void") and world.exceptions == []


def test_a_carrier_that_the_policy_does_not_name_is_not_asked(play: Play) -> None:
    world = play.world
    left(world, carrier="other")
    world.ask()
    world.settle()
    assert play.outcome == Outcome.SHIPPED and world.exceptions == []


def test_a_parcel_that_says_nothing_for_two_weeks_is_a_persons(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    order = left(world)
    world.ask()
    world.later(LONG)
    item = world.the_exception
    assert (item.cause, play.outcome) == (Cause.INTERCEPT_UNRESOLVED, "")
    assert not world.done("payments.refund") and not world.done("store.return")
    world.answer(item, Resolution.RETRY)
    world.later(60)
    assert world.exceptions == []
    world.ups.deliver(number(order))
    days_pass(world, 1)
    assert order.refunded_lines == {"L1": 2}


def test_after_a_leak_the_carrier_can_be_asked_and_nothing_is_paid_twice(play: Play) -> None:
    world = play.world
    order = dear(world)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2}
    world.send(order)
    world.shipment(order, order.works[0], delivery="leak-1")
    world.settle()
    assert world.the_exception.cause == Cause.SHIPPED_AFTER_STOP
    assert Resolution.INTERCEPT in allowed(Cause.SHIPPED_AFTER_STOP, of_leg=True)
    world.answer(world.the_exception, Resolution.INTERCEPT)
    world.later(60)
    world.ups.deliver(number(order))
    days_pass(world, 1)
    assert play.outcome == Outcome.SHIPPED and len(world.done("payments.refund")) == 1
    assert not world.done("store.return")
    closed = world.case.closed
    assert closed and closed.fact.root_cause == "shipped_after_stop"


def test_after_a_leak_a_refused_request_comes_back_to_the_person(play: Play) -> None:
    world = play.world
    order = dear(world)
    world.ask()
    world.settle()
    world.ups.eligible = False
    world.send(order)
    world.shipment(order, order.works[0], delivery="leak-1")
    world.settle()
    world.answer_all(Resolution.INTERCEPT)
    assert world.the_exception.cause == Cause.SHIPPED_AFTER_STOP and not world.done("ups.intercept")
    world.answer_all(Resolution.IT_SHIPPED)
    assert play.outcome == Outcome.SHIPPED


# ---------------------------------------------------------------------------------------------- trouble


def test_a_crash_between_request_and_record_asks_the_carrier_once(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    order = left(world)
    world.faults.on("ups.intercept", Trouble.IN_DOUBT)
    world.ask()
    world.later(120)
    (state,) = world.case.legs["fo-1001"].intercepts.values()
    assert state.answered and state.answered.fact.code == "pending"
    assert len(world.done("ups.intercept")) == 1
    world.ups.deliver(number(order))
    days_pass(world, 1)
    assert order.refunded_lines == {"L1": 2} and len(world.done("payments.refund")) == 1


def test_wherever_the_process_dies_the_carrier_is_asked_once_and_the_money_goes_back_once() -> None:
    clean = _told(0)
    assert clean.world.faults.points > 40
    for point in range(1, clean.world.faults.points + 1):
        play = _told(point)
        world = play.world
        assert len(world.done("ups.intercept")) == 1, f"point {point}"
        assert [x.detail for x in world.done("payments.refund")] == ["120.00"], f"point {point}"
        assert play.outcome == Outcome.SHIPPED and play.violations() == [], f"point {point}"


def _told(crash: int) -> Play:
    """The whole story, with a death of the process at one point of it."""
    play = Play()
    world = play.world
    world.policies.override = AUTOMATIC
    order = left(world)
    world.faults.crash({crash} if crash else ())
    world.ask()
    for _ in range(3):
        world.later(300)
        _sweep(world)
    world.ups.deliver(number(order))
    for _ in range(4):
        days_pass(world, 0.5)
        _sweep(world)
    return play


def _sweep(world: World) -> None:
    """Unlike World.sweep it lets no time pass, of which the carrier has not told anything yet."""
    try:
        sweep_cases(world.desk)
    except Crash:
        return


def test_a_request_that_the_carrier_refuses_is_a_shipment(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    left(world)
    world.faults.on("ups.intercept", Trouble.REFUSE)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.SHIPPED and shown(play) == ("in_transit", "refused")
    assert not world.done("ups.intercept")
    assert not world.done("payments.refund") and len(world.done("store.return")) == 1


def test_a_carrier_that_does_not_answer_while_we_watch_is_looked_at_again(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    order = left(world)
    world.ask()
    world.later(60)
    world.faults.on("ups.track", Trouble.DOWN, 6)
    days_pass(world, 1)
    assert world.exceptions == [] and play.outcome == ""
    world.ups.deliver(number(order))
    days_pass(world, 1)
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L1": 2}


# ---------------------------------------------------------------------------------------------- labels


def test_a_shipment_that_no_carrier_has_scanned_is_still_stopped_and_its_label_voided(play: Play) -> None:
    world = play.world
    order = dear(world)
    world.warehouses["north"].manner = Manner.CALLBACK
    world.pick(order, PickState.LABELLED)
    world.send(order, state=CarrierState.LABELLED)
    world.warehouses["north"].believes["fo-1001"] = PickState.SHIPPED
    world.ask()
    world.settle()
    leg = world.case.legs["fo-1001"]
    assert leg.attempts[1].requested.fact.physical
    assert leg.settled and leg.settled.fact.proof["kind"] == "physically_stopped"
    assert play.done.index("ups.void") < play.done.index("north.stop")
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2}


def test_a_warehouse_that_insists_that_it_left_is_believed(play: Play) -> None:
    world = play.world
    order = dear(world, store_lags=True)
    world.pick(order, PickState.SHIPPED)
    world.send(order, state=CarrierState.LABELLED)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.SHIPPED and not world.done("payments.refund")
    assert len(world.done("store.return")) == 1


def test_a_label_that_proves_to_be_used_is_a_departure_and_no_stop_is_sent(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    order = dear(world)
    world.pick(order, PickState.LABELLED)
    world.send(order)
    world.ask()
    world.later(60)
    assert not world.done("north.stop") and len(world.done("ups.intercept")) == 1
    world.ups.deliver(number(order))
    days_pass(world, 1)
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L1": 2}


def test_a_label_outside_the_void_period_is_a_note_for_finance_and_no_obstacle(play: Play) -> None:
    world = play.world
    world.ups.voids = False
    order = dear(world)
    world.pick(order, PickState.LABELLED)
    world.send(order, state=CarrierState.LABELLED)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2}
    item = world.the_exception
    assert (item.cause, item.owner, item.tier) == (Cause.LABEL_NOT_VOIDED, "finance", Tier.P3)
    world.answer_all(Resolution.DONE_BY_HAND)
    heads = world.ledger.cases(MERCHANT).items
    assert world.exceptions == [] and {(x.channel, x.status) for x in heads} == {
        ("shopify", "closed"),
        ("unmatched", "closed"),
    }


def test_a_carrier_that_cannot_be_reached_does_not_hold_up_the_stop(play: Play) -> None:
    world = play.world
    order = dear(world)
    world.pick(order, PickState.LABELLED)
    world.send(order, state=CarrierState.LABELLED)
    world.faults.on("ups.void", Trouble.DOWN)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED and world.exceptions == []
    (void,) = world.case.legs["fo-1001"].voids.values()
    assert void.answered and void.answered.fact.state == "silent"


def test_a_store_that_tells_no_parcels_does_not_hold_up_the_stop_and_leaves_a_trace(play: Play) -> None:
    world = play.world
    order = dear(world)
    world.pick(order, PickState.LABELLED)
    world.faults.on("store.parcels", Trouble.DOWN)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED and world.exceptions == []
    (void,) = world.case.legs["fo-1001"].voids.values()
    assert void.answered and (void.answered.fact.state, void.answered.fact.code) == ("silent", "PartnerUnavailable")


def test_no_tracking_number_is_in_the_ledger(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    order = left(world)
    world.ask()
    world.later(60)
    assert world.done("ups.intercept")
    assert not [x for x in world.ledger.scan() if number(order) in str(x.attributes)]


def test_a_carrier_that_is_down_is_waited_for_and_asked_when_it_is_back(play: Play) -> None:
    world = play.world
    world.policies.override = AUTOMATIC
    world.govern()
    left(world)
    world.faults.on("ups.track", Trouble.DOWN, 1000)
    world.ask()
    world.later(120)
    item = world.the_exception
    assert item.cause == Cause.PARTNER_UNAVAILABLE and not world.done("ups.intercept")
    for _ in range(3):
        world.later(60)
        sweep_cases(world.desk)
    assert world.the_exception.exception_id == item.exception_id
    assert [(x.partner, bool(x.traffic.outage)) for x in world.traffic.outages()] == [("ups", True)]
    world.faults.clear("ups.track")
    for _ in range(3):
        world.later(60)
        sweep_cases(world.desk)
    assert world.exceptions == [] and len(world.done("ups.intercept")) == 1 and not world.traffic.outages()
