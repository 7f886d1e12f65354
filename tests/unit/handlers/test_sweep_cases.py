"""The minute's sweep as a function: what it says of itself, and when it fails."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from stopship.application.project_ledger import Count
from stopship.application.sweep_cases import OUTAGES, SweepIncomplete, Swept
from stopship.handlers import sweep_cases


class Context:
    def __init__(self, left: int = 100_000) -> None:
        self.left = left

    def get_remaining_time_in_millis(self) -> int:
        return self.left


@pytest.fixture
def swept(monkeypatch: pytest.MonkeyPatch) -> Swept:
    """What the use case gives."""
    swept = Swept(open_cases=2, reminded=1)
    monkeypatch.setattr(sweep_cases, "desk", lambda: None)
    monkeypatch.setattr(sweep_cases, "sweep_cases", lambda _desk, _in_time: swept)
    return swept


def test_a_sweep_tells_what_it_did_in_numbers(swept: Swept) -> None:
    told = sweep_cases.handler({}, Context())
    assert (told["open_cases"], told["reminded"]) == (2, 1)
    assert all(isinstance(value, int) for value in told.values())


def test_a_case_that_needs_a_person_fails_the_run_when_everything_else_is_done(
    swept: Swept, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[object] = []
    monkeypatch.setattr(sweep_cases, "publish", published.append)
    swept.broken["case-1"] = "InvalidInput: mail.sender: is missing"
    with pytest.raises(SweepIncomplete, match="case-1"):
        sweep_cases.handler({}, Context())
    assert len(published) == 1


@pytest.mark.parametrize(("broken", "told"), [({}, [2.0]), ({OUTAGES: "ClientError"}, [])])
def test_partners_that_are_down_are_counted_over_all_merchants_unless_nobody_could_look(
    swept: Swept, monkeypatch: pytest.MonkeyPatch, broken: dict[str, str], told: list[float]
) -> None:
    published: list[Count] = []
    monkeypatch.setattr(sweep_cases, "publish", published.extend)
    swept.down = [Count("PartnersDown", {"merchant": m}, n) for m, n in (("acme", 0), ("new", 2))]
    swept.broken = broken
    with suppress(SweepIncomplete):
        sweep_cases.handler({}, Context())
    assert [x.value for x in published if x.name == "PartnersDownAnywhere"] == told


def test_no_further_case_is_begun_in_the_last_half_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def use_case(_: object, in_time: Callable[[], bool]) -> Swept:
        asked.append(in_time())
        return Swept()

    monkeypatch.setattr(sweep_cases, "desk", lambda: None)
    monkeypatch.setattr(sweep_cases, "sweep_cases", use_case)
    for left in (31_000, 29_000):
        sweep_cases.handler({}, Context(left))
    assert asked == [True, False]
