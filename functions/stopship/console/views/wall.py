"""The wall's numbers as it shows them."""

from typing import Any

from stopship.application.view_wall import Count, TierNow, Wall
from stopship.console import spoken
from stopship.console.views.queue import exception_address


def wall_values(wall: Wall, now: str) -> dict[str, Any]:
    return {
        "digest": wall.digest,
        "tiers": [_tier(x, now) for x in wall.tiers],
        "next": [
            {
                "item": x,
                "address": exception_address(x.merchant, x.exception_id),
                "left": spoken.left(now, x.deadline),
                "late": now > x.deadline,
            }
            for x in wall.next
        ],
        "cases_open": shown(wall.cases),
        "partners": wall.partners,
    }


def _tier(x: TierNow, now: str) -> dict[str, Any]:
    return {
        "tier": x.tier,
        "open": shown(x.open),
        "overdue": x.overdue,
        "soonest": x.soonest,
        "left": spoken.left(now, x.soonest) if x.soonest else "",
        "late": bool(x.soonest) and now > x.soonest,
    }


def shown(count: Count) -> str:
    return f"{count.number}{'+' if count.more else ''}"
