"""Functions that are disturbed, fail, or die: every step is tried again, and what cannot be done alone becomes an exception."""

from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause
from stopship.domain.resolution import Resolution
from tests.fakes.partners import Manner, captured
from tests.statemachines.machine import definition, tasks
from tests.statemachines.play import Play

_PEOPLE = ("Leg waits for a person", "Case waits for a person")
_POLLED_INSTEAD = "Await word of the partner"


def through_people(play: Play) -> None:
    """A case that needs a person for its leg, and another one for itself, and whose cancel is confirmed later."""
    world = play.world
    world.store.announces, world.store.confirms_after = True, 5
    captured(world.order())
    world.warehouses["north"].manner = Manner.SILENT
    world.erp.known = False
    world.ask()
    world.settle()
    world.answer_all(Resolution.THEY_STOPPED_IT)
    world.erp.known = True
    world.answer_all(Resolution.RETRY)


def disturbed(play: Play, error: str) -> None:
    play.machine.faults = [(state, error) for state in tasks()]
    through_people(play)
    assert play.machine.faults == []
    assert play.outcome == Outcome.STOPPED and play.done.count("payments.refund") == 1


def test_a_partner_that_is_away_for_a_moment_is_met_by_trying_again(play: Play) -> None:
    disturbed(play, "PartnerUnavailable")


def test_a_conflict_is_met_by_trying_again(play: Play) -> None:
    disturbed(play, "Conflict")


def test_what_the_platform_cannot_do_for_a_moment_is_met_by_trying_again(play: Play) -> None:
    disturbed(play, "PlatformUnavailable")
    assert [x.opened.fact.cause for x in play.world.case.exceptions.values()].count(Cause.UNEXPECTED_ERROR) == 0


def test_a_function_that_dies_is_started_again(play: Play) -> None:
    disturbed(play, "Sandbox.Timedout")


def test_an_exception_that_cannot_be_opened_at_once_is_opened_all_the_same(play: Play) -> None:
    tries = 1 + definition()["States"]["Case waits for a person"]["Retry"][-1]["MaxAttempts"]
    play.machine.faults = [(state, "ValueError") for state in _PEOPLE for _ in range(tries)]
    through_people(play)
    assert play.machine.faults == []
    assert play.outcome == Outcome.STOPPED and len(play.world.case.exceptions) == 2


def test_an_exception_that_cannot_be_opened_does_not_turn_the_machine_in_circles(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.warehouses["north"].manner = Manner.SILENT
    play.machine.faults = [("Leg waits for a person", "ValueError")] * 5
    world.ask()
    before = world.clock.moment
    world.settle()
    assert (world.clock.moment - before).total_seconds() > 60 and world.exceptions


def test_a_step_that_cannot_be_done_becomes_an_exception_and_goes_on_after_a_retry(play: Play) -> None:
    world = play.world
    steps = [state for state in tasks() if state not in (*_PEOPLE, _POLLED_INSTEAD)]
    for number, state in enumerate(steps):
        captured(world.order(f"20{number:02}"))
        play.machine.faults = [(state, "ValueError")]
        world.ask(f"20{number:02}", f"d-{number}")
        world.settle()
        assert world.the_exception.cause == Cause.UNEXPECTED_ERROR
        world.answer_all(Resolution.RETRY)
        closed = world.case_of(f"20{number:02}").closed
        assert closed and closed.fact.outcome == Outcome.STOPPED
    assert play.done.count("payments.refund") == len(steps) == 10


def test_an_execution_that_dies_is_resumed_by_the_sweep_where_it_stood(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.warehouses["north"].manner = Manner.SILENT
    world.ask()
    world.later(60)
    play.machine.kill(world.case.case_id)
    world.warehouses["north"].manner = Manner.PROMPT
    swept = world.sweep()
    assert swept and swept.resumed == 1 and len(play.machine.runs) == 2
    assert world.the_exception.cause == Cause.SILENT_WAREHOUSE
    assert len(world.case.legs["fo-1001"].attempts) == 1
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED


def test_a_case_whose_execution_died_keeps_its_one_exception(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.warehouses["north"].manner = Manner.SILENT
    world.ask()
    world.settle()
    before = world.the_exception
    play.machine.kill(world.case.case_id)
    world.sweep()
    assert world.the_exception == before and len(play.machine.runs) == 2
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED


def test_a_case_is_not_closed_over_an_exception_that_nobody_has_answered(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.erp.known = False
    world.ask()
    world.settle()
    item = world.the_exception
    play.machine.kill(world.case.case_id)
    world.erp.known = True
    world.sweep()
    assert "erp.update" in play.done and play.outcome == "" and world.the_exception == item
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED and world.exceptions == []


def test_the_sweep_leaves_the_living_and_the_closed_alone(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.warehouses["north"].manner = Manner.SILENT
    world.ask()
    world.settle()
    swept = world.sweep()
    assert swept and (swept.open_cases, swept.resumed) == (1, 0)
    world.answer_all(Resolution.THEY_STOPPED_IT)
    again = world.sweep()
    assert again and again.open_cases == 0 and len(play.machine.runs) == 1


def test_an_answer_whose_process_died_before_it_woke_anybody_is_brought_in_by_the_sweep(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.warehouses["north"].manner = Manner.SILENT
    world.ask()
    world.settle()
    item = world.the_exception
    world.faults.crash([world.faults.points + 3])
    world.door(lambda: world.answer(item, Resolution.IT_SHIPPED))
    assert world.exceptions == [] and play.outcome == ""
    world.agenda.forget()
    world.sweep()
    assert play.outcome == Outcome.SHIPPED


def test_two_executions_of_one_case_do_no_harm(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.warehouses["north"].manner = Manner.CALLBACK
    world.ask()
    world.later(10)
    (first,) = play.machine.runs.values()
    first.status = "aborted"
    world.sweep()
    first.status = "running"
    world.settle()
    assert play.outcome == Outcome.STOPPED
    assert play.done.count("north.stop") == play.done.count("payments.refund") == 1
