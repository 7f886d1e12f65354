"""The gate before a partner: keeps one merchant's calls within the partner's limits over all workers, and away from a partner that is down.

What is known lies with the traffic book, which is written over an expected version only; a worker that dies on the way leaves nothing but a
lease that runs out. In calm, a partner without a bound on calls at once costs one read and no write.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random, SystemRandom

from stopship.adapters import turn
from stopship.application.ports import TrafficBook
from stopship.domain import instant, traffic
from stopship.domain.errors import (
    Conflict,
    PartnerBusy,
    PartnerContractBroken,
    PartnerDown,
    PartnerRefused,
    PartnerUnavailable,
)
from stopship.domain.limits import Limit
from stopship.domain.traffic import Answer, Traffic, Verdict
from stopship.frozen import frozen

type Meter = Callable[[str, str, float, bool], None]
"""Told of every turn in which a partner was called: merchant, partner, seconds, and whether the partner was in trouble."""

_TRIES = 25
"""So many writers may come between, one after the other."""


def unmetered(merchant: str, partner: str, seconds: float, trouble: bool) -> None:  # noqa: FBT001
    """For whoever has nothing to measure with."""


@frozen
class Pacing:
    """How a gate waits. ``now`` gives seconds since the epoch; ``pause`` lets so many seconds pass; ``patience`` is how many of them a call
    waits in its worker, which is paid for, before it is sent away; ``draw`` spreads those who come back, so that they do not come at once."""

    now: Callable[[], float] = time.time
    pause: Callable[[float], None] = time.sleep
    patience: float = 1.5
    draw: Random = field(default_factory=SystemRandom)
    new_holder: Callable[[], str] = lambda: secrets.token_hex(8)


@dataclass(slots=True)
class _Turn:
    """Implements turn.Turn. ``wrote``: the call holds something at the book, or found it troubled. ``called``: a request went out; an adapter
    that answers by itself says nothing about its partner."""

    gate: "Gate"
    holder: str
    seen: Traffic
    wrote: bool
    called: bool = False

    @property
    def place(self) -> tuple[str, str]:
        return self.gate.place

    def pace(self, operation: str) -> None:
        self.gate.pace(self, operation)


class Gate:
    """Of one merchant's connection to one partner."""

    def __init__(
        self,
        book: TrafficBook,
        merchant: str,
        partner: str,
        limit: Limit,
        pacing: Pacing,
        meter: Meter = unmetered,
    ) -> None:
        self._book, self._limit, self._pacing, self._meter = book, limit, pacing, meter
        self.place = (merchant, partner)

    @contextmanager
    def turn(self, *, urgent: bool) -> Iterator[None]:
        """One call after the other by this worker. Inside its own turn it is open. Raises PartnerBusy or PartnerDown before the call;
        turns what the partner says about waiting, or its silence, into the same."""
        held = turn.current()
        if held is not None and held.place == self.place:
            yield
            return
        mine = self._enter(urgent=urgent)
        with self._left(mine), self._measured(mine), turn.holding(mine):
            yield

    @contextmanager
    def _measured(self, mine: _Turn) -> Iterator[None]:
        """A partner that refuses is well; one that cannot answer, or answers in no known form, is not."""
        started, trouble = self._pacing.now(), False
        try:
            yield
        except (PartnerUnavailable, PartnerContractBroken):
            trouble = True
            raise
        finally:
            if mine.called:
                self._meter(*self.place, self._pacing.now() - started, trouble)

    @contextmanager
    def _left(self, mine: _Turn) -> Iterator[None]:
        try:
            yield
        except PartnerUnavailable as trouble:
            raise self._troubled(mine, trouble) from trouble
        except PartnerRefused:
            self._leave(mine, traffic.answered if mine.called else traffic.left)
            raise
        except Exception:
            self._leave(mine, traffic.unclear)
            raise
        self._leave(mine, traffic.answered if mine.called else traffic.left)

    # ------------------------------------------------------------------------------------------ in

    def _enter(self, *, urgent: bool) -> _Turn:
        holder, give_up = self._pacing.new_holder(), self._pacing.now() + self._pacing.patience
        while True:
            seen, version = self._book.load(*self.place)
            answer = traffic.ask(seen, self._limit, holder, self._pacing.now(), urgent=urgent)
            if answer.verdict is Verdict.GO and self._took(answer, version):
                return _Turn(self, holder, answer.after or seen, answer.after is not None or seen.failures > 0)
            if answer.verdict is Verdict.DOWN:
                raise self._down(seen)
            self._wait_or_refuse(answer, give_up)

    def _took(self, answer: Answer, version: int) -> bool:
        if answer.after is None:
            return True
        try:
            self._book.save(*self.place, answer.after, version)
        except Conflict:
            return False
        return True

    def _wait_or_refuse(self, answer: Answer, give_up: float) -> None:
        """A place may become free any moment; what is closed by the clock is not waited for when that takes longer than the patience."""
        now, closed = self._pacing.now(), answer.verdict is Verdict.BUSY
        if now >= give_up or (closed and now + answer.seconds > give_up):
            raise self._busy(answer.seconds or 1.0, answer.why or "many call at once")
        self._pacing.pause(answer.seconds if closed else self._pacing.draw.uniform(0.05, 0.25))

    def _busy(self, seconds: float, why: str, operation: str = "") -> PartnerBusy:
        spread = self._pacing.draw.uniform(0, 1 + seconds / 4)
        busy = PartnerBusy(self.place[1], why, retry_after=seconds + spread, operation=operation)
        busy.noted = True
        return busy

    def _down(self, state: Traffic) -> PartnerDown:
        down = PartnerDown(self.place[1], state.outage, instant.from_epoch(state.since))
        down.noted = True
        return down

    # ------------------------------------------------------------------------------------------ inside

    def pace(self, mine: _Turn, operation: str) -> None:
        """As turn.Turn says, for a turn of this gate."""
        for _ in range(_TRIES):
            seen, now = mine.seen, self._pacing.now()
            due, after = traffic.turn_of(seen, self._limit, operation, now)
            if after is not None:
                # Others take turns too: only what the book says now counts.
                seen, version = self._book.load(*self.place)
                due, after = traffic.turn_of(seen, self._limit, operation, now)
            if due - now > self._pacing.patience:
                raise self._busy(due - now, f"{operation or 'its'} calls are due one after the other", operation)
            if after is not None and not self._took(Answer(Verdict.GO, after=after), version):
                continue
            if due > now:
                self._pacing.pause(due - now)
            mine.called = True
            return
        raise self._busy(1.0, "many call at once", operation)

    # ------------------------------------------------------------------------------------------ out

    def _troubled(self, mine: _Turn, trouble: PartnerUnavailable) -> PartnerUnavailable:
        """What the caller is told instead: whom it has to wait for, and how long."""
        if trouble.noted:
            self._leave(mine, traffic.unclear)
            return trouble
        trouble.noted = True
        if isinstance(trouble, PartnerBusy):
            return self._asked_to_wait(mine, trouble)
        if trouble.answered:
            self._leave(mine, traffic.answered)
            return trouble
        wish = trouble.retry_after
        merchant, partner = self.place

        def fail(state: Traffic, holder: str, now: float) -> Traffic:
            after = traffic.failed(state, holder, now, merchant=merchant, partner=partner)
            return traffic.paused(after, "", wish, now) if wish else after

        mine.wrote = True
        after = self._leave(mine, fail)
        if after.outage and after.failing:
            down = self._down(after)
            down.in_doubt, down.evidence = trouble.in_doubt, trouble.evidence
            return down
        if after.failing:
            busy = self._busy(traffic.SUSPECT_SECONDS, str(trouble))
            busy.in_doubt, busy.evidence = trouble.in_doubt, trouble.evidence
            return busy
        return trouble

    def _asked_to_wait(self, mine: _Turn, asked: PartnerBusy) -> PartnerBusy:
        def wait(state: Traffic, holder: str, now: float) -> Traffic:
            return traffic.paused(traffic.answered(state, holder, now), asked.operation, asked.retry_after, now)

        mine.wrote = True
        self._leave(mine, wait)
        busy = self._busy(asked.retry_after, asked.message, asked.operation)
        busy.in_doubt, busy.evidence = asked.in_doubt, asked.evidence
        return busy

    def _leave(self, mine: _Turn, change: Callable[[Traffic, str, float], Traffic]) -> Traffic:
        """Writes how it ended. When too many write at once it is left: a lease runs out, and the next call tells the same."""
        if not mine.wrote:
            return mine.seen
        seen = mine.seen
        for _ in range(_TRIES):
            seen, version = self._book.load(*self.place)
            after = change(seen, mine.holder, self._pacing.now())
            if after == seen:
                return seen
            try:
                self._book.save(*self.place, after, version)
            except Conflict:
                self._pacing.pause(self._pacing.draw.uniform(0.01, 0.1))
                continue
            return after
        return seen
