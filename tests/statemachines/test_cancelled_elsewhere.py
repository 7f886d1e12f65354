"""An order that somebody cancelled in the shop: the order system shows no open work any more, and only the warehouses know what they have."""

import pytest

from stopship.application.open_case import receive_request
from stopship.domain.order import PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause
from stopship.domain.request import Requester
from stopship.domain.resolution import Resolution
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import Manner, captured
from tests.fakes.trouble import Trouble
from tests.fakes.world import CHANNEL
from tests.statemachines.play import Play


def cancelled(play: Play, *works: Work) -> Order:
    """The order, paid, and cancelled in the shop."""
    lines = {line: quantity for work in works for line, quantity in work.lines.items()}
    order = play.world.order(lines=lines, works=list(works))
    captured(order)
    cancel_in_shop(order)
    return order


def cancel_in_shop(order: Order) -> None:
    order.cancelled = True
    for work in order.works:
        work.listed = False


def the_shop_tells(play: Play) -> str:
    wish = play.world.wish(delivery="whole", source=f"{CHANNEL}:order_cancelled", requester=Requester.OPS)
    return receive_request(play.world.desk, wish).how


def two_places(play: Play) -> Order:
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = play.world.order(lines={"L1": 2, "L2": 1}, works=works)
    captured(order)
    return order


def calls(play: Play, call: str) -> int:
    return play.world.faults.calls.count(call)


def nothing_ended(play: Play) -> bool:
    return not play.world.case.closed and not play.world.done("payments.refund") and not play.world.done("mail")


# ---------------------------------------------------------------------------------------------- while a part of it is stopped


def test_what_nobody_had_asked_for_before_is_stopped_at_its_warehouse_too(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.warehouses["south"].manner = Manner.SILENT
    world.ask(lines={"L2": 1})
    world.later(60)
    assert not world.done("north.hold")
    cancel_in_shop(order)
    assert the_shop_tells(play) == "joined"
    world.settle()
    assert len(world.done("north.hold")) == len(world.done("north.stop")) == 1
    assert play.done.index("north.hold") < play.done.index("north.stop")
    assert {x.leg_id for x in world.exceptions} == {"b", "all-south"}, "south may have more of it than was known"
    assert nothing_ended(play)
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2, "L2": 1}


def test_a_first_hold_that_was_let_go_of_is_placed_again(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.partners.first = ["north", "south"]
    world.store.confirms_after = 150
    world.ask(lines={"L2": 1})
    world.later(100)
    assert len(world.done("north.release")) == 1 and not order.works[0].held
    cancel_in_shop(order)
    the_shop_tells(play)
    world.later(100)
    assert len({x.key for x in world.done("north.hold")}) == 2, "the same key would be answered from memory"
    assert len(world.done("north.stop")) == 1
    assert len(world.done("south.hold")) == 1, "a hold that stands is not placed twice"
    world.settle()
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2, "L2": 1}


def test_a_warehouse_that_did_not_have_it_before_is_asked_again(play: Play) -> None:
    world = play.world
    order = two_places(play)
    north = order.works.pop(0)
    order.works[0].lines = {"L2": 1}
    world.partners.first = ["north"]
    world.warehouses["south"].manner = Manner.SILENT
    world.ask(lines={"L2": 1})
    world.later(60)
    assert calls(play, "north.place_hold") == 1 and not world.done("north.hold")
    order.works.append(north)
    cancel_in_shop(order)
    the_shop_tells(play)
    world.settle()
    assert len(world.done("north.hold")) == len(world.done("north.stop")) == 1
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED


def test_what_was_seen_open_and_no_warehouse_knows_is_looked_for_by_a_person(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 2, "L2": 1}, works=[Work("a", "", {"L1": 2}), Work("b", "south", {"L2": 1})])
    captured(order)
    world.warehouses["south"].manner = Manner.SILENT
    world.ask(lines={"L2": 1})
    world.later(60)
    cancel_in_shop(order)
    order.works[1].warehouse = "closed"
    the_shop_tells(play)
    world.settle()
    assert {x.leg_id: x.cause for x in world.exceptions} == {
        "b": Cause.SILENT_WAREHOUSE,
        "no-place": Cause.NO_WAREHOUSE,
    }
    assert nothing_ended(play)
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED


def test_a_busy_warehouse_is_waited_for_before_anything_ends(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.store.confirms_after = 600
    world.ask(lines={"L2": 1})
    world.later(60)
    cancel_in_shop(order)
    world.faults.on("north.place_hold", Trouble.BUSY, 3)
    the_shop_tells(play)
    world.settle()
    assert calls(play, "north.place_hold") == 4 and calls(play, "south.place_hold") == 1
    assert len(world.done("north.stop")) == 1
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2, "L2": 1}


def test_lines_that_others_had_taken_off_before_are_not_asked_about(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 2}, works=[Work("a", "north", {"L1": 1})], cancelled_lines={"L1": 1})
    captured(order)
    world.partners.first = ["north"]
    world.ask()
    world.settle()
    assert order.cancelled and play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 1}
    assert set(world.case.legs) == {"a"}


# ---------------------------------------------------------------------------------------------- at several places


def test_every_warehouse_that_knows_it_is_told_and_all_of_them_have_to_stop_it(play: Play) -> None:
    world = play.world
    order = cancelled(play, Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1}))
    world.ask()
    world.settle()
    assert len(world.done("north.stop")) == len(world.done("south.stop")) == 1
    assert [x.cause for x in world.exceptions] == [Cause.STOP_PARTIAL] * 2, "none of them has all of it"
    assert nothing_ended(play) and all(work.held for work in order.works)
    first, second = world.exceptions
    world.answer(first, Resolution.THEY_STOPPED_IT)
    world.settle()
    assert world.case.stopped_lines == {} and nothing_ended(play)
    world.answer(second, Resolution.THEY_STOPPED_IT)
    world.settle()
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2, "L2": 1}
    assert not world.done("north.release") and not world.done("south.release")


def test_what_left_one_of_them_is_named_by_a_person_and_only_the_rest_is_paid_back(play: Play) -> None:
    world = play.world
    order = cancelled(play, Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1}))
    order.works[1].state = PickState.SHIPPED
    world.ask()
    world.settle()
    by_leg = {x.leg_id: x for x in world.exceptions}
    assert {leg: x.cause for leg, x in by_leg.items()} == dict.fromkeys(("all-north", "all-south"), Cause.STOP_PARTIAL)
    assert not world.done("payments.refund")
    play.stopped_in_part(by_leg["all-south"], {"L1": 2})
    world.answer(by_leg["all-north"], Resolution.THEY_STOPPED_IT)
    world.settle()
    assert world.case.stopped_lines == {"L1": 2} and world.case.shipped_lines == {"L2": 1}
    assert play.outcome == Outcome.SHIPPED and order.refunded_lines == {"L1": 2}


def test_a_warehouse_that_takes_no_holds_is_told_where_the_order_system_knows_of_it(play: Play) -> None:
    world = play.world
    world.warehouses["south"].takes_holds = False
    order = cancelled(play, Work("b", "south", {"L1": 2}))
    world.ask()
    world.settle()
    assert set(world.case.legs) == {"all-south"} and order.works[0].stopped
    assert play.outcome == Outcome.STOPPED


def test_a_warehouse_that_takes_no_holds_is_not_bothered_about_an_order_of_other_places(play: Play) -> None:
    world = play.world
    world.warehouses["north"].takes_holds = False
    order = cancelled(play, Work("b", "south", {"L1": 2}))
    world.ask()
    world.settle()
    assert set(world.case.legs) == {"all-south"} and order.works[0].stopped
    assert play.outcome == Outcome.STOPPED and not world.done("north.stop") and not world.case.exceptions


def test_what_the_order_system_still_lists_hides_nothing_else(play: Play) -> None:
    """A service that has yet to agree keeps its work open in the shop; the rest of the order is out of sight there all the same."""
    world = play.world
    order = cancelled(play, Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1}))
    order.works[1].listed = True
    world.warehouses["south"].takes_holds = False
    world.ask()
    world.settle()
    assert {"b", "all-north"} <= set(world.case.legs)
    assert len(world.done("north.stop")) == 1 and not world.done("payments.refund")
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2, "L2": 1}


def test_a_wish_that_grows_is_stopped_at_the_same_warehouse(play: Play) -> None:
    world = play.world
    order = cancelled(play, Work("a", "north", {"L1": 1, "L2": 1}))
    world.warehouses["north"].manner = Manner.SILENT
    world.ask(lines={"L1": 1})
    world.later(60)
    world.ask(delivery="d-2")
    world.settle()
    assert {x: dict(leg.plan.lines) for x, leg in world.case.legs.items()} == {
        "all-north": {"L1": 1},
        "all-north~2": {"L2": 1},
    }
    assert nothing_ended(play)
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 1, "L2": 1}


# ---------------------------------------------------------------------------------------------- a warehouse that cannot answer


def test_a_busy_warehouse_may_have_it_and_is_asked_again(play: Play) -> None:
    world = play.world
    order = cancelled(play, Work("a", "north", {"L1": 2}))
    world.partners.first = ["north", "south"]
    world.faults.on("north.place_hold", Trouble.BUSY, 5)
    world.ask()
    world.later(10)
    assert nothing_ended(play) and world.case.order is None
    world.settle()
    assert calls(play, "north.place_hold") == 6 and calls(play, "south.place_hold") == 1
    assert order.works[0].stopped and play.outcome == Outcome.STOPPED and not world.case.exceptions


def test_a_hold_that_was_placed_is_not_placed_again_while_another_warehouse_is_busy(play: Play) -> None:
    world = play.world
    cancelled(play, Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1}))
    world.partners.first = ["south"]
    world.faults.on("north.place_hold", Trouble.BUSY, 5)
    world.ask()
    world.settle()
    assert len(world.done("south.hold")) == len(world.done("north.hold")) == 1
    assert calls(play, "south.place_hold") == 1
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED


def test_a_warehouse_that_is_busy_for_an_hour_is_looked_at_by_a_person(play: Play) -> None:
    world = play.world
    order = cancelled(play, Work("a", "north", {"L1": 2}))
    world.faults.busy_seconds = 3600
    world.faults.on("north.place_hold", Trouble.BUSY)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.PARTNER_UNAVAILABLE and not world.case.legs
    assert nothing_ended(play)
    world.answer_all(Resolution.RETRY)
    assert order.works[0].stopped and play.outcome == Outcome.STOPPED


def test_a_warehouse_that_does_not_answer_for_a_moment_bothers_nobody(play: Play) -> None:
    world = play.world
    order = cancelled(play, Work("a", "south", {"L1": 2}))
    world.partners.first = ["north", "south"]
    world.faults.on("north.place_hold", Trouble.DOWN, 2)
    world.ask()
    world.settle()
    assert set(world.case.legs) == {"all-south"} and order.works[0].stopped
    assert play.outcome == Outcome.STOPPED and not world.case.exceptions


@pytest.mark.parametrize("trouble", [Trouble.DOWN, Trouble.IN_DOUBT])
def test_a_warehouse_that_goes_on_not_answering_is_a_persons(play: Play, trouble: Trouble) -> None:
    world = play.world
    order = cancelled(play, Work("a", "north", {"L1": 2}))
    world.faults.on("north.place_hold", trouble, 100)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.PARTNER_UNAVAILABLE and not world.case.legs
    assert nothing_ended(play)
    world.answer_all(Resolution.DONE_BY_HAND)
    assert set(world.case.legs) == {"all-north"}, "it counts as one that may have the order"
    assert order.works[0].stopped and play.outcome == Outcome.STOPPED


def test_a_warehouse_that_is_known_to_be_down_is_asked_when_it_is_back(play: Play) -> None:
    world = play.world
    world.govern()
    order = cancelled(play, Work("a", "north", {"L1": 2}))
    world.faults.on("north.place_hold", Trouble.DOWN, 10_000)
    world.ask()
    world.settle()
    (opened,) = [x.opened.fact for x in world.case.open_exceptions]
    assert (opened.cause, opened.evidence.get("partner")) == (Cause.PARTNER_UNAVAILABLE, "north")
    assert nothing_ended(play) and not world.case.legs
    world.faults.clear("north.place_hold")
    for _ in range(3):
        world.later(60)
        world.sweep()
    assert order.works[0].stopped and play.outcome == Outcome.STOPPED


@pytest.mark.parametrize("trouble", [Trouble.REFUSE, Trouble.BROKEN])
def test_a_warehouse_with_which_no_waiting_helps_counts_as_one_that_may_have_it(play: Play, trouble: Trouble) -> None:
    world = play.world
    order = cancelled(play, Work("a", "north", {"L1": 2}))
    world.faults.on("north.place_hold", trouble)
    world.ask()
    world.settle()
    assert set(world.case.legs) == {"all-north"} and order.works[0].stopped
    assert play.outcome == Outcome.STOPPED


def test_where_nobody_can_be_asked_a_person_looks_for_it(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    world = play.world
    cancelled(play, Work("a", "", {"L1": 2}))
    monkeypatch.setattr(world.partners, "named", {})
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.NO_WAREHOUSE and nothing_ended(play)
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED


def test_an_order_that_every_warehouse_says_it_does_not_have_needs_nobody(play: Play) -> None:
    world = play.world
    order = cancelled(play, Work("a", "north", {"L1": 2}))
    order.works.clear()
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED and not world.case.legs and not world.case.exceptions
    assert not world.done("payments.refund")
