"""Many partners tell that something of an order left, and not what: it is put on the goods that left, on no others, and never lost."""

import pytest

from stopship.application.receive_signal import receive_signal
from stopship.domain.errors import PartnerUnavailable
from stopship.domain.order import PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, Tier
from stopship.domain.resolution import Resolution
from stopship.domain.signal import Signal, SignalKind
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import Manner, captured
from tests.fakes.trouble import Trouble
from tests.fakes.world import CHANNEL, MERCHANT
from tests.statemachines.play import Play


def two_places(play: Play) -> Order:
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = play.world.order(lines={"L1": 2, "L2": 1}, works=works)
    captured(order)
    return order


def told(play: Play, place: str = "", lines: dict[str, int] | None = None, *, departed: bool = True) -> None:
    """The message of a carrier, by way of a warehouse, or of the shop where ``place`` is ""."""
    world, now = play.world, play.world.clock.now()
    signal = Signal(
        merchant=MERCHANT,
        channel=CHANNEL,
        source=place or CHANNEL,
        topic="track",
        delivery_id=f"track-{now}",
        order_ref="1001",
        leg_id="",
        kind=SignalKind.SHIPMENT,
        occurred_at=now,
        received_at=now,
        lines=lines or {},
        departed=departed,
        reference="label-9",
        place=place,
    )
    world.door(lambda: receive_signal(world.desk, signal))
    world.door(lambda: receive_signal(world.desk, signal))
    world.settle()


def leaks(play: Play) -> list[tuple[str, str, str]]:
    return [(x.cause, x.tier, x.leg_id) for x in play.world.exceptions]


def test_after_closing_the_one_leg_of_that_place_is_reopened(play: Play) -> None:
    two_places(play)
    play.world.ask()
    play.world.settle()
    assert play.outcome == Outcome.STOPPED
    told(play, "south")
    assert leaks(play) == [(Cause.SHIPPED_AFTER_STOP, Tier.P1, "b")]
    assert play.world.case.reopened and play.violations() == []


def test_where_only_the_order_is_named_each_place_is_asked_and_the_goods_that_left_are_found(play: Play) -> None:
    order = two_places(play)
    play.world.ask()
    play.world.settle()
    play.world.pick(order, PickState.SHIPPED, "b")
    told(play)
    assert leaks(play) == [(Cause.SHIPPED_AFTER_STOP, Tier.P1, "b")]
    assert play.violations() == []


def test_goods_that_left_while_another_leg_waits_are_neither_paid_for_nor_told_as_stopped(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.warehouses["south"].manner = Manner.SILENT
    world.ask()
    world.later(60)
    assert world.case.legs["a"].outcome is Outcome.STOPPED
    world.pick(order, PickState.SHIPPED, "a")
    told(play, "north")
    assert (Cause.SHIPPED_AFTER_STOP, Tier.P1, "a") in leaks(play)
    for item in world.exceptions:
        world.answer(item, Resolution.IT_SHIPPED if item.leg_id == "a" else Resolution.THEY_STOPPED_IT)
    world.settle()
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert order.refunded_lines == {"L2": 1}
    assert [x.detail for x in world.done("mail")] == ["outcome_mixed"]


def test_of_two_cases_the_one_whose_goods_left_is_reopened(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.ask(lines={"L1": 2})
    world.settle()
    world.ask(delivery="d-2", lines={"L2": 1})
    world.settle()
    world.pick(order, PickState.SHIPPED, "a")
    told(play, "north")
    assert leaks(play) == [(Cause.SHIPPED_AFTER_STOP, Tier.P1, "a")]
    assert {leg: bool(case.reopened) for case in world.cases for leg in case.legs} == {"a": True, "b": False}


def test_the_delivery_of_goods_that_nobody_wanted_to_cancel_ends_no_stop(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.warehouses["north"].manner, world.warehouses["north"].answers_after = Manner.CALLBACK, 600
    world.ask(lines={"L1": 2})
    world.later(60)
    world.pick(order, PickState.SHIPPED, "b")
    told(play, "south")
    assert play.outcome == Outcome.STOPPED
    assert order.refunded_lines == {"L1": 2}
    assert not world.done("store.return") and leaks(play) == []


def test_the_other_piece_of_a_line_may_leave_without_an_alarm(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 1}), Work("b", "south", {"L1": 1})]
    order = world.order(lines={"L1": 2}, works=works)
    captured(order)
    world.ask(lines={"L1": 1})
    world.settle()
    (stopped,) = world.case.legs
    world.pick(order, PickState.SHIPPED, "b" if stopped == "a" else "a")
    told(play, lines={"L1": 1})
    assert leaks(play) == [] and play.outcome == Outcome.STOPPED
    assert "PickStateObserved" in play.kinds()


@pytest.mark.parametrize("word", [Resolution.LET_IT_SHIP, Resolution.SAVED])
@pytest.mark.parametrize("place", ["north", ""])
def test_of_a_work_of_which_a_part_may_go_that_part_is_what_left(play: Play, word: Resolution, place: str) -> None:
    world = play.world
    order = world.order(lines={"L1": 2, "L2": 1}, works=[Work("a", "north", {"L1": 2, "L2": 1})])
    captured(order)
    world.warehouses["north"].manner = Manner.SILENT
    world.faults.on("erp.update", Trouble.REFUSE)
    world.ask()
    world.settle()
    world.answer_all(word)
    world.pick(order, PickState.PICKED, "a")
    world.warehouses["north"].manner, world.warehouses["north"].answers_after = Manner.CALLBACK, 600
    world.ask(delivery="d-2", lines={"L1": 1})
    world.later(60)
    world.pick(order, PickState.SHIPPED, "a")
    told(play, place)
    ends = {name: (dict(leg.plan.lines), leg.outcome, bool(leg.departure)) for name, leg in world.case.legs.items()}
    assert ends["a"] == ({"L1": 1}, Outcome.STOPPED, False)
    assert ends["a~2"][0] == {"L1": 1, "L2": 1} and ends["a~2"][2]
    world.answer_all(Resolution.RETRY)
    assert order.refunded_lines == {"L1": 1} and leaks(play) == []


def test_where_no_place_can_tell_a_person_is_asked_once(play: Play) -> None:
    two_places(play)
    world = play.world
    world.ask()
    world.settle()
    world.warehouses["north"].believes["a"] = PickState.UNKNOWN
    world.warehouses["south"].believes["b"] = PickState.UNKNOWN
    told(play)
    told(play)
    (item,) = world.exceptions
    assert (item.cause, item.tier) == (Cause.SHIPPED_AFTER_STOP, Tier.P1)
    assert len(world.done("payments.refund")) == 1


def test_a_label_that_names_nothing_makes_every_stop_there_careful(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "north", {"L2": 1})]
    order = world.order(lines={"L1": 2, "L2": 1}, works=works)
    captured(order)
    world.warehouses["north"].believes.update({"a": PickState.UNKNOWN, "b": PickState.UNKNOWN})
    world.ask()
    world.settle()
    world.pick(order, PickState.LABELLED, "a")
    world.pick(order, PickState.LABELLED, "b")
    told(play, "north", departed=False)
    assert all(leg.attempts[1].requested.fact.physical for leg in world.case.legs.values())
    assert play.outcome == Outcome.STOPPED


def cancelled_in_the_shop(play: Play, *works: Work) -> Order:
    """Nothing of it is listed there any more: its legs are all that a place has of it."""
    order = play.world.order(lines={x: n for work in works for x, n in work.lines.items()}, works=list(works))
    captured(order)
    order.cancelled = True
    for work in works:
        work.listed = False
    return order


def test_of_an_order_that_was_cancelled_in_the_shop_the_place_is_named_and_found(play: Play) -> None:
    order = cancelled_in_the_shop(play, Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1}))
    play.world.ask()
    play.world.settle()
    play.world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED
    play.world.pick(order, PickState.SHIPPED, "b")
    told(play, "south")
    assert leaks(play) == [(Cause.SHIPPED_AFTER_STOP, Tier.P1, "all-south")]
    assert play.kinds().count("ShipmentSeen") <= 2


def test_where_a_part_of_what_a_place_has_was_wanted_the_place_is_asked(play: Play) -> None:
    order = cancelled_in_the_shop(play, Work("a", "north", {"L1": 2, "L2": 1}))
    play.world.ask(lines={"L1": 2})
    play.world.settle()
    play.world.pick(order, PickState.SHIPPED, "a")
    told(play)
    assert leaks(play) == [(Cause.SHIPPED_AFTER_STOP, Tier.P1, "all-north")]


@pytest.mark.parametrize("how", ["refuses", "is connected no more"])
def test_a_place_that_tells_nothing_hides_no_departure_from_another(play: Play, how: str) -> None:
    world = play.world
    order = two_places(play)
    world.ask()
    world.settle()
    world.pick(order, PickState.SHIPPED, "b")
    if how == "refuses":
        world.faults.on("north.read_pick_state", Trouble.REFUSE, 100)
    else:
        del world.warehouses["north"]
    told(play)
    assert leaks(play) == [(Cause.SHIPPED_AFTER_STOP, Tier.P1, "b")]


def test_a_place_that_is_away_hides_no_departure_from_another_and_is_asked_again(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.ask()
    world.settle()
    world.pick(order, PickState.SHIPPED, "b")
    world.faults.on("north.read_pick_state", Trouble.DOWN, 1)
    now = world.clock.now()
    signal = Signal(
        MERCHANT,
        CHANNEL,
        CHANNEL,
        "track",
        "t-1",
        "1001",
        "",
        SignalKind.SHIPMENT,
        now,
        now,
        departed=True,
        reference="x",
    )
    with pytest.raises(PartnerUnavailable):
        receive_signal(world.desk, signal)
    world.settle()
    assert leaks(play) == [(Cause.SHIPPED_AFTER_STOP, Tier.P1, "b")]
    receive_signal(world.desk, signal)
    world.settle()
    assert leaks(play) == [(Cause.SHIPPED_AFTER_STOP, Tier.P1, "b")]


def test_a_shipment_that_was_found_once_is_no_question_when_it_is_told_again(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.ask()
    world.settle()
    world.pick(order, PickState.SHIPPED, "b")
    world.warehouses["north"].believes["a"] = PickState.UNKNOWN
    told(play)
    told(play)
    assert leaks(play) == [(Cause.SHIPPED_AFTER_STOP, Tier.P1, "b")]


def test_of_goods_that_may_lie_at_two_places_the_one_that_they_left_is_found(play: Play) -> None:
    order = cancelled_in_the_shop(play, Work("a", "north", {"L1": 2}), Work("b", "south", {"L1": 2}))
    play.world.ask()
    play.world.settle()
    assert play.outcome == Outcome.STOPPED
    play.world.pick(order, PickState.SHIPPED, "b")
    told(play, lines={"L1": 2})
    assert leaks(play) == [(Cause.SHIPPED_AFTER_STOP, Tier.P1, "all-south")]


def test_of_all_that_a_place_has_the_part_that_may_go_is_what_left(play: Play) -> None:
    world = play.world
    order = cancelled_in_the_shop(play, Work("a", "north", {"L1": 2}, PickState.PICKED))
    world.warehouses["north"].manner = Manner.SILENT
    world.faults.on("erp.update", Trouble.REFUSE)
    world.ask()
    world.settle()
    world.answer_all(Resolution.SAVED)
    world.warehouses["north"].manner, world.warehouses["north"].answers_after = Manner.CALLBACK, 600
    world.ask(delivery="d-2", lines={"L1": 1})
    world.later(60)
    world.pick(order, PickState.SHIPPED, "a")
    told(play, "north", {"L1": 1})
    departed = {name: bool(leg.departure) for name, leg in world.case.legs.items()}
    assert departed == {"all-north": False, "all-north~2": True}
    assert world.case.legs["all-north"].outcome is Outcome.STOPPED
    world.answer_all(Resolution.RETRY)
    assert leaks(play) == [] and order.refunded_lines == {"L1": 1}
