"""An address that a person corrects is written where the order lives, and only then the goods are let go to it."""

import json
from contextlib import suppress

import pytest

from stopship.application.answer_privacy import answer_privacy
from stopship.domain.address import ShippingAddress
from stopship.domain.errors import InvalidInput
from stopship.domain.outcome import Outcome
from stopship.domain.privacy import Duty, PrivacyRequest
from stopship.domain.resolution import Resolution
from tests.fakes.order_book import Work
from tests.fakes.partners import Manner, captured
from tests.fakes.trouble import Crash, Trouble
from tests.fakes.world import MERCHANT
from tests.statemachines.play import Play
from tests.statemachines.test_previews import effect_of, give, see, silent

WORD = Resolution.ADDRESS_FIXED
RIGHT = ShippingAddress("Ida Example", "Ring 7", "Berlin", "DE", zip="10115")


def fixed(play: Play) -> int:
    """A person gives the right address; how many effects there were before."""
    silent(play)
    before = len(play.world.effects)
    give(play, WORD, see(play, WORD, address=RIGHT), address=RIGHT)
    return before


def written(play: Play) -> list[str]:
    return [x.detail for x in play.world.done("store.address")]


def test_the_plan_says_that_it_is_written_before_holds_are_released_and_so_it_happens(play: Play) -> None:
    order = silent(play)
    before = play.world.effects[:]
    plan = see(play, WORD, address=RIGHT)
    assert play.world.effects == before and play.world.evidence.kept == {}, "looking changes nothing"
    assert plan.effect.startswith("Writes the address in the order system, then releases ")
    calls = [x.what for x in plan.calls]
    assert calls[0] == "write the shipping address" and calls[1].startswith("release the hold")
    give(play, WORD, plan, address=RIGHT)
    made = [x.what for x in play.world.effects[len(before) :]]
    assert [effect_of(x) for x in plan.calls] == made
    assert (order.address, play.outcome) == (RIGHT, Outcome.SAVED)


def test_the_chain_and_the_plan_know_the_hash_and_nothing_else_of_it(play: Play) -> None:
    silent(play)
    plan = see(play, WORD, address=RIGHT)
    give(play, WORD, plan, address=RIGHT)
    recorded = play.world.ledger.load(MERCHANT, play.world.case.case_id)
    told = json.dumps([str(x) for x in recorded]) + str(plan)
    assert RIGHT.sha256 in told
    assert [x for x in ("Ida", "Ring 7", "Berlin", "10115") if x in told] == []
    assert play.kinds().index("AddressChangeRequested") < play.kinds().index("AddressChanged")


def test_another_address_is_another_plan(play: Play) -> None:
    silent(play)
    plans = {see(play, WORD, address=x).plan_hash for x in (RIGHT, RIGHT, None)}
    assert len(plans) == 2
    play.world.answer_all(Resolution.IT_SHIPPED)


def test_without_an_address_nothing_is_written(play: Play) -> None:
    silent(play)
    give(play, WORD, see(play, WORD))
    assert (written(play), play.outcome) == ([], Outcome.SAVED)


def dying(point: int, *, kill: bool) -> tuple[Play, int]:
    """The story with a death at that point after the wish, 0 for none, told to its end; and how many points there were."""
    play = Play()
    play.machine.kill_on_crash = kill
    silent(play)
    faults = play.world.faults
    start = faults.points
    faults.crash([start + point] if point else [])
    for _ in range(4):
        with suppress(Crash):
            for item in play.world.exceptions:
                word = WORD if item.leg_id else Resolution.RETRY
                address = RIGHT if item.leg_id else None
                give(play, word, see(play, word, address=address), address=address)
        play.world.settle()
        play.world.sweep()
    return play, faults.points - start


@pytest.mark.parametrize("kill", [True, False], ids=["the execution dies", "the function dies"])
def test_wherever_the_process_dies_it_is_written_once_and_before_the_release(kill: bool) -> None:
    whole, points = dying(0, kill=kill)
    assert whole.outcome == Outcome.SAVED and points > 10
    for point in range(1, points + 1):
        play, _ = dying(point, kill=kill)
        assert (written(play), play.outcome, play.violations()) == ([RIGHT.sha256], Outcome.SAVED, []), point
        assert play.done.index("store.address") < play.done.index("store.release"), point


def test_an_answer_that_was_lost_is_not_written_twice(play: Play) -> None:
    silent(play)
    play.world.faults.on("store.change_address", Trouble.IN_DOUBT)
    give(play, WORD, see(play, WORD, address=RIGHT), address=RIGHT)
    assert (written(play), play.outcome) == ([RIGHT.sha256], Outcome.SAVED)


@pytest.mark.parametrize(("word", "by_us"), [("retry", True), ("done_by_hand", False)])
def test_a_refusal_is_an_exception_and_nothing_is_released_before_it_is_ended(
    play: Play, word: str, by_us: bool
) -> None:
    play.world.faults.on("store.change_address", Trouble.REFUSE)
    before = fixed(play)
    assert [x.what for x in play.world.effects[before:]] == []
    assert play.world.the_exception.cause == "partner_refused"
    give(play, word, see(play, word))
    assert written(play) == ([RIGHT.sha256] if by_us else [])
    changed = play.world.case.address_changed.values()
    assert [x.fact.by_us for x in changed] == [by_us]
    assert play.done.count("store.release") == 1 and play.outcome == Outcome.SAVED


def test_an_address_that_was_written_by_hand_is_no_cancel_by_hand(play: Play) -> None:
    """One leg is stopped, the other is to go to the right address: the stopped one's lines are still cancelled by the desk."""
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    captured(world.order(lines={"L1": 2, "L2": 1}, works=works))
    world.warehouses["south"].manner = Manner.SILENT
    world.ask()
    world.settle()
    world.faults.on("store.change_address", Trouble.REFUSE)
    give(play, WORD, see(play, WORD, address=RIGHT), address=RIGHT)
    assert play.done.count("store.cancel") == 0
    give(play, "done_by_hand", see(play, "done_by_hand"))
    assert [x.detail for x in world.done("store.cancel")] == [{"L1": 2}]
    assert written(play) == [] and world.case.closed


def test_where_the_order_system_takes_none_it_must_be_right_there(play: Play) -> None:
    play.world.channel = "amazon"
    silent(play)
    with pytest.raises(InvalidInput) as refusal:
        see(play, WORD, address=RIGHT)
    assert refusal.value.field == "address" and "correct it there" in refusal.value.fix
    assert play.world.evidence.kept == {}
    give(play, WORD, see(play, WORD))
    assert (written(play), play.outcome) == ([], Outcome.SAVED)


def test_an_answer_of_another_kind_takes_no_address(play: Play) -> None:
    silent(play)
    with pytest.raises(InvalidInput) as refusal:
        see(play, "let_it_ship", address=RIGHT)
    assert refusal.value.field == "address"
    play.world.answer_all(Resolution.IT_SHIPPED)


def test_it_is_erased_with_all_else_that_is_held_of_the_customer(play: Play) -> None:
    fixed(play)
    kept = [x for x in play.world.evidence.kept if "/shipping-address/" in x]
    assert len(kept) == 1
    request = PrivacyRequest(
        merchant=MERCHANT,
        channel="shopify",
        source="shopify",
        delivery_id="redact-1",
        topic="customers/redact",
        duty=Duty.ERASE_CUSTOMER,
        order_refs=("1001",),
        customer="",
        evidence_key="acme/shopify/redact-1",
        raw_sha256="0" * 64,
        received_at=play.world.clock.now(),
    )
    answer_privacy(play.world.desk, request)
    assert kept[0] not in play.world.evidence.kept
