"""Working time is real time in which somebody is at work: over weekends, holidays, and clocks that jump."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopship.domain import instant
from stopship.domain.calendar import ALWAYS, WEEKDAYS, Calendar, NeverAtWork, due, working_seconds

HOUR = 3600
OFFICE = Calendar(
    "Europe/Berlin",
    dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("09:00", "17:00")),
    frozenset({"2026-12-25", "2027-01-01"}),
)
NIGHTS = Calendar("America/New_York", dict.fromkeys(WEEKDAYS, ("00:00", "24:00")))


def berlin(text: str) -> str:
    """A local moment with its offset, as the ledger writes it."""
    return instant.normal(text)


@pytest.mark.parametrize(
    ("start", "hours", "expected", "why"),
    [
        ("2026-11-26T10:00+01:00", 4, "2026-11-26T14:00+01:00", "within a day"),
        ("2026-11-26T15:00+01:00", 4, "2026-11-27T11:00+01:00", "over a night"),
        ("2026-11-27T15:00+01:00", 4, "2026-11-30T11:00+01:00", "over a weekend"),
        ("2026-11-28T12:00+01:00", 1, "2026-11-30T10:00+01:00", "begun on a Saturday"),
        ("2026-12-24T16:00+01:00", 2, "2026-12-28T10:00+01:00", "over a holiday and the weekend after it"),
        ("2026-12-31T16:30+01:00", 1, "2027-01-04T09:30+01:00", "over New Year"),
        ("2026-11-26T07:00+01:00", 1, "2026-11-26T10:00+01:00", "before they open"),
        ("2026-11-26T10:00+01:00", 7, "2026-11-26T17:00+01:00", "to the minute they close"),
        ("2026-03-27T16:00+01:00", 2, "2026-03-30T10:00+02:00", "summer time begins on the weekend"),
        ("2026-10-23T16:00+02:00", 2, "2026-10-26T10:00+01:00", "summer time ends on the weekend"),
    ],
)
def test_a_deadline_falls_when_the_team_has_worked_so_long(start: str, hours: int, expected: str, why: str) -> None:
    assert due(OFFICE, berlin(start), hours * HOUR) == berlin(expected), why


def test_a_skipped_hour_is_none_and_a_repeated_one_is_two() -> None:
    spring = working_seconds(NIGHTS, "2026-03-08T05:00:00.000000Z", "2026-03-09T04:00:00.000000Z")
    autumn = working_seconds(NIGHTS, "2026-11-01T04:00:00.000000Z", "2026-11-02T05:00:00.000000Z")
    assert (spring, autumn) == (23 * HOUR, 25 * HOUR)


def test_without_a_time_zone_there_is_no_closing_time() -> None:
    start = "2026-11-28T23:00:00.000000Z"
    assert due(ALWAYS, start, 4 * HOUR) == instant.plus(start, 4 * HOUR)
    assert working_seconds(ALWAYS, start, instant.plus(start, 90)) == 90


def test_the_wrong_way_round_is_no_time() -> None:
    assert working_seconds(OFFICE, berlin("2026-11-26T15:00+01:00"), berlin("2026-11-26T10:00+01:00")) == 0


def test_whoever_never_works_has_no_deadline_that_could_be_named() -> None:
    closed = Calendar("Europe/Berlin", {"mon": ("09:00", "09:00")})
    with pytest.raises(NeverAtWork):
        due(closed, berlin("2026-11-26T15:00+01:00"), 1)


_MOMENTS = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda minutes: instant.text(instant.parse("2025-01-01T00:00Z") + timedelta(minutes=minutes))
)
_SHIFTS = st.tuples(st.integers(0, 22), st.integers(1, 24)).filter(lambda x: x[0] < x[1])
_CALENDARS = st.builds(
    Calendar,
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]),
    st.dictionaries(
        st.sampled_from(WEEKDAYS),
        _SHIFTS.map(lambda x: (f"{x[0]:02}:00", f"{x[1]:02}:00")),
        min_size=1,
    ),
    st.just(frozenset({"2026-01-01", "2026-12-25"})),
)


@given(_CALENDARS, _MOMENTS, st.integers(1, 200_000))
def test_up_to_a_deadline_lie_exactly_the_seconds_it_was_made_of(calendar: Calendar, start: str, seconds: int) -> None:
    end = due(calendar, start, seconds)
    assert working_seconds(calendar, start, end) == seconds
    assert working_seconds(calendar, start, instant.plus(end, -1)) < seconds


@given(_CALENDARS, st.lists(_MOMENTS, min_size=3, max_size=3))
def test_working_time_adds_up(calendar: Calendar, moments: list[str]) -> None:
    a, b, c = sorted(moments)
    whole = working_seconds(calendar, a, c)
    assert working_seconds(calendar, a, b) + working_seconds(calendar, b, c) == whole
    assert whole <= instant.seconds_between(a, c)
