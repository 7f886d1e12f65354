"""The queue over all merchants that somebody works for: the most urgent first, a page at a time, one query a merchant."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Protocol

from stopship.application.ports import ExceptionItem
from stopship.domain import chain
from stopship.domain.errors import InvalidInput
from stopship.domain.policy import Tier
from stopship.frozen import frozen

PAGE = 50
MANY = 500
"""As many as can be answered together."""
_SIFTED = 400
"""Where most are left out, more are fetched at a time."""


class OpenExceptions(Protocol):
    def open_exceptions(
        self, merchant: str, tier: str = "", after: str = "", step: int = 100
    ) -> Iterator[ExceptionItem]: ...


@frozen
class QueueFilter:
    """Empty for any. ``person`` is the id of the one whose it is."""

    tier: str = ""
    owner: str = ""
    channel: str = ""
    person: str = ""

    @property
    def sifts(self) -> bool:
        return bool(self.owner or self.channel or self.person)

    def takes(self, item: ExceptionItem) -> bool:
        wanted = ((self.owner, item.owner), (self.channel, item.channel))
        return all(want in ("", found) for want, found in wanted) and self.person in ("", item.person)


@frozen
class QueuePage:
    """``after`` is where the next page begins, "" at the end. ``digest`` changes when anything in the page does, but the time that is left."""

    items: tuple[ExceptionItem, ...]
    after: str

    @property
    def digest(self) -> str:
        return chain.digest([[asdict(x) for x in self.items], self.after])[:16]


def view_queue(
    ledger: OpenExceptions, merchants: Sequence[str], wanted: QueueFilter, after: str = "", limit: int = PAGE
) -> QueuePage:
    """``after`` is a place that an earlier page gave. Raises InvalidInput for anything else."""
    _check_place(after)
    step = _SIFTED if wanted.sifts else limit + 1
    streams = [ledger.open_exceptions(m, wanted.tier, _within(after, wanted.tier), step) for m in merchants]
    merged = heapq.merge(*streams, key=lambda item: item.place)
    rows = tuple(islice((x for x in merged if wanted.takes(x)), limit + 1))
    more = len(rows) > limit
    return QueuePage(rows[:limit], rows[limit - 1].place if more else "")


def _check_place(after: str) -> None:
    if after and (after.partition("#")[0] not in list(Tier) or after.count("#") != 2):
        raise InvalidInput("after", "is no place in the queue", "take it from the page before")


def _within(after: str, tier: str) -> str:
    """A place of another tier says nothing about this one's."""
    return after if not tier or after.startswith(f"{tier}#") else ""
