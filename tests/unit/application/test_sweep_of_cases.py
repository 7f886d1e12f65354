"""A sweep that has more to look at than time: nobody is left out for ever, and nothing is told that was not seen."""

from itertools import count

from stopship.application.sweep_cases import sweep_cases
from tests.fakes.floor import Floor

CASES, IN_ONE_SWEEP = 24, 3


def test_what_one_sweep_has_no_time_for_the_next_ones_begin_with() -> None:
    floor = Floor("2026-11-26T09:00:00Z")
    floor.timers.lost = True
    items = [floor.raised(str(1000 + n)) for n in range(CASES)]
    floor.now_is("2026-11-26T13:30:00Z")
    sweeps = 0
    while not all(floor.item(x).escalations for x in items):
        looked = count(1)
        swept = sweep_cases(floor.desk, lambda looked=looked: next(looked) <= IN_ONE_SWEEP)  # type: ignore[misc]
        assert (swept.open_cases, swept.unfinished) == (IN_ONE_SWEEP, 1)
        assert swept.oldest == ()
        floor.later(60)
        sweeps += 1
        assert sweeps < CASES


def test_a_sweep_that_saw_all_says_how_old_the_oldest_are() -> None:
    floor = Floor("2026-11-26T09:00:00Z")
    floor.raised()
    floor.now_is("2026-11-26T09:10:00Z")
    swept = sweep_cases(floor.desk)
    assert swept.unfinished == 0
    assert max(x.value for x in swept.oldest) >= 600
