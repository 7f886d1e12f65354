"""Moments in time, as one fixed-width UTC text form.

Every moment in the ledger is written ``YYYY-MM-DDTHH:MM:SS.ffffffZ``. The form has a fixed width, so that comparing
two moments as text is comparing them in time, and the audit trail reads without a converter.
"""

from datetime import UTC, datetime, timedelta

_FIRST_YEAR, _LAST_YEAR = 1900, 9000


def text(moment: datetime) -> str:
    """The ledger's form of an aware datetime. A naive one is refused: it names no moment."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return _utc(moment).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse(value: str) -> datetime:
    """Reads any ISO 8601 moment that carries an offset (partners write several forms)."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone, so it names no moment")
    return _utc(moment)


def _utc(moment: datetime) -> datetime:
    """Raises ValueError for a year that the form cannot hold in four digits."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"the year {moment.year} is none of ours")
    return moment.astimezone(UTC)


def normal(value: str) -> str:
    """A partner's moment in the ledger's form."""
    return text(parse(value))


def plus(value: str, seconds: float) -> str:
    """The moment that lies so many seconds after ``value``."""
    return text(parse(value) + timedelta(seconds=seconds))


def seconds_between(earlier: str, later: str) -> float:
    return (parse(later) - parse(earlier)).total_seconds()


def microseconds_between(earlier: str, later: str) -> int:
    """Exact, for what is added up and compared."""
    return (parse(later) - parse(earlier)) // timedelta(microseconds=1)


def epoch(value: str) -> float:
    """Seconds since 1970."""
    return parse(value).timestamp()


def from_epoch(seconds: float) -> str:
    return text(datetime.fromtimestamp(seconds, UTC))
