"""What becomes of a cancel, told from the wish to the outcome, on the deployed state machine."""

from stopship.domain.outcome import Outcome
from tests.fakes.partners import captured
from tests.statemachines.play import Play


def test_unpicked_work_is_stopped_and_the_money_goes_back(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.ask()
    world.settle()
    assert world.case.closed and world.case.closed.fact.outcome == Outcome.STOPPED
    assert [x.what for x in world.effects] == [
        "store.hold",
        "north.stop",
        "store.cancel",
        "erp.update",
        "payments.refund",
        "mail",
    ]
    (run,) = play.machine.runs.values()
    print(f"transitions of the no-trouble single-leg case: {run.transitions}")
    assert run.transitions <= 20
