"""What can go wrong at a partner, switched on per call, and the points at which a process may die."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from enum import StrEnum

from stopship.domain.errors import PartnerBusy, PartnerContractBroken, PartnerRefused, PartnerUnavailable


class Trouble(StrEnum):
    REFUSE = "refuse"
    BUSY = "busy"
    """It takes no call now, and says for how long (7 seconds); nothing happened."""
    DOWN = "down"
    """Unavailable, and nothing happened."""
    IN_DOUBT = "in_doubt"
    """It happened, and the answer was lost."""
    BROKEN = "broken"
    """An answer in a shape that the contract does not allow; nothing happened."""


class Crash(BaseException):
    """The process ends here: nothing after this line runs, no handler of errors sees it."""


class Faults:
    """Troubles wait in line by call name (``warehouse.north.stop_ship``); each call takes one from its line.

    Every call and every ledger write passes two points, before and after its effect, numbered from 1. ``crash_at`` holds the
    numbers at which the process dies, ``crash_before`` the calls before which it dies once.
    """

    def __init__(self) -> None:
        self._lines: dict[str, deque[Trouble]] = defaultdict(deque)
        self.crash_at: set[int] = set()
        self.crash_before: set[str] = set()
        self.points = 0
        self.calls: list[str] = []
        self.busy_seconds = 7.0

    def on(self, call: str, trouble: Trouble, times: int = 1) -> None:
        self._lines[call].extend([trouble] * times)

    def clear(self, call: str) -> None:
        self._lines.pop(call, None)

    def calm(self) -> None:
        """No trouble and no crash is to come any more."""
        self._lines.clear()
        self.crash_at.clear()
        self.crash_before.clear()

    def crash(self, points: Iterable[int]) -> None:
        self.crash_at |= set(points)

    def point(self) -> None:
        self.points += 1
        if self.points in self.crash_at:
            raise Crash(f"at point {self.points}")

    def around[T](self, call: str, run: Callable[[], T]) -> T:
        """Runs a partner's call with the trouble that waits for it."""
        self.calls.append(call)
        self.point()
        if call in self.crash_before:
            self.crash_before.remove(call)
            raise Crash(f"before {call}")
        partner = call.rsplit(".", 1)[0]
        waiting = self._lines.get(call)
        trouble = waiting.popleft() if waiting else None
        if trouble is Trouble.REFUSE:
            raise PartnerRefused(partner, "no", "it will not")
        if trouble is Trouble.BUSY:
            raise PartnerBusy(partner, "429", retry_after=self.busy_seconds)
        if trouble is Trouble.DOWN:
            raise PartnerUnavailable(partner, "503", in_doubt=False)
        if trouble is Trouble.BROKEN:
            raise PartnerContractBroken(partner, "a shape that the contract does not have")
        answer = run()
        self.point()
        if trouble is Trouble.IN_DOUBT:
            raise PartnerUnavailable(partner, "reset", in_doubt=True)
        return answer
