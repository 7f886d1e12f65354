"""Virtual time: a clock that only this agenda moves, and what is due when."""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from stopship.domain import instant

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_TICK = timedelta(milliseconds=1)


class VirtualClock:
    """Each look at it is a millisecond later than the one before, as in the world: no two readings are the same moment."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> str:
        self.moment += _TICK
        return instant.text(self.moment)

    def epoch(self) -> float:
        """Seconds since 1970, without a tick."""
        return self.moment.timestamp()


class Agenda:
    """Events in the order of their time, then in the order in which they were made. A background event (a far time-out, a deadline)
    happens when its time comes, but nothing waits for it."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._due: list[tuple[datetime, int, bool, Callable[[], None]]] = []
        self._dropped: set[int] = set()
        self._awaited: set[int] = set()
        """Those that are not in the background, nor dropped."""
        self._made = 0
        self.perform: Callable[[Callable[[], None]], None] = lambda run: run()
        self.sleep: Callable[[float], None] = _nobody_sleeps
        """Time passes for whoever runs. With strands, others run meanwhile."""

    def after(self, seconds: float, run: Callable[[], None], *, background: bool = False) -> int:
        return self.at(self._clock.moment + timedelta(seconds=seconds), run, background=background)

    def at(self, moment: datetime, run: Callable[[], None], *, background: bool = False) -> int:
        """Gives a number by which the event can be dropped."""
        self._made += 1
        if not background:
            self._awaited.add(self._made)
        heapq.heappush(self._due, (moment, self._made, background, run))
        return self._made

    def drop(self, number: int) -> None:
        self._dropped.add(number)
        self._awaited.discard(number)

    def forget(self) -> None:
        """Whoever would have come back never does: only background events are left."""
        self._due = [x for x in self._due if x[2]]
        heapq.heapify(self._due)
        self._awaited.clear()

    @property
    def busy(self) -> bool:
        return bool(self._awaited)

    def run_until_idle(self, limit: int = 5000) -> None:
        """Until nothing but background events is left. More than ``limit`` events is a machine that turns in circles."""
        for _ in range(limit):
            if not self.busy:
                return
            self._next()
        raise AssertionError(f"still busy after {limit} events")

    def run_for(self, seconds: float) -> None:
        """Everything that is due in this time, background included."""
        end = self._clock.moment + timedelta(seconds=seconds)
        while self._due and self._due[0][0] <= end:
            self._next()
        self._clock.moment = max(self._clock.moment, end)

    def _next(self) -> None:
        moment, number, _, run = heapq.heappop(self._due)
        self._awaited.discard(number)
        if number in self._dropped:
            return
        self._clock.moment = max(self._clock.moment, moment)
        self.perform(run)


def _nobody_sleeps(seconds: float) -> None:
    raise AssertionError(f"nobody may sleep here, not even for {seconds} seconds")
