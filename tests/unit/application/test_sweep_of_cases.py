"""A sweep that has more to look at than time, or cannot read all of it: nobody is left out, and nothing is told that was not seen."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from stopship.application import sweep_cases as module
from stopship.application.ports import ExceptionItem
from stopship.application.sweep_cases import EXECUTIONS, OUTAGES, sweep_cases
from stopship.domain.events import from_data
from tests.fakes.floor import Floor
from tests.fakes.trouble import Crash

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
    floor.now_is("2026-11-26T09:10:01Z")
    swept = sweep_cases(floor.desk)
    assert swept.unfinished == 0
    assert max(x.value for x in swept.oldest) >= 600


class Refused(Exception):
    """What an SDK raises: nothing of ours."""


def newer(*_: object) -> Any:
    return from_data(
        "MessageKept", {"source": "a", "topic": "b", "why": "c", "raw_sha256": "d", "severity": "ann@customer.example"}
    )


def refuse(*_: object) -> Any:
    raise Refused("ThrottlingException")


def crash(*_: object) -> Any:
    raise Crash("in the middle")


def overdue() -> tuple[Floor, list[ExceptionItem]]:
    """A floor whose every exception is to be escalated, and no timer rings."""
    floor = Floor("2026-11-26T09:00:00Z")
    floor.timers.lost = True
    items = [floor.raised(str(1000 + n)) for n in range(4)]
    floor.now_is("2026-11-26T13:30:00Z")
    return floor, items


def cannot_load(floor: Floor, monkeypatch: pytest.MonkeyPatch, bad: str, trouble: Callable[..., Any]) -> None:
    real = type(floor.desk.cases).load

    def load(self: Any, merchant: str, case_id: str) -> Any:
        return trouble() if case_id == bad else real(self, merchant, case_id)

    monkeypatch.setattr(type(floor.desk.cases), "load", load)


@pytest.mark.parametrize(("trouble", "said"), [(newer, "ValueError in from_data"), (refuse, "Refused: Throttling")])
def test_a_case_that_cannot_be_read_is_on_record_and_keeps_no_other_from_being_swept(
    monkeypatch: pytest.MonkeyPatch, trouble: Callable[..., Any], said: str
) -> None:
    floor, items = overdue()
    bad, *others = items
    cannot_load(floor, monkeypatch, bad.case_id, trouble)
    followed: list[object] = []
    real = module.follow_outages
    monkeypatch.setattr(module, "follow_outages", lambda *told: followed.append(told) or real(*told))
    swept = sweep_cases(floor.desk)
    assert list(swept.broken) == [bad.case_id]
    assert swept.broken[bad.case_id].startswith(said) and "@" not in swept.broken[bad.case_id]
    assert (swept.open_cases, swept.escalated) == (4, 3)
    assert [floor.item(x).escalations for x in others] == [1, 1, 1] and floor.item(bad).escalations == 0
    assert followed and max(x.value for x in swept.oldest) > 0


def test_a_case_that_cannot_be_resumed_is_escalated_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    floor, items = overdue()
    monkeypatch.setattr(module, "_resume", refuse)
    swept = sweep_cases(floor.desk)
    assert (swept.resumed, swept.escalated) == (0, 4)
    assert swept.broken == {x.case_id: "Refused: ThrottlingException" for x in items}


def test_when_nobody_knows_what_runs_nothing_is_resumed_and_everything_else_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    floor, _ = overdue()
    monkeypatch.setattr(floor.waits, "running", refuse)
    monkeypatch.setattr(module, "_resume", crash)
    swept = sweep_cases(floor.desk)
    assert (list(swept.broken), swept.resumed, swept.escalated) == ([EXECUTIONS], 0, 4)


def test_outages_that_cannot_be_followed_leave_the_rest_of_the_sweep_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    floor, _ = overdue()
    monkeypatch.setattr(module, "follow_outages", refuse)
    swept = sweep_cases(floor.desk)
    assert (list(swept.broken), swept.down, swept.escalated) == ([OUTAGES], (), 4)
    assert swept.oldest


def test_the_end_of_the_process_is_nobodys_trouble_to_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    floor, items = overdue()
    cannot_load(floor, monkeypatch, items[0].case_id, crash)
    with pytest.raises(Crash):
        sweep_cases(floor.desk)
