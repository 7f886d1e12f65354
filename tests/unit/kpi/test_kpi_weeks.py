"""Weeks: their names, where they begin and end by a merchant's clock, and what of them has happened."""

from zoneinfo import ZoneInfo

import pytest

from stopship.domain.kpi.weeks import Week, span, spans, today, trend

LATER = "2027-01-01T00:00:00.000000Z"


@pytest.mark.parametrize("name", ["2026-W53", "2026-W47"])
def test_a_week_is_read_as_it_is_written(name: str) -> None:
    assert str(Week.parse(name)) == name


@pytest.mark.parametrize("name", ["2026-47", "2026-W7", "2026-W00", "2026-W54", "2025-W53", "W47", "2026-W47 ", ""])
def test_what_is_no_week_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="week"):
        Week.parse(name)


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("Europe/Berlin", "2026-10-18T22:00", "2026-10-25T23:00"),
        ("America/New_York", "2026-10-19T04:00", "2026-10-26T04:00"),
        ("Asia/Tokyo", "2026-10-18T15:00", "2026-10-25T15:00"),
        ("UTC", "2026-10-19T00:00", "2026-10-26T00:00"),
    ],
)
def test_a_week_goes_from_midnight_to_midnight_there_also_when_clocks_change(zone: str, start: str, end: str) -> None:
    found = span("acme", Week(2026, 43), ZoneInfo(zone), LATER)
    assert (found.start, found.end) == (f"{start}:00.000000Z", f"{end}:00.000000Z")
    assert (found.first_day, found.last_day) == ("2026-10-19", "2026-10-25")


def test_months_turn_within_a_week_by_the_merchants_clock() -> None:
    found = span("acme", Week(2026, 53), ZoneInfo("Europe/Berlin"), "2027-02-01T00:00:00.000000Z")
    assert (found.month, found.next_month) == ("2026-11-30T23:00:00.000000Z", "2026-12-31T23:00:00.000000Z")
    assert found.month_of("2026-12-31T22:59:59.000000Z") == found.month
    assert found.month_of("2026-12-31T23:00:00.000000Z") == found.next_month


def test_the_trend_goes_over_the_turn_of_the_year() -> None:
    assert [str(w) for w in trend(Week(2027, 2), 4)] == ["2026-W52", "2026-W53", "2027-W01", "2027-W02"]


def test_the_seven_days_end_with_the_week_or_with_now() -> None:
    zone = ZoneInfo("UTC")
    assert span("acme", Week(2026, 47), zone, LATER).days_back(7) == ("2026-11-16", "2026-11-22")
    assert span("acme", Week(2026, 47), zone, "2026-11-18T00:00:00.000001Z").days_back(7) == (
        "2026-11-12",
        "2026-11-18",
    )


def test_every_merchant_has_its_own_week() -> None:
    zones = {"b": ZoneInfo("Asia/Tokyo"), "a": ZoneInfo("UTC")}
    found = spans(zones, [Week(2026, 46), Week(2026, 47)], LATER)
    assert [(x.merchant, x.week) for x in found] == [
        ("a", "2026-W46"),
        ("a", "2026-W47"),
        ("b", "2026-W46"),
        ("b", "2026-W47"),
    ]


def test_a_day_is_the_merchants_own_and_as_long_as_its_clock_makes_it() -> None:
    day = today("acme", ZoneInfo("Europe/Berlin"), "2026-10-24T22:30:00.000000Z")
    assert (day.week, day.first_day, day.last_day) == ("2026-10-25", "2026-10-25", "2026-10-25")
    assert (day.start, day.end) == ("2026-10-24T22:00:00.000000Z", "2026-10-25T23:00:00.000000Z")
    assert (day.month, day.next_month) == ("2026-09-30T22:00:00.000000Z", "2026-10-31T23:00:00.000000Z")
    assert day.seen_end == "2026-10-24T22:30:00.000000Z"
