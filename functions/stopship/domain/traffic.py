"""What is known about one merchant's calls to one partner, over all workers, and what follows from it for the next call.

Pure: every function takes the state and the moment (seconds since the epoch) and gives the new state. Whoever keeps it writes it back only
over the version that it was made from.

A partner that fails several times in a row is *suspected*: calls wait a moment, then one goes out as the *probe*. If that fails too, the
partner is *down*: the outage has a name, and only a probe calls from time to time. An answer, even a no, ends it.
"""

from collections.abc import Mapping
from dataclasses import asdict, field, replace
from enum import StrEnum
from typing import Any

from stopship.domain.ids import outage_id
from stopship.domain.limits import Limit
from stopship.frozen import frozen

TOLERATED = 4
"""Failures in a row: as many as one step makes before it gives up."""
SUSPECT_SECONDS = 5.0
PROBE_SECONDS = 30.0
"""Between two looks whether a partner is back."""
CALL_SECONDS = 70.0
"""No call is older: a function that calls partners ends after 60 s. What it held is free again then, however it ended."""
TURN_SECONDS = 3.0
"""How long somebody without a place stays away."""
CROWDED_SECONDS = 300.0
"""How long the pace is kept after the partner had enough."""
CANARY_SECONDS = 90.0
"""How long the case that was sent to look whether the partner is back has for it."""


class Verdict(StrEnum):
    GO = "go"
    FULL = "full"
    """All places are taken; one may become free any moment."""
    BUSY = "busy"
    """Closed until a known moment."""
    DOWN = "down"


@frozen
class Lease:
    until: float
    urgent: bool


@frozen
class Traffic:
    """``leases`` by holder. ``pauses``, ``due`` and ``crowded`` are moments by operation ("" for the whole partner): until when nobody calls,
    when the next call is due, until when the pace is kept. ``outage`` is "" while none is known; ``returned`` is the outage that ended last,
    as long as cases may wait for its end. ``canary_until``: somebody was sent to look."""

    leases: Mapping[str, Lease] = field(default_factory=dict)
    pauses: Mapping[str, float] = field(default_factory=dict)
    due: Mapping[str, float] = field(default_factory=dict)
    crowded: Mapping[str, float] = field(default_factory=dict)
    failures: int = 0
    probe_at: float = 0
    probe_by: str = ""
    probe_until: float = 0
    outage: str = ""
    since: float = 0
    returned: str = ""
    returned_at: float = 0
    canary_until: float = 0
    waiting: int = 0
    """How many exceptions end when it is back, as of the last sweep."""

    @property
    def failing(self) -> bool:
        return self.failures >= TOLERATED

    @property
    def banner(self) -> str:
        """The outage that people are told of: until the last case that waited for its end goes on."""
        return self.outage or self.returned


CALM = Traffic()


def to_data(traffic: Traffic) -> dict[str, Any]:
    return {name: value for name, value in asdict(traffic).items() if value}


def from_data(data: Mapping[str, Any]) -> Traffic:
    leases = {holder: Lease(**lease) for holder, lease in data.get("leases", {}).items()}
    return Traffic(**{**data, "leases": leases})


@frozen
class Answer:
    """``seconds``: how long to stay away when full or busy. ``after`` is the state to write before the call, None when it stays as it is."""

    verdict: Verdict
    seconds: float = 0
    why: str = ""
    after: Traffic | None = None


def ask(traffic: Traffic, limit: Limit, holder: str, now: float, *, urgent: bool) -> Answer:
    """Whether ``holder`` may call now."""
    paused = traffic.pauses.get("", 0) - now
    if paused > 0:
        return Answer(Verdict.BUSY, paused, "it asked to be left alone")
    probing = traffic.failing
    if probing and (now < traffic.probe_at or (traffic.probe_by and now < traffic.probe_until)):
        if traffic.outage:
            return Answer(Verdict.DOWN)
        wait = traffic.probe_until if traffic.probe_by else traffic.probe_at
        return Answer(Verdict.BUSY, max(1.0, wait - now), "it failed several times in a row")
    after = _living(traffic, now)
    if limit.concurrent:
        if not _has_room(after, limit, urgent=urgent):
            return Answer(Verdict.FULL, TURN_SECONDS, f"{limit.concurrent} calls at once are its limit")
        after = replace(after, leases={**after.leases, holder: Lease(now + CALL_SECONDS, urgent)})
    if probing:
        after = replace(after, probe_by=holder, probe_until=now + CALL_SECONDS)
    return Answer(Verdict.GO, after=after if limit.concurrent or probing else None)


def _living(traffic: Traffic, now: float) -> Traffic:
    """Without what has run out: a worker that died holds nothing for long."""
    return replace(
        traffic,
        leases={holder: lease for holder, lease in traffic.leases.items() if lease.until > now},
        pauses=_later(traffic.pauses, now),
        due=_later(traffic.due, now),
        crowded=_later(traffic.crowded, now),
    )


def _later(moments: Mapping[str, float], now: float) -> dict[str, float]:
    return {name: moment for name, moment in moments.items() if moment > now}


def _has_room(traffic: Traffic, limit: Limit, *, urgent: bool) -> bool:
    """Ordinary calls never take the reserved places; urgent ones take any."""
    if len(traffic.leases) >= limit.concurrent:
        return False
    ordinary = sum(not lease.urgent for lease in traffic.leases.values())
    return urgent or ordinary < limit.concurrent - limit.reserved


def _without(traffic: Traffic, holder: str) -> Traffic:
    leases = {name: lease for name, lease in traffic.leases.items() if name != holder}
    probing = traffic.probe_by == holder
    return replace(
        traffic,
        leases=leases,
        probe_by="" if probing else traffic.probe_by,
        probe_until=0 if probing else traffic.probe_until,
    )


def answered(traffic: Traffic, holder: str, now: float) -> Traffic:
    """The call ended in an answer: the partner is there."""
    after = replace(_without(traffic, holder), failures=0, probe_at=0, probe_by="", probe_until=0, canary_until=0)
    if traffic.outage:
        after = replace(after, outage="", returned=traffic.outage, returned_at=now)
    return after


def failed(traffic: Traffic, holder: str, now: float, *, merchant: str, partner: str) -> Traffic:
    """No answer. A probe that fails makes the outage, or prolongs it; what was under way when it was found says nothing new."""
    after = _without(traffic, holder)
    if traffic.failing:
        if traffic.probe_by != holder:
            return after
        name = traffic.outage or traffic.returned or outage_id(merchant, partner, now)
        since = traffic.since if traffic.outage or traffic.returned else now
        return replace(after, outage=name, since=since, returned="", returned_at=0, probe_at=now + PROBE_SECONDS)
    after = replace(after, failures=traffic.failures + 1)
    return replace(after, probe_at=now + SUSPECT_SECONDS) if after.failing else after


def left(traffic: Traffic, holder: str, _now: float) -> Traffic:
    """The turn ended without a call."""
    return _without(traffic, holder)


def unclear(traffic: Traffic, holder: str, now: float) -> Traffic:
    """The call ended in something that says neither that the partner is there nor that it is not."""
    after = _without(traffic, holder)
    return replace(after, probe_at=now + PROBE_SECONDS) if traffic.failing and traffic.probe_by == holder else after


def paused(traffic: Traffic, operation: str, seconds: float, now: float) -> Traffic:
    """The partner asked to be left alone for so long. Of two wishes the longer counts."""
    until = max(traffic.pauses.get(operation, 0), now + seconds)
    crowded = {**traffic.crowded, operation: now + seconds + CROWDED_SECONDS}
    return replace(traffic, pauses={**traffic.pauses, operation: until}, crowded=crowded)


def turn_of(traffic: Traffic, limit: Limit, operation: str, now: float) -> tuple[float, Traffic | None]:
    """When a request of this operation is due, and the state in which it has that turn; None when there is nothing to keep."""
    due = max(now, traffic.pauses.get(operation, 0))
    pace = limit.a_second.get(operation)
    if pace is None or traffic.crowded.get(operation, 0) <= now:
        return due, None
    due = max(due, traffic.due.get(operation, 0))
    return due, replace(traffic, due={**traffic.due, operation: due + 1 / pace})


def send_canary(traffic: Traffic, now: float) -> Traffic | None:
    """The state in which one case is on its way to look whether the partner is back; None while it is too early, or somebody is."""
    if not traffic.outage or now < max(traffic.probe_at, traffic.probe_until, traffic.canary_until):
        return None
    return replace(traffic, canary_until=now + CANARY_SECONDS)


def look_now(traffic: Traffic, now: float) -> Traffic | None:
    """The state in which the next call is the probe; None when there is nothing to find out."""
    return replace(traffic, probe_at=min(traffic.probe_at, now)) if traffic.failing else None


def waited_for(traffic: Traffic, cases: int) -> Traffic:
    return replace(traffic, waiting=cases)


def mended(traffic: Traffic) -> Traffic:
    """Nobody waits for the end of the last outage any more."""
    if traffic.outage:
        return traffic
    return replace(traffic, returned="", returned_at=0, since=0, waiting=0)
