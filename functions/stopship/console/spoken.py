"""How moments, durations, amounts and the desk's own words read on a page."""

from decimal import Decimal, InvalidOperation
from typing import Final

from stopship.domain.instant import parse, seconds_between

_SPECIAL: Final = {
    "erp_refused": "NetSuite refused",
    "erp_lines_differ": "NetSuite lines differ",
    "p1": "P1",
    "in_house": "in-house",
    "third_party": "3PL",
    "drop_ship": "drop ship",
}
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))


def words(value: object) -> str:
    """``stop_unproven`` as "stop unproven"."""
    text = str(value)
    return _SPECIAL.get(text, text.replace("_", " "))


def moment(value: str) -> str:
    """``2026-11-24 12:00 UTC``; "" for none."""
    return f"{value[:10]} {value[11:16]} UTC" if value else ""


def day(value: str) -> str:
    """``24 Nov 12:00``: what fits a narrow column; the year stands in the title."""
    return parse(value).strftime("%-d %b %H:%M") if value else ""


def lasting(seconds: float) -> str:
    """The two largest units: ``1 d 4 h``, ``52 min``, ``under 1 min``."""
    rest, parts = int(abs(seconds)), list[str]()
    for size, unit in _UNITS:
        if (number := rest // size) or parts:
            parts.append(f"{number} {unit}")
        rest %= size
    return " ".join(parts[:2]).removesuffix(" 0 h").removesuffix(" 0 min") if parts else "under 1 min"


def left(now: str, deadline: str) -> str:
    """``52 min left`` or ``3 h over``."""
    seconds = seconds_between(now, deadline)
    return f"{lasting(seconds)} {'left' if seconds >= 0 else 'over'}"


def money(amount: str, currency: str = "") -> str:
    """``1,234.50 EUR``; "" for no amount."""
    if not amount:
        return ""
    try:
        text = f"{Decimal(amount):,f}"
    except InvalidOperation:
        text = amount
    return f"{text} {currency}".strip()


def short(value: str, length: int = 12) -> str:
    """The beginning of a hash or an id."""
    return value if len(value) <= length else f"{value[:length]}…"
