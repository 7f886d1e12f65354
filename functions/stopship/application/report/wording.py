"""How numbers and names are written for people. Nothing is rounded that is not said to be."""

import re
from decimal import Decimal

from stopship.domain.kpi.figure import Figure

_BAND = re.compile(r"^(\d{4})-(\d{4}) min$")
NOTHING, SAME = "-", "same"
STEPS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def shown(figure: Figure | None) -> str:
    """ "-" where there is nothing to show: no cases, or nobody knows."""
    if figure is None or figure.value is None:
        return NOTHING
    return written(figure.value, figure.kpi.unit, figure.slice.get("currency", ""))


def written(value: Decimal, unit: str, currency: str = "") -> str:
    match unit:
        case "percent":
            return f"{value:.1f} %"
        case "seconds":
            return span(value)
        case "money":
            return f"{currency} {value:,.2f}".strip()
        case _:
            return f"{value:,.0f}"


def span(seconds: Decimal) -> str:
    """Two places are enough to compare: 45 s, 3.2 min, 5.0 h, 2.1 d."""
    for length, name in STEPS:
        if seconds >= length:
            return f"{seconds / length:.1f} {name}"
    return f"{seconds:.0f} s"


def difference(now: Figure | None, before: Figure | None) -> str:
    """With its sign; in points for a percentage. "" where there is nothing to compare."""
    if now is None or before is None or now.value is None or before.value is None:
        return ""
    change = now.value - before.value
    if not set(written(abs(change), now.kpi.unit)) & set("123456789"):
        return SAME
    sign = "+" if change > 0 else "-"
    if now.kpi.unit == "percent":
        return f"{sign}{abs(change):.1f} pts"
    return sign + written(abs(change), now.kpi.unit, now.slice.get("currency", ""))


def plain(name: str) -> str:
    """A code as people read it."""
    band = _BAND.match(name)
    if band:
        return f"{int(band[1])} to {int(band[2])} min"
    return name.replace("_", " ") if name else "(none)"
