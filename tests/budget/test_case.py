"""What a case without trouble may use, counted on the state machine."""

from stopship.domain.outcome import Outcome
from tests.fakes.partners import captured
from tests.statemachines.machine import tasks
from tests.statemachines.play import Play

MOST_TRANSITIONS = 20
READS = ("read_order", "read_pick_state")


def stopped(play: Play) -> list[list[str]]:
    """Plays a case without trouble; the partner calls of each step that made any, in order. A step's own calls go out side by side."""
    calls, marks = play.world.faults.calls, list[int]()
    for name in tasks():
        play.machine.before[name] = lambda: marks.append(len(calls))
    captured(play.world.order())
    play.world.ask()
    play.world.settle()
    assert play.outcome == Outcome.STOPPED
    ends = [*marks[1:], len(calls)]
    return [calls[start:end] for start, end in zip(marks, ends, strict=True) if start < end]


def before(steps: list[list[str]], call: str) -> int:
    """How many partner calls one after the other it takes until this one is out, itself included."""
    return next(number for number, step in enumerate(steps, 1) if call in step)


def reads(steps: list[list[str]], place: str, until: int) -> list[str]:
    return [c for step in steps[:until] for c in step if c.startswith(place) and c.endswith(READS)]


def test_a_case_without_trouble_takes_at_most_20_transitions(play: Play) -> None:
    stopped(play)
    (run,) = play.machine.runs.values()
    assert 0 < run.transitions <= MOST_TRANSITIONS


def test_a_warehouse_that_takes_holds_is_told_with_the_first_call(play: Play) -> None:
    play.world.partners.first = ["north"]
    assert before(stopped(play), "north.place_hold") == 1


def test_the_order_system_holds_the_work_after_one_read(play: Play) -> None:
    steps = stopped(play)
    assert before(steps, "store.place_hold") == 2
    assert [c for step in steps[:1] for c in step] == ["store.read_order"]


def test_a_warehouse_is_read_once_and_then_told_to_stop(play: Play) -> None:
    steps = stopped(play)
    sent = before(steps, "north.stop_ship")
    assert reads(steps, "north.", sent) == ["north.read_pick_state"]
    assert before(steps, "north.read_pick_state") == sent - 1


def test_nothing_but_reads_and_holds_goes_before_the_stop(play: Play) -> None:
    steps = stopped(play)
    path = [c for step in steps[: before(steps, "north.stop_ship")] for c in step]
    assert sorted(path) == ["north.read_pick_state", "north.stop_ship", "store.place_hold", "store.read_order"]


def test_where_the_place_is_known_before_the_stop_goes_out_after_one_read(play: Play) -> None:
    """As on Amazon, which takes no holds: the warehouse is looked at beside the order."""
    play.world.store.only_place = "north"
    steps = stopped(play)
    assert before(steps, "north.stop_ship") == 2
    assert sorted(steps[0]) == ["north.read_pick_state", "store.read_order"]


def test_where_no_hold_goes_first_and_no_place_is_known_the_stop_is_the_third_call(play: Play) -> None:
    """As for a store's order at a warehouse that takes no holds, or at a vendor by mail: what the store can hold is held with the second."""
    assert list(play.world.partners.hold_first("acme")) == []
    assert play.world.store.only_place == ""
    steps = stopped(play)
    assert before(steps, "north.stop_ship") == 3
    assert [sorted(step) for step in steps[:3]] == [
        ["store.read_order"],
        ["north.read_pick_state", "store.place_hold"],
        ["north.stop_ship"],
    ]
