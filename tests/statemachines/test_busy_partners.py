"""A partner that takes no call now is waited for, as long as it says, and that is no failure; one that is told to wait too long for is looked at."""

import pytest

from stopship.domain.instant import seconds_between
from stopship.domain.order import PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause
from stopship.domain.resolution import Resolution
from tests.fakes.partners import captured
from tests.fakes.trouble import Trouble
from tests.statemachines.play import Play

CALLS = (
    "store.read_order",
    "north.read_pick_state",
    "north.stop_ship",
    "store.cancel",
    "erp.read_sales_order",
    "payments.move",
    "store.contact",
)
"""One of each step that calls a partner, but for the look after the answer."""


def busy_everywhere(play: Play, times: int) -> None:
    for call in CALLS:
        play.world.faults.on(call, Trouble.BUSY, times)
    look = play.world.faults
    play.machine.before["Verify acknowledgment"] = lambda: look.on("north.read_pick_state", Trouble.BUSY, times)


def test_a_busy_partner_is_waited_for_at_every_step_and_no_person_is_asked(play: Play) -> None:
    world = play.world
    captured(world.order())
    busy_everywhere(play, 6)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED and not world.case.exceptions
    assert play.done.count("north.stop") == play.done.count("payments.refund") == play.done.count("mail") == 1
    assert play.states().count("Look again later") == 6 * 5
    assert play.states().count("Look at the leg again later") == 6 * 3


def test_the_wait_is_as_long_as_the_partner_says(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.faults.busy_seconds = 41.5
    world.faults.on("erp.read_sales_order", Trouble.BUSY)
    world.ask()
    world.settle()
    (cancelled,) = world.done("store.cancel")
    (written,) = world.done("erp.update")
    assert 42 <= seconds_between(cancelled.at, written.at) < 43


def test_a_stop_that_waits_for_its_turn_loses_none_of_the_time_that_the_warehouse_has(play: Play) -> None:
    """The answer is due from the moment when the message can leave, not from the moment when the desk would have liked to send it."""
    world = play.world
    captured(world.order())
    world.govern()
    world.faults.busy_seconds = 800
    world.faults.on("north.read_pick_state", Trouble.BUSY)
    world.ask()
    world.settle()
    requested = world.case.legs["fo-1001"].attempts[1].requested
    assert seconds_between(requested.at, requested.fact.deadline) == pytest.approx(900, abs=1)
    assert play.outcome == Outcome.STOPPED and not world.case.exceptions


def test_who_says_wait_for_an_hour_is_looked_at_by_a_person(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.faults.busy_seconds = 3600
    world.faults.on("erp.read_sales_order", Trouble.BUSY)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.PARTNER_UNAVAILABLE and not world.done("erp.update")
    opened = next(iter(world.case.open_exceptions)).opened.fact
    assert opened.detail.startswith("PartnerBusy: 3600 seconds until erp takes a call")
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED


def test_a_warehouse_that_says_wait_for_an_hour_is_looked_at_by_a_person(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.faults.busy_seconds = 3600
    world.faults.on("north.read_pick_state", Trouble.BUSY)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.PARTNER_UNAVAILABLE and not world.done("north.stop")
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED


def test_nobody_waits_for_ever_for_a_partner_that_is_always_busy(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.faults.on("erp.read_sales_order", Trouble.BUSY, 301)
    world.ask()
    world.settle()
    assert play.states().count("Look again later") == 300
    assert world.the_exception.cause == Cause.PARTNER_UNAVAILABLE and not world.done("erp.update")
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED


def test_a_hold_that_could_not_be_asked_for_is_not_taken_for_silence(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.faults.on("store.place_hold", Trouble.BUSY)
    world.partners.first = ["north"]
    world.faults.on("north.place_hold", Trouble.BUSY)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED and "HoldAnswered" not in play.kinds()
    assert not world.done("store.hold") and not world.done("north.hold")


def test_a_warehouses_word_that_nobody_knows_is_shown_to_the_person_who_is_asked(play: Play) -> None:
    world, north = play.world, play.world.warehouses["north"]
    captured(world.order())
    north.believes["fo-1001"], north.says = PickState.UNKNOWN, "status TELEPORTED"
    world.ask()
    world.settle()
    (opened,) = [x.opened.fact for x in world.case.open_exceptions]
    assert opened.cause == Cause.PICK_STATE_UNKNOWN
    assert opened.detail == "pick state is unknown: the warehouse says status TELEPORTED"
    assert not world.done("north.stop")
    world.answer_all(Resolution.IT_SHIPPED)
