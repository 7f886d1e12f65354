"""Weeks as the measures count them: ISO weeks, Monday to Sunday, in the time zone of the merchant."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from stopship.domain.instant import parse, text
from stopship.domain.market import day_before
from stopship.frozen import frozen

_FORM = re.compile(r"^(\d{4})-W(\d{2})$", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO 8601 week: 2026-W47. Week 1 is the one with the year's first Thursday."""

    year: int
    number: int

    @classmethod
    def parse(cls, name: str) -> "Week":
        """Raises ValueError for what is no week, also for a week 53 that its year does not have."""
        found = _FORM.match(name)
        if not found:
            raise ValueError(f"{name!r} is no week: write it as 2026-W47")
        week = cls(int(found[1]), int(found[2]))
        try:
            return week.plus(0)
        except ValueError as error:
            raise ValueError(f"{week.year} has no week {week.number}") from error

    @classmethod
    def of(cls, day: date) -> "Week":
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @classmethod
    def at(cls, moment: str, zone: tzinfo) -> "Week":
        """The week that a moment lies in, there."""
        return cls.of(parse(moment).astimezone(zone).date())

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    def plus(self, weeks: int) -> "Week":
        return Week.of(self.monday + timedelta(weeks=weeks))

    def __str__(self) -> str:
        return f"{self.year:04d}-W{self.number:02d}"


@frozen
class Span:
    """A merchant's week (or its present day) as moments: from ``start`` up to ``end``, as far as it had gone at ``as_of``. ``first_day`` and ``last_day`` are its
    dates. ``month`` and ``next_month`` are when the month of its Monday, and the one after that, begin there."""

    merchant: str
    week: str
    start: str
    end: str
    as_of: str
    first_day: str
    last_day: str
    month: str
    next_month: str

    @property
    def seen_end(self) -> str:
        """What lies behind it has not happened yet."""
        return min(self.end, self.as_of)

    def days_back(self, days: int) -> tuple[str, str]:
        """First and last of so many UTC dates that end with the last moment that was seen."""
        last = (parse(self.seen_end) - timedelta(microseconds=1)).date().isoformat()
        return day_before(last, days - 1), last

    def month_of(self, moment: str) -> str:
        """When the month began in which a moment of this week lies."""
        return self.next_month if moment >= self.next_month else self.month


def span(merchant: str, week: Week, zone: tzinfo, now: str) -> Span:
    monday = week.monday
    next_month = (monday.replace(day=1) + timedelta(days=32)).replace(day=1)
    end = _midnight(week.plus(1).monday, zone)
    return Span(
        merchant=merchant,
        week=str(week),
        start=_midnight(monday, zone),
        end=end,
        as_of=min(end, now),
        first_day=monday.isoformat(),
        last_day=week.sunday.isoformat(),
        month=_midnight(monday.replace(day=1), zone),
        next_month=_midnight(next_month, zone),
    )


def today(merchant: str, zone: tzinfo, now: str) -> Span:
    """The day that has begun there, as far as it has gone: it is named by its date."""
    day = parse(now).astimezone(zone).date()
    next_month = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return Span(
        merchant=merchant,
        week=day.isoformat(),
        start=_midnight(day, zone),
        end=_midnight(day + timedelta(days=1), zone),
        as_of=now,
        first_day=day.isoformat(),
        last_day=day.isoformat(),
        month=_midnight(day.replace(day=1), zone),
        next_month=_midnight(next_month, zone),
    )


def spans(zones: Mapping[str, tzinfo], weeks: Iterable[Week], now: str) -> list[Span]:
    """Of every merchant, by name, in its own time zone."""
    weeks = list(weeks)
    return [span(merchant, week, zones[merchant], now) for merchant in sorted(zones) for week in weeks]


def trend(week: Week, weeks: int) -> Iterator[Week]:
    """So many weeks that end with this one, oldest first."""
    return (week.plus(back) for back in range(1 - weeks, 1))


def _midnight(day: date, zone: tzinfo) -> str:
    """Where a clock change leaves out midnight, the day begins with the first moment after it."""
    local = datetime.combine(day, time(), zone)
    return text(local.astimezone(UTC))
