"""Working time: when a team is at work, in its own time zone, and when a deadline in working seconds falls.

Seconds are real ones: an hour that the clocks skip is none, an hour that they repeat is two. Without a time zone a calendar is day and night.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache

from stopship.domain import instant
from stopship.frozen import frozen

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = "24:00"
"""The end of a day, as an hour at which a team may close."""
_HORIZON_DAYS = 800


class NeverAtWork(ValueError):
    """A calendar without a working hour in more than two years: nothing would ever be due."""


@frozen
class Calendar:
    """``hours`` is weekday to (opens, closes) as "HH:MM" in ``time_zone``; a day that is not named is free, as are ``holidays`` (ISO dates).
    With ``time_zone`` "" the team is always at work."""

    time_zone: str = ""
    hours: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    holidays: frozenset[str] = frozenset()

    @property
    def always(self) -> bool:
        return not self.time_zone


ALWAYS = Calendar()


def working_seconds(calendar: Calendar, earlier: str, later: str) -> float:
    """Between two moments of the ledger, 0 when they are the wrong way round."""
    start, end = instant.parse(earlier), instant.parse(later)
    if end <= start:
        return 0.0
    if calendar.always:
        return (end - start).total_seconds()
    shifts = _shifts(calendar, start, end)
    return sum((min(closes, end) - max(opens, start)).total_seconds() for opens, closes in shifts)


def due(calendar: Calendar, start: str, seconds: float) -> str:
    """The moment at which so many working seconds have passed since ``start``. Raises NeverAtWork."""
    if calendar.always:
        return instant.plus(start, seconds)
    begin, left = instant.parse(start), seconds
    for opens, closes in _shifts(calendar, begin, begin + timedelta(days=_HORIZON_DAYS)):
        at_work_from = max(opens, begin)
        here = (closes - at_work_from).total_seconds()
        if here >= left:
            return instant.text(at_work_from + timedelta(seconds=left))
        left -= here
    raise NeverAtWork(f"no working time in {_HORIZON_DAYS} days")


def _shifts(calendar: Calendar, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Working time that touches [start, end), in order, in UTC: only there are differences real seconds."""
    zone = _zone(calendar.time_zone)
    # The day before: a zone may be ahead of UTC.
    day, last = start.astimezone(zone).date() - timedelta(days=1), end.astimezone(zone).date()
    while day <= last:
        hours = calendar.hours.get(WEEKDAYS[day.weekday()])
        if hours and day.isoformat() not in calendar.holidays:
            opens, closes = _moment(day, hours[0], zone), _moment(day, hours[1], zone)
            if opens < end and closes > max(start, opens):
                yield opens, closes
        day += timedelta(days=1)


def _moment(day: date, hour: str, zone: tzinfo) -> datetime:
    """An hour that is there twice is the first of the two; one that is skipped falls where it would without the jump."""
    if hour == MIDNIGHT:
        day, hour = day + timedelta(days=1), "00:00"
    return datetime.combine(day, time.fromisoformat(hour), zone).astimezone(UTC)


@cache
def _zone(name: str) -> tzinfo:
    """Loaded by who needs it: most functions never ask for local time."""
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)
