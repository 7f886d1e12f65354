"""The queue's rows, and what narrows them."""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode

from stopship.application.ports import ExceptionItem
from stopship.application.view_queue import QueueFilter, QueuePage
from stopship.console import spoken
from stopship.domain.instant import seconds_between
from stopship.domain.policy import Team, Tier
from stopship.frozen import frozen

CHANNELS: Final = ("shopify", "amazon")


@frozen
class Row:
    """``age`` and ``left`` are spoken; ``mine`` says that it is given to who looks, ``taken`` to anybody."""

    item: ExceptionItem
    address: str
    age: str
    left: str
    late: bool
    mine: bool
    taken: bool


def exception_address(merchant: str, exception_id: str) -> str:
    return f"/console/exceptions/{exception_id}?{urlencode({'merchant': merchant})}"


def case_address(merchant: str, case_id: str) -> str:
    return f"/console/cases/{case_id}?{urlencode({'merchant': merchant})}"


def rows(items: Iterable[ExceptionItem], now: str, subject: str) -> list[Row]:
    return [_row(item, now, subject) for item in items]


def _row(item: ExceptionItem, now: str, subject: str) -> Row:
    return Row(
        item,
        exception_address(item.merchant, item.exception_id),
        spoken.lasting(seconds_between(item.opened_at, now)),
        spoken.left(now, item.deadline),
        now > item.deadline,
        mine=bool(item.person) and item.person == subject,
        taken=bool(item.person),
    )


def queue_values(
    page: QueuePage, wanted: QueueFilter, after: str, now: str, subject: str, *, many: bool
) -> dict[str, Any]:
    kept = {"tier": wanted.tier, "owner": wanted.owner, "channel": wanted.channel, "mine": "1" if wanted.person else ""}
    size = {"many": "1"} if many else {}
    return {
        "rows": rows(page.items, now, subject),
        "digest": page.digest,
        "wanted": kept,
        "narrowed": any(kept.values()),
        "refresh_address": _address("/console/queue", {**kept, **size, "after": after, "seen": page.digest}),
        "next_address": _address("/console", {**kept, **size, "after": page.after}) if page.after else "",
        "first_address": _address("/console", {**kept, **size}) if after else "",
        "many_address": "" if many or not page.after else _address("/console", {**kept, "many": "1"}),
        "choices": {"tier": list(Tier), "owner": list(Team), "channel": CHANNELS},
    }


def _address(path: str, query: dict[str, str]) -> str:
    told = urlencode({name: value for name, value in query.items() if value})
    return f"{path}?{told}" if told else path
