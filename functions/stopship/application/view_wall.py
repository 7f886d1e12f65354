"""What a wall shows of the desk: how much is open by tier and for how long yet, what is due next, which partners do not answer."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any, Protocol

from stopship.application.ports import CaseHead, ExceptionItem, Page, TrafficBook
from stopship.application.view_outage import view_outage
from stopship.domain import chain
from stopship.domain.policy import Tier
from stopship.frozen import frozen

MOST = 500
"""So many of a tier, and so many open cases, are counted; beyond, a wall says "500+"."""
NEXT = 6


class OpenWork(Protocol):
    def open_exceptions(
        self, merchant: str, tier: str = "", after: str = "", step: int = 100
    ) -> Iterator[ExceptionItem]: ...
    def cases(self, merchant: str, status: str = "", cursor: str = "", limit: int = 50) -> Page[CaseHead]: ...


@frozen
class Count:
    """``more`` says that there are more than were counted."""

    number: int
    more: bool = False


@frozen
class TierNow:
    """``overdue`` of those that were counted, ``soonest`` the deadline that comes or came first, "" where nothing is open."""

    tier: str
    open: Count
    overdue: int
    soonest: str


@frozen
class Wall:
    tiers: tuple[TierNow, ...]
    next: tuple[ExceptionItem, ...]
    cases: Count
    partners: tuple[Mapping[str, Any], ...]

    @property
    def digest(self) -> str:
        """Changes when anything on the wall does, but the time that is left."""
        told = [[asdict(x) for x in self.tiers], [asdict(x) for x in self.next], asdict(self.cases), *self.partners]
        return chain.digest(told)[:16]


def view_wall(work: OpenWork, traffic: TrafficBook, merchants: Sequence[str], now: str) -> Wall:
    """A query a merchant and tier, one a merchant for its cases, and one for the partners that are down."""
    by_tier = {tier: _open(work, merchants, tier) for tier in Tier}
    return Wall(
        tuple(_tier(tier, items, now) for tier, items in by_tier.items()),
        tuple(heapq.nsmallest(NEXT, (x for items in by_tier.values() for x in items), key=lambda x: x.deadline)),
        _cases(work, merchants),
        tuple({"merchant": x.merchant, **view_outage(x)} for x in traffic.outages() if x.merchant in merchants),
    )


def _open(work: OpenWork, merchants: Sequence[str], tier: Tier) -> list[ExceptionItem]:
    """The most urgent first, one more than are counted at most."""
    streams = [work.open_exceptions(m, tier, step=MOST + 1) for m in merchants]
    return list(islice(heapq.merge(*streams, key=lambda item: item.place), MOST + 1))


def _tier(tier: Tier, items: Sequence[ExceptionItem], now: str) -> TierNow:
    counted = items[:MOST]
    overdue = sum(now > x.deadline for x in counted)
    return TierNow(
        tier, Count(len(counted), len(items) > MOST), overdue, min((x.deadline for x in counted), default="")
    )


def _cases(work: OpenWork, merchants: Sequence[str]) -> Count:
    pages = [work.cases(m, "open", limit=MOST) for m in merchants]
    number = sum(len(p.items) for p in pages)
    return Count(min(number, MOST), number > MOST or any(p.cursor for p in pages))
