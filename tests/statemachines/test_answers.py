"""What warehouses say to a stop, what they do not say, and what they say and do not do."""

from dataclasses import replace

import pytest

from stopship.application.acknowledge import Heard
from stopship.application.answer_exception import Answer, answer_exception
from stopship.domain.order import AckLevel, PickObservation, PickState, StopAnswer
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, Team, Tier
from stopship.domain.resolution import Resolution
from tests.fakes.order_book import Work
from tests.fakes.partners import Manner, captured
from tests.fakes.world import MERCHANT
from tests.statemachines.play import Play


def stop(play: Play, manner: Manner) -> None:
    captured(play.world.order())
    play.world.warehouses["north"].manner = manner
    play.world.ask()
    play.world.settle()


def no_money(play: Play) -> bool:
    return not {"store.cancel", "payments.refund", "payments.void", "mail"} & set(play.done)


def test_a_silent_warehouse_becomes_a_p2_exception_with_owner_deadline_and_next_action(play: Play) -> None:
    stop(play, Manner.SILENT)
    item = play.world.the_exception
    assert (item.cause, item.tier, item.owner) == (Cause.SILENT_WAREHOUSE, Tier.P2, Team.WAREHOUSE)
    assert item.next_action and item.deadline > play.world.clock.now()
    assert play.outcome == "" and no_money(play)


def test_silence_is_recorded_only_when_the_deadline_has_passed(play: Play) -> None:
    captured(play.world.order())
    play.world.warehouses["north"].manner = Manner.SILENT
    play.world.ask()
    play.world.later(880)
    assert "SilenceRecorded" not in play.kinds()
    play.world.settle()
    assert "SilenceRecorded" in play.kinds()


def test_a_late_answer_ends_the_exception_of_silence(play: Play) -> None:
    stop(play, Manner.LATE)
    assert [h.how for h in play.world.hearings if h] == [Heard.LATE]
    (state,) = play.world.case.exceptions.values()
    assert state.opened.fact.cause == Cause.SILENT_WAREHOUSE
    assert state.resolved and state.resolved.fact.by.startswith("evidence:")
    assert play.outcome == Outcome.STOPPED


def test_a_false_ok_is_found_by_reading_again(play: Play) -> None:
    stop(play, Manner.FALSE_OK)
    assert play.world.the_exception.cause == Cause.STOP_CONTRADICTED
    assert no_money(play)
    play.world.warehouses["north"].manner = Manner.PROMPT
    play.world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED


def test_a_copy_from_before_the_cancel_proves_nothing_until_it_has_caught_up(play: Play) -> None:
    """Picking began before the cancel, and the copy does not show it yet."""
    world = play.world
    captured(world.order())
    north = world.warehouses["north"]
    north.manner, north.reading_age, north.believes["fo-1001"] = Manner.FALSE_OK, 60, PickState.RELEASED
    world.schedule(50, north.believes.clear)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.STOP_CONTRADICTED
    assert no_money(play)
    assert play.violations() == []


def test_a_copy_that_has_caught_up_is_proof_without_a_person(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.warehouses["north"].reading_age = 200
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED
    assert world.case.exceptions == {}
    verified = [x for x in world.case.legs["fo-1001"].observations if x.fact.purpose == "verify"]
    assert len(verified) <= 5


def test_a_copy_that_never_catches_up_is_for_a_person(play: Play) -> None:
    world = play.world
    captured(world.order())
    north = world.warehouses["north"]
    north.manner = Manner.CALLBACK
    world.schedule(30, lambda: setattr(north, "reading_age", 10_000))
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.STOP_UNPROVEN
    assert no_money(play)
    north.reading_age = 0
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED
    assert world.case.legs["fo-1001"].retries == 1


@pytest.mark.parametrize(("stands_for", "at_most"), [(None, 390), (60, 100)])
def test_a_copy_of_a_moment_ago_that_stands_is_read_a_handful_of_times(
    play: Play, stands_for: int | None, at_most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = play.world
    captured(world.order())
    north = world.warehouses["north"]
    north.manner, north.answers_after = Manner.CALLBACK, 2
    read, copy = north.read_pick_state, list[str]()

    def read_the_copy(order_ref: str, leg_id: str) -> PickObservation:
        seen = read(order_ref, leg_id)
        copy.append(seen.observed_at)
        stands = stands_for is None or world.seconds < stands_for
        return replace(seen, observed_at=copy[0]) if stands else seen

    monkeypatch.setattr(north, "read_pick_state", read_the_copy)
    world.ask()
    world.settle()
    assert len(copy) <= 30 and world.seconds <= at_most
    if stands_for:
        assert play.outcome == Outcome.STOPPED and world.case.exceptions == {}
    else:
        assert world.the_exception.cause == Cause.STOP_UNPROVEN and no_money(play)


def test_a_reading_from_before_the_second_stop_is_no_proof_of_it(play: Play) -> None:
    world = play.world
    captured(world.order())
    north = world.warehouses["north"]
    north.manner = Manner.SILENT
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.SILENT_WAREHOUSE
    north.manner, north.reading_age, north.believes["fo-1001"] = Manner.FALSE_OK, 200, PickState.RELEASED
    world.schedule(150, north.believes.clear)
    world.answer_all(Resolution.RETRY)
    assert world.the_exception.cause == Cause.STOP_CONTRADICTED
    assert no_money(play)


def test_a_rejected_stop_waits_for_a_person(play: Play) -> None:
    stop(play, Manner.REJECT)
    assert play.world.the_exception.cause == Cause.STOP_REJECTED
    assert no_money(play)
    play.world.answer_all(Resolution.LET_IT_SHIP)
    assert play.outcome == Outcome.SHIPPED
    assert not play.world.done("payments.refund") and not play.world.done("store.return")
    assert play.world.done("mail")[0].detail == "outcome_let_ship"


def test_a_partly_stopped_leg_waits_for_a_person(play: Play) -> None:
    stop(play, Manner.PARTIAL)
    assert play.world.the_exception.cause == Cause.STOP_PARTIAL
    assert no_money(play)
    play.world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED


@pytest.mark.parametrize("state", [PickState.RELEASED, PickState.PACKED])
def test_what_its_warehouse_counts_as_shipped_is_not_proven_to_be_stopped(play: Play, state: PickState) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.pick(order, state)
    world.warehouses["north"].counts_shipped = {"L1": 1}
    world.ask()
    world.settle()
    item = world.the_exception
    assert item.cause == Cause.STOP_PARTIAL
    assert no_money(play) and not order.refunded_lines
    answer_exception(
        world.desk, MERCHANT, item.exception_id, Answer(Resolution.STOPPED_IN_PART, "ann", lines={"L1": 1})
    )
    world.settle()
    assert order.refunded_lines == {"L1": 1}


def test_part_that_leaves_while_it_is_stopped_is_found_by_reading_again(play: Play) -> None:
    world = play.world
    captured(world.order())
    north = world.warehouses["north"]
    play.machine.before["Verify acknowledgment"] = lambda: north.counts_shipped.update(L1=1)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.STOP_PARTIAL
    assert no_money(play)


def test_what_had_shipped_before_the_wish_does_not_stand_in_the_way_of_the_rest(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 3}, works=[Work("fo-1001", "north", {"L1": 2})])
    captured(order)
    order.shipped_lines["L1"] = 1
    world.warehouses["north"].counts_shipped = {"L1": 1}
    world.ask()
    world.settle()
    assert order.refunded_lines == {"L1": 2}


def test_picking_that_begins_after_the_reading_is_noticed_by_the_answer(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.warehouses["north"].believes["fo-1001"] = PickState.RELEASED
    world.pick(order, PickState.PICKING)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.STOP_REJECTED
    assert no_money(play)


def test_an_unknown_pick_state_is_never_taken_for_unpicked(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.warehouses["north"].believes["fo-1001"] = PickState.UNKNOWN
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.PICK_STATE_UNKNOWN
    assert "north.stop" not in play.done and no_money(play)
    world.warehouses["north"].believes.clear()
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED


def test_a_reading_older_than_the_limit_is_unknown(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.warehouses["north"].reading_age = 301
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.PICK_STATE_UNKNOWN
    assert "north.stop" not in play.done and no_money(play)


def test_a_place_without_a_connection_waits_for_a_person(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    order.works[0].warehouse = ""
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.NO_WAREHOUSE
    assert no_money(play)
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED


def test_a_callback_acts_once_and_its_repeat_is_on_record(play: Play) -> None:
    world = play.world
    stop(play, Manner.CALLBACK)
    door = world.case.legs["fo-1001"].attempts[1].requested.fact.callback_id
    answers = world.case.legs["fo-1001"].attempts[1].answers
    world.callback(f"https://desk.example/acme/{door}", StopAnswer(AckLevel.REJECTED, "north"))
    assert [h.how for h in world.hearings if h] == [Heard.ACCEPTED, Heard.USED]
    assert play.kinds()[-1] == "CallbackRefused"
    assert world.case.legs["fo-1001"].attempts[1].answers == answers
    assert play.outcome == Outcome.STOPPED


def test_accepted_is_no_answer_and_leaves_the_door_open(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.warehouses["north"].manner = Manner.SILENT
    world.ask()
    world.later(30)
    door = world.case.legs["fo-1001"].attempts[1].requested.fact.callback_id
    url = f"https://desk.example/acme/{door}"
    world.callback(url, StopAnswer(AckLevel.ACCEPTED, "north"))
    world.later(30)
    assert play.kinds()[-1] == "AcknowledgementReceived" and no_money(play)
    order = world.orders["1001"]
    order.works[0].keep()
    answer = StopAnswer(AckLevel.SYSTEM_CANCELLED, "north", PickState.RELEASED, world.clock.now())
    world.callback(url, replace(answer, reference="second"))
    world.settle()
    assert play.outcome == Outcome.STOPPED and "SilenceRecorded" not in play.kinds()


def test_an_answer_of_an_earlier_attempt_still_counts_after_a_retry(play: Play) -> None:
    world = play.world
    stop(play, Manner.SILENT)
    first = world.case.legs["fo-1001"].attempts[1].requested.fact.callback_id
    world.answer(world.the_exception, Resolution.RETRY)
    world.later(10)
    assert set(world.case.legs["fo-1001"].attempts) == {1, 2}
    world.orders["1001"].works[0].keep()
    answer = StopAnswer(AckLevel.PHYSICALLY_STOPPED, "north", PickState.PICKED, world.clock.now(), actor="dock")
    world.callback(f"https://desk.example/acme/{first}", answer)
    world.settle()
    assert world.case.legs["fo-1001"].answer is not None
    assert play.outcome == Outcome.STOPPED


def test_an_answer_that_comes_after_the_reading_asks_for_another_reading(play: Play) -> None:
    world = play.world
    stop(play, Manner.SILENT)
    door = world.case.legs["fo-1001"].attempts[1].requested.fact.callback_id
    world.orders["1001"].works[0].keep()

    def late() -> None:
        answer = StopAnswer(AckLevel.SYSTEM_CANCELLED, "north", PickState.RELEASED, world.clock.now())
        world.callback(f"https://desk.example/acme/{door}", answer)

    play.machine.before["Apply stop-ship rule"] = late
    world.answer_all(Resolution.RETRY)
    assert [o.fact.purpose for o in world.case.legs["fo-1001"].observations] == ["check", "check", "verify"]
    assert play.outcome == Outcome.STOPPED and set(world.case.legs["fo-1001"].attempts) == {1}


def test_a_late_no_replaces_the_question_about_silence(play: Play) -> None:
    stop(play, Manner.SILENT)
    world = play.world
    assert world.the_exception.cause == Cause.SILENT_WAREHOUSE
    door = world.case.legs["fo-1001"].attempts[1].requested.fact.callback_id
    world.callback(f"https://desk.example/acme/{door}", StopAnswer(AckLevel.REJECTED, "north", reason="too_late"))
    world.settle()
    item = world.the_exception
    assert item.cause == Cause.STOP_REJECTED and item.owner
    assert play.kinds().count("ExceptionOpened") == 2 and not world.done("store.cancel")
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED


def test_a_no_that_comes_while_the_question_about_silence_is_put_changes_the_question(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.warehouses["north"].manner = Manner.SILENT
    no = StopAnswer(AckLevel.REJECTED, "north", reason="too_late")

    def late() -> None:
        if play.kinds()[-1] == "Decided" and "SilenceRecorded" in play.kinds():
            door = world.case.legs["fo-1001"].attempts[1].requested.fact.callback_id
            world.callback(f"https://desk.example/acme/{door}", no)

    play.machine.before["Leg waits for a person"] = late
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.STOP_REJECTED
    assert play.kinds().count("ExceptionOpened") == 1
