"""A process may die anywhere: the main stories are told once for every point at which it can, and come to the same end."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from stopship.domain.carrier import CarrierState
from stopship.domain.order import PickState
from stopship.domain.request import Reason
from tests.fakes.order_book import Work
from tests.fakes.partners import Manner, authorised, captured
from tests.property.day import cancel_in_shop
from tests.property.story import Story, outcome
from tests.statemachines.play import Play


def refunded(play: Play) -> None:
    captured(play.world.order())
    play.world.ask()


def voided(play: Play) -> None:
    authorised(play.world.order())
    play.world.ask()


def picked_and_pulled(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.partners.first = ["north", "south"]
    world.pick(order, PickState.PICKED)
    world.warehouses["north"].manner = Manner.CALLBACK
    world.ask()


def two_places(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = world.order(lines={"L1": 2, "L2": 1}, works=works, store_lags=True)
    captured(order)
    world.pick(order, PickState.SHIPPED, "b")
    world.ask()


def silent(play: Play) -> None:
    captured(play.world.order())
    play.world.warehouses["north"].manner = Manner.SILENT
    play.world.ask()


def held_in_netsuite(play: Play) -> None:
    captured(play.world.order())
    play.world.warehouses["north"].manner = Manner.SILENT
    play.world.ask(reason=Reason.STOCKOUT)


def slow_everywhere(play: Play) -> None:
    captured(play.world.order())
    play.world.store.confirms_after = 90
    play.world.payments.pending_for = 90
    play.world.ask()


def came_back(play: Play) -> None:
    captured(play.world.order())
    play.world.store.recreates = 1
    play.world.ask()


def wish_widened(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 2, "L2": 1}, works=[Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})])
    captured(order)
    world.payments.pending_for = 60
    world.ask(lines={"L1": 2})
    world.schedule(20, lambda: world.ask(delivery="d-2", lines={"L2": 1}))


def brought_back(play: Play) -> None:
    world = play.world
    world.policies.override = '[intercept]\nmode = "automatic"\n'
    order = world.order(price=Decimal("60.00"), store_lags=True)
    captured(order)
    world.pick(order, PickState.SHIPPED)
    world.send(order)
    world.ups.delivers_after = 2 * 86_400
    world.ask()


def label_voided(play: Play) -> None:
    world = play.world
    order = world.order(price=Decimal("60.00"))
    captured(order)
    world.pick(order, PickState.LABELLED)
    world.send(order, state=CarrierState.LABELLED)
    world.ask()


def leak(play: Play) -> None:
    (order,) = play.world.orders.values()
    play.world.shipment(order, order.works[0], delivery="leak")


def cancelled_in_the_shop(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = world.order(lines={"L1": 2, "L2": 1}, works=works)
    captured(order)
    world.partners.first = ["north"]
    cancel_in_shop(play, order)


def cancelled_in_the_shop_meanwhile(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = world.order(lines={"L1": 2, "L2": 1}, works=works)
    captured(order)
    world.partners.first = ["north", "south"]
    world.warehouses["south"].manner, world.warehouses["south"].answers_after = Manner.CALLBACK, 300
    world.ask(lines={"L2": 1})
    world.schedule(45, lambda: cancel_in_shop(play, order))


type Scene = Callable[[Play], None]

STORIES: dict[str, tuple[Scene, Scene | None]] = {
    "refunded": (refunded, None),
    "voided": (voided, None),
    "picked and pulled": (picked_and_pulled, None),
    "two places": (two_places, None),
    "silent": (silent, None),
    "held in NetSuite": (held_in_netsuite, None),
    "slow everywhere": (slow_everywhere, None),
    "came back": (came_back, None),
    "brought back": (brought_back, None),
    "label voided": (label_voided, None),
    "leaked after closing": (refunded, leak),
    "wish widened": (wish_widened, None),
    "cancelled in the shop": (cancelled_in_the_shop, None),
    "cancelled in the shop meanwhile": (cancelled_in_the_shop_meanwhile, None),
}


def told(name: str, points: list[int], *, kill: bool) -> Play:
    stage, aftermath = STORIES[name]
    story = Story(stage, aftermath=aftermath)
    story.play.machine.kill_on_crash = kill
    story.play.world.faults.crash(points)
    return story.tell()


@pytest.mark.parametrize("kill", [True, False], ids=["the execution dies", "the function dies"])
@pytest.mark.parametrize("name", STORIES)
def test_a_crash_at_any_point_changes_nothing_about_the_end(name: str, kill: bool) -> None:
    whole = told(name, [], kill=kill)
    assert whole.violations() == [] and all(c.closed for c in whole.world.cases)
    expected, found = outcome(whole), {}
    # A dying execution takes its function with it: that is tried at every point, the lesser death at every third.
    for point in range(1, whole.world.faults.points + 1, 1 if kill else 3):
        play = told(name, [point], kill=kill)
        problems = play.violations()
        if outcome(play) != expected:
            problems.append(f"came to {outcome(play)}")
        if problems:
            found[point] = problems
    assert found == {}, f"of {whole.world.faults.points} points, without a crash it came to {expected}"
